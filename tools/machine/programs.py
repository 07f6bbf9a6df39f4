"""Running other programs: found or not, worked or not, never through a shell."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.machine.report import SetupError

_TAIL_LINES = 15


@dataclass(frozen=True)
class Step:
    """One long-running program of the set-up, and the log file its output goes to."""

    argv: tuple[str, ...]
    log: Path
    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)


def find_program(name: str, search_path: str | None = None) -> str | None:
    """Find a program on PATH or where Debian keeps the administrator's ones."""
    path = search_path if search_path is not None else os.get_exec_path()
    folders = path if isinstance(path, str) else os.pathsep.join(path)
    return shutil.which(name, path=os.pathsep.join((folders, "/usr/sbin", "/sbin")))


def get_program(name: str, advice: str) -> str:
    """Return the program's path, or fail with the advice."""
    found = find_program(name)
    if found is None:
        raise SetupError(f"the program {name} is missing: {advice}")
    return found


def probe_program(
    argv: Sequence[str], *, variables: Mapping[str, str] | None = None, timeout_seconds: float = 15
) -> str | None:
    """Return the standard output of a program that worked; None when it is missing, slow or failed."""
    try:
        ended = subprocess.run(
            argv,
            capture_output=True,
            check=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout_seconds,
            env=with_variables(variables or {}),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout


def run_input(argv: Sequence[str], text: str) -> str | None:
    """Run a program with this standard input; None when it worked, otherwise what it said."""
    try:
        ended = subprocess.run(argv, input=text, capture_output=True, check=False, text=True, errors="replace")
    except OSError as error:
        return str(error)
    return None if ended.returncode == 0 else ended.stderr.strip() or f"it ended with {ended.returncode}"


def run_step(step: Step) -> None:
    """Run a program to its end; its last lines are part of the failure."""
    step.log.parent.mkdir(parents=True, exist_ok=True)
    with step.log.open("wb") as log:
        ended = subprocess.run(
            step.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=step.directory,
            env=with_variables(step.variables),
        )
    if ended.returncode != 0:
        raise SetupError(
            f"{' '.join(step.argv[:3])} … ended with {ended.returncode}; all of it is in {step.log}, "
            f"its last lines are:\n{read_tail(step.log)}"
        )


def read_tail(log: Path) -> str:
    """Return the last lines of a log file, indented."""
    lines = log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join(f"    {line}" for line in lines)


def with_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with some variables changed."""
    return {**os.environ, **variables}  # noqa: TID251 - a child needs PATH, proxies and CA settings
