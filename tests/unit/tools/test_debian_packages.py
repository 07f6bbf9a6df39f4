from pathlib import Path

import pytest

from tools.machine.debian_packages import ensure_programs, list_missing
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine


def test_a_package_is_missing_once_when_two_of_its_programs_are() -> None:
    wanted = {"dockerd": "docker.io", "runc": "docker.io", "sh": "dash"}
    present = {"sh": "/bin/sh"}
    assert list_missing(wanted, present.get) == ("docker.io",)


@pytest.mark.parametrize(("is_root", "has_apt"), [(False, True), (True, False)])
def test_without_the_right_to_install_the_packages_are_named(tmp_path: Path, *, is_root: bool, has_apt: bool) -> None:
    machine = Machine(tmp_path, {}, is_root=is_root, has_apt=has_apt)
    with pytest.raises(SetupError, match="apt-get install no-such-package"):
        ensure_programs(machine, {"no-such-program": "no-such-package"})


def test_nothing_is_asked_for_when_everything_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_programs(Machine(tmp_path, {}, is_root=False, has_apt=False), {"sh": "dash"})
    assert capsys.readouterr().out == ""
