import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from tools.machine.build_network import BuildNetwork
from tools.machine.builder import (
    DaemonSettings,
    describe_configuration,
    describe_network_mode,
    is_listening,
    prepare_builder,
)
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine

MACHINE = Machine(Path("/c"), {}, is_root=True, has_apt=True)
NETWORK = BuildNetwork("pw-1", IPv4Network("10.201.4.0/22"))


def read_configuration(registry: str) -> dict[str, Any]:
    mode = describe_network_mode(MACHINE, NETWORK)
    settings = DaemonSettings(Path("/c/build kit"), Path("/c/run/b.sock"), registry, mode, Path("/c/limited runc"))
    return tomllib.loads(describe_configuration(settings))


def test_the_configuration_names_root_and_socket() -> None:
    configuration = read_configuration("localhost:5055")
    assert configuration["root"] == "/c/build kit"
    assert configuration["grpc"]["address"] == ["unix:///c/run/b.sock"]
    assert configuration["worker"]["oci"]["gc"]


def test_steps_have_the_network_of_the_plugins() -> None:
    worker = read_configuration("localhost:5055")["worker"]["oci"]
    assert worker["networkMode"] == "cni"
    assert worker["cniConfigPath"] == "/c/.pushwright/network.conflist"
    assert worker["cniBinaryPath"] == "/c/.tools/bin"


def test_the_program_with_limits_starts_the_steps() -> None:
    assert read_configuration("localhost:5055")["worker"]["oci"]["binary"] == "/c/limited runc"


def test_the_hosts_network_is_named_as_such() -> None:
    assert describe_network_mode(MACHINE, None) == 'networkMode = "host"'


@pytest.mark.parametrize(("registry", "plain"), [("localhost:5055", True), ("127.0.0.1:1", True), ("r.example", False)])
def test_only_a_registry_on_loopback_is_spoken_to_in_plain(registry: str, *, plain: bool) -> None:
    settings = read_configuration(registry)["registry"][registry]
    assert settings == {"http": plain, "insecure": plain}


def test_a_socket_file_that_nobody_serves_is_not_listening(tmp_path: Path) -> None:
    assert not is_listening(tmp_path / "absent.sock")


def test_without_root_a_sentence_says_what_to_start(tmp_path: Path) -> None:
    settings = {"PUSHWRIGHT_BUILDKIT_ADDRESS": "tcp://node:1234"}
    machine = Machine(tmp_path, settings, is_root=False, has_apt=True)
    with pytest.raises(SetupError, match="run `make setup` as root"):
        prepare_builder(machine, "localhost:5055")
