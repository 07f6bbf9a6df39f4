"""What each step of a build may use at most, and the program that sees to it."""

import json
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.machine import step_limits
from tools.machine.report import SetupError, say

_UNITS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_CONTROLLERS = {"memory": "memory", "processes": "pids", "cpus": "cpu"}


@dataclass(frozen=True)
class StepLimits:
    """Limits of one step; 0 is none.

    Attributes:
        memory: bytes, swap included.
        processes: processes and threads at the same time.
        disk: bytes written.
        cpus: processors' worth of time.
    """

    memory: int = 4 * 2**30
    processes: int = 4096
    disk: int = 10 * 2**30
    cpus: float = 0


def read_limits(settings: Mapping[str, str]) -> StepLimits:
    """Read the limits from the settings.

    Raises:
        SetupError: one cannot be read; it is named.
    """
    default = StepLimits()
    return StepLimits(
        memory=_parse_size(settings, "PUSHWRIGHT_BUILD_MEMORY", default.memory),
        processes=_parse_size(settings, "PUSHWRIGHT_BUILD_PROCESSES", default.processes),
        disk=_parse_size(settings, "PUSHWRIGHT_BUILD_DISK", default.disk),
        cpus=_parse_number(settings, "PUSHWRIGHT_BUILD_CPUS", default.cpus),
    )


def write_runtime(path: Path, runc: str, limits: StepLimits) -> None:
    """Write the program that buildkitd starts instead of runc; one that runs is not disturbed."""
    values = shlex.quote(json.dumps(asdict(limits)))
    program = " ".join(map(shlex.quote, (sys.executable, "-I", "-S", str(Path(step_limits.__file__).resolve()))))
    fresh = path.with_suffix(".new")
    fresh.write_text(f"""\
#!/bin/sh
# Written by make setup: runc, with limits for the steps that it starts.
case " $* " in
*" run "*) exec {program} {values} {shlex.quote(runc)} "$@" ;;
esac
exec {shlex.quote(runc)} "$@"
""")
    fresh.chmod(0o755)
    fresh.rename(path)


def say_limits(limits: StepLimits) -> None:
    """Say the limits, and which of them this machine cannot keep."""
    say("Build limits", describe_limits(limits))
    wanted = asdict(limits)
    missing = [name for name, kernel in _CONTROLLERS.items() if wanted[name] and not step_limits.has_controller(kernel)]
    if missing:
        say("Build limits", f"NOT kept here: {', '.join(missing)}, for the kernel has no such cgroup controller")


def describe_limits(limits: StepLimits) -> str:
    """Say in one line what a step may use."""
    parts = (
        (limits.memory, f"{_format_size(limits.memory)} of memory"),
        (limits.processes, f"{limits.processes} processes"),
        (limits.disk, f"{_format_size(limits.disk)} on disk"),
        (limits.cpus, f"{limits.cpus:g} CPUs"),
    )
    return (
        ", ".join(text for value, text in parts if value) + " for each step" if any(asdict(limits).values()) else "none"
    )


def _parse_size(settings: Mapping[str, str], name: str, default: int) -> int:
    text = settings.get(name) or str(default)
    found = re.fullmatch(r"(\d{1,15}) ?([KMGT]iB)?", text.strip())
    if found is None:
        raise SetupError(f"{name} is {text!r}: write a whole number, or one with KiB, MiB, GiB or TiB; 0 is no limit")
    return int(found[1]) * _UNITS[found[2] or ""]


def _parse_number(settings: Mapping[str, str], name: str, default: float) -> float:
    text = settings.get(name) or str(default)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text.strip()):
        raise SetupError(f"{name} is {text!r}: write a number such as 1.5; 0 is no limit")
    return float(text)


def _format_size(size: int) -> str:
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if size % _UNITS[unit] == 0), "")
    return f"{size // _UNITS[unit]} {unit}".strip() if unit else f"{size} bytes"
