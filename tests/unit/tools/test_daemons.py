import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.machine.daemons import Daemon, DaemonFiles, find_running, start_daemon, stop_daemon
from tools.machine.report import SetupError


@pytest.fixture
def files(tmp_path: Path) -> DaemonFiles:
    return DaemonFiles(tmp_path, tmp_path)


@pytest.fixture
def sleeper(files: DaemonFiles) -> Iterator[str]:
    start_daemon(files, Daemon("sleeper", ("sleep", "60"), lambda: True))
    yield "sleeper"
    stop_daemon(files, "sleeper")


def test_a_started_daemon_runs_in_its_own_session(files: DaemonFiles, sleeper: str) -> None:
    pid = find_running(files, sleeper)
    assert pid is not None
    assert os.getsid(pid) == pid


def test_a_stopped_daemon_is_gone(files: DaemonFiles, sleeper: str) -> None:
    assert stop_daemon(files, sleeper)
    assert find_running(files, sleeper) is None
    assert not stop_daemon(files, sleeper)


def test_a_pid_given_to_another_program_is_not_ours(files: DaemonFiles) -> None:
    files.pid_file("x").write_text(f"{os.getpid()} 1\n")
    assert find_running(files, "x") is None
    assert not stop_daemon(files, "x")


@pytest.mark.parametrize("text", ["", "12", "a b c"])
def test_a_damaged_pid_file_names_nobody(files: DaemonFiles, text: str) -> None:
    files.pid_file("x").write_text(text)
    assert find_running(files, "x") is None


def test_a_daemon_that_ends_at_once_shows_its_log(files: DaemonFiles) -> None:
    argv = ("sh", "-c", "echo no such device; exit 3")
    with pytest.raises(SetupError, match="no such device"):
        start_daemon(files, Daemon("broken", argv, lambda: False))


def test_a_daemon_that_never_answers_is_stopped(files: DaemonFiles) -> None:
    with pytest.raises(SetupError, match="mute does not start"):
        start_daemon(files, Daemon("mute", ("sleep", "60"), lambda: False, timeout_seconds=0.1))
    assert find_running(files, "mute") is None
