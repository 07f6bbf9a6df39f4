"""Programs that go on running after the set-up: started in their own session, known by pid file."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.machine.programs import read_tail, with_variables
from tools.machine.report import SetupError

_PAUSE_SECONDS = 0.05
_STATE = 0
_START_TIME = 19


@dataclass(frozen=True)
class Daemon:
    """One program to keep running, and how to ask whether it answers."""

    name: str
    argv: tuple[str, ...]
    answers: Callable[[], bool]
    timeout_seconds: float = 30


@dataclass(frozen=True)
class DaemonFiles:
    """Where daemons keep their pid and log files."""

    run: Path
    logs: Path

    def pid_file(self, name: str) -> Path:
        """Return the pid file of the daemon of this name."""
        return self.run / f"{name}.pid"

    def log(self, name: str) -> Path:
        """Return the log file of the daemon of this name."""
        return self.logs / f"{name}.log"


def start_daemon(files: DaemonFiles, daemon: Daemon) -> None:
    """Start the daemon in its own session and wait until it answers."""
    with files.log(daemon.name).open("ab") as log, Path(os.devnull).open("rb") as nothing:
        targets = ((nothing, 0), (log, 1), (log, 2))
        streams = [(os.POSIX_SPAWN_DUP2, stream.fileno(), number) for stream, number in targets]
        # Its own session: neither Ctrl-C in make nor the end of the terminal ends it.
        pid = os.posix_spawnp(daemon.argv[0], daemon.argv, with_variables({}), file_actions=streams, setsid=True)
    files.pid_file(daemon.name).write_text(f"{pid} {_find_start_time(pid)}\n")
    _wait_for_answer(files, daemon)


def find_running(files: DaemonFiles, name: str) -> int | None:
    """Return the pid of a daemon that we started and that still lives."""
    try:
        pid, start_time = files.pid_file(name).read_text().split()
    except (OSError, ValueError):
        return None
    # A pid is given to another program some day; pid and start time together are not.
    return int(pid) if _find_start_time(int(pid)) == start_time else None


def stop_daemon(files: DaemonFiles, name: str, *, timeout_seconds: float = 20) -> bool:
    """Stop a daemon that we started; False when there was none."""
    pid = find_running(files, name)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        if not _wait_for_end(files, name, timeout_seconds):
            os.kill(pid, signal.SIGKILL)
            _wait_for_end(files, name, timeout_seconds)
    files.pid_file(name).unlink(missing_ok=True)
    return pid is not None


def _wait_for_answer(files: DaemonFiles, daemon: Daemon) -> None:
    ends_at = time.monotonic() + daemon.timeout_seconds
    while time.monotonic() < ends_at:
        if daemon.answers():
            return
        if find_running(files, daemon.name) is None:
            break
        time.sleep(_PAUSE_SECONDS)
    log = files.log(daemon.name)
    stop_daemon(files, daemon.name)
    raise SetupError(f"{daemon.name} does not start; {log} ends with:\n{read_tail(log)}")


def _wait_for_end(files: DaemonFiles, name: str, timeout_seconds: float) -> bool:
    ends_at = time.monotonic() + timeout_seconds
    while time.monotonic() < ends_at:
        if find_running(files, name) is None:
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _find_start_time(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name stands in parentheses and may hold anything, spaces too.
    fields = stat.rpartition(")")[2].split()
    return None if fields[_STATE] == "Z" else fields[_START_TIME]
