"""Debian packages, installed only when a program they bring is missing."""

from collections.abc import Callable, Mapping

from tools.machine.programs import Step, find_program, run_step
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine


def list_missing(wanted: Mapping[str, str], find: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return the packages whose program is not there (`wanted` maps program to package)."""
    return tuple(dict.fromkeys(package for program, package in wanted.items() if find(program) is None))


def ensure_programs(machine: Machine, wanted: Mapping[str, str]) -> None:
    """Install the packages of the missing programs; a sentence says what to do where that is not possible."""
    missing = list_missing(wanted, find_program)
    if not missing:
        return
    names = " ".join(missing)
    if not machine.can_install:
        raise SetupError(
            f"the Debian packages {names} are missing and can only be installed by root with apt-get: "
            f"run `apt-get install {names}` as root, or run `make setup` as root"
        )
    say("Debian packages", f"installing {names} with apt-get (once)")
    install_packages(machine, missing)


def install_packages(machine: Machine, packages: tuple[str, ...]) -> None:
    """Refresh the package lists and install."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
    install = ("apt-get", "install", "-y", "--no-install-recommends", *packages)
    for name, argv in (("apt-update", ("apt-get", "update")), ("apt-install", install)):
        run_step(Step(argv, machine.logs / f"{name}.log", machine.checkout, quiet))
