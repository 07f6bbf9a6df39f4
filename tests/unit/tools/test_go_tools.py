from pathlib import Path

import pytest

from tools.machine.go_tools import parse_versions
from tools.machine.report import SetupError

GO_MOD = (
    "module x\n\nrequire (\n\tgithub.com/docker/buildx v0.38.2 // indirect\n\tgithub.com/moby/buildkit v0.34.2\n"
    "\tgithub.com/containernetworking/plugins v1.9.1 // indirect\n)\n"
)


def test_versions_come_from_go_mod() -> None:
    expected = {"buildx": "v0.38.2", "buildkitd": "v0.34.2", "buildctl": "v0.34.2"}
    plugins = dict.fromkeys(("bridge", "host-local", "loopback"), "v1.9.1")
    assert parse_versions(GO_MOD) == expected | plugins


def test_the_committed_go_mod_pins_every_tool() -> None:
    go_mod = Path(__file__).parents[3] / "tools" / "go.mod"
    expected = {"buildx", "buildkitd", "buildctl", "bridge", "host-local", "loopback"}
    assert set(parse_versions(go_mod.read_text())) == expected


def test_a_missing_pin_is_named() -> None:
    with pytest.raises(SetupError, match=r"pins no github\.com/moby/buildkit"):
        parse_versions("require github.com/docker/buildx v0.38.2\n")
