"""uv and the Python environment that the lock file describes."""

from pathlib import Path

from tools.machine.debian_packages import install_packages
from tools.machine.programs import Step, find_program, get_program, probe_program, run_step
from tools.machine.report import say
from tools.machine.surroundings import Machine

UV_VERSION = "0.13.9"


def prepare_python(machine: Machine) -> None:
    """Bring .venv in line with uv.lock."""
    uv = _prepare_uv(machine)
    # Bytecode halves the start of every command.
    argv = (uv, "sync", "--locked", "--quiet", "--compile-bytecode")
    run_step(Step(argv, machine.logs / "uv-sync.log", machine.checkout))


def _prepare_uv(machine: Machine) -> str:
    own = machine.checkout / ".tools" / "uv" / "bin" / "uv"
    if own.is_file():
        say("Python", f"using uv {UV_VERSION} in .tools/uv")
        return str(own)
    found = find_program("uv")
    if found is not None:
        say("Python", f"using {(probe_program((found, '--version')) or 'uv').strip()}, found on PATH")
        return found
    say("Python", f"no uv found; installing uv {UV_VERSION} into .tools/uv (once)")
    _install_uv(machine, own)
    return str(own)


def _install_uv(machine: Machine, uv: Path) -> None:
    python = get_program("python3", "install Python 3.11 or newer")
    # Debian keeps the part of venv that makes pip in a package of its own.
    if probe_program((python, "-c", "import ensurepip, venv")) is None and machine.can_install:
        install_packages(machine, ("python3-venv",))
    log = machine.logs / "uv-install.log"
    # A half-made environment of an interrupted run is replaced, not believed.
    run_step(Step((python, "-m", "venv", "--clear", str(uv.parent.parent)), log, machine.checkout))
    pip = (str(uv.with_name("pip")), "install", "--quiet", f"uv=={UV_VERSION}")
    run_step(Step(pip, log, machine.checkout))
