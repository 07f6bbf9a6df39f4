"""Importing the task files once, in a process that runs can be forked from.

User code may hang, exit, crash the interpreter, start threads or open connections while it is imported. So each try is
made in a child. When one file spoils it, the child is ended and the next try goes without that file, whose tasks
then get an interpreter of their own. The child whose try succeeds goes on as the server; this process stands by.
"""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import gc
import json
import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, NoReturn

from pushwright import Task
from pushwright.registry import REGISTRY

from .code_root import CodeRoot
from .forking import find_obstacle, fork_reset, list_sockets
from .loading import extend_import_path, import_task_file
from .outcomes import EXIT_CANCELED
from .problems import describe_error
from .standard_streams import write_whole

# So many files may spoil a try of their own; from then on only files are imported that went well before.
_TRIES: Final = 8
_READ_SIZE: Final = 65_536
_DONE: Final = b'{"done": true}\n'


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What a process has imported.

    Attributes:
        tasks: by id, ready to be called in a fork.
        apart: the files that are not in this process, each with the reason.
    """

    tasks: Mapping[str, Task[..., Any]]
    apart: Mapping[str, str]


class StandingBy(BaseException):
    """Raised in the process that stays behind once the server, its child, has ended."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class _Spoiled:
    """A try that failed."""

    file: str
    reason: str
    went_well: Sequence[str]


def preload(code: CodeRoot, files: Sequence[str], seconds: float) -> Preloaded:
    """Return in a child that has imported all files it could; `seconds` is the limit of each try.

    Raises:
        StandingBy: in this process, when that child has ended.
    """
    ward = _Ward()
    apart: dict[str, str] = {}
    candidates = list(files)
    while True:
        reading, writing = os.pipe()
        child = ward.fork()
        if child == 0:
            os.close(reading)
            return _import_files(code, candidates, apart, writing)
        os.close(writing)
        spoiled = _watch(reading, seconds)
        os.close(reading)
        if ward.is_ended or spoiled is None:
            raise StandingBy(ward.stand_by())
        ward.end()
        apart[spoiled.file] = spoiled.reason
        candidates.remove(spoiled.file)
        if len(apart) >= _TRIES:
            apart |= {
                file: "was not tried, too many files before it cannot be preloaded"
                for file in candidates
                if file not in spoiled.went_well
            }
            candidates = list(spoiled.went_well)


class _Ward:
    """Keeps the child that is, or becomes, the server: passes signals on to it and takes its end for its own."""

    def __init__(self) -> None:
        self._child = 0
        self._is_standing_by = False
        self.is_ended = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._pass_on)

    def fork(self) -> int:
        child = fork_reset()
        self._child = child
        if child and self.is_ended:
            os.kill(child, signal.SIGKILL)
        return child

    def stand_by(self) -> int:
        """Wait for the child's end and return the exit code to end with."""
        self._is_standing_by = True
        if self.is_ended:
            os.kill(self._child, signal.SIGKILL)
        exit_code = self._wait()
        if self.is_ended and exit_code < 0:
            return EXIT_CANCELED
        return exit_code if exit_code >= 0 else 128 - exit_code

    def end(self) -> None:
        """End a child whose try failed."""
        os.kill(self._child, signal.SIGKILL)
        self._wait()

    def _wait(self) -> int:
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return os.waitstatus_to_exitcode(status)

    def _pass_on(self, _number: int, _frame: FrameType | None) -> None:
        self.is_ended = True
        if self._child:
            # While it imports, user code could keep a gentler signal from having an effect.
            os.kill(self._child, signal.SIGTERM if self._is_standing_by else signal.SIGKILL)


def _watch(pipe: int, seconds: float) -> _Spoiled | None:
    """Follow a try; None when everything is imported, or the child ended before anything was."""
    deadline = time.monotonic() + seconds
    report = b""
    while not report.endswith(_DONE):
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(pipe, _READ_SIZE) if ready else b""
        if not piece:
            reason = "ended the Python interpreter when it was imported" if ready else _explain_slowness(seconds)
            return _conclude(report, reason)
        report += piece
    return None


def _conclude(report: bytes, reason: str) -> _Spoiled | None:
    lines = [json.loads(line) for line in report.splitlines()]
    if not lines:
        return None
    last = lines[-1]
    file = last.get("importing") or last["imported"]
    went_well = [line["imported"] for line in lines if "imported" in line and line["imported"] != file]
    return _Spoiled(file, last.get("obstacle", reason), went_well)


def _explain_slowness(seconds: float) -> str:
    return f"was not imported within {seconds:g} s together with the files before it"


def _import_files(code: CodeRoot, files: Sequence[str], apart: Mapping[str, str], pipe: int) -> Preloaded:
    def tell(**line: object) -> None:
        write_whole(pipe, json.dumps(line).encode() + b"\n")

    sockets = list_sockets()
    failed: dict[str, str] = {}
    extend_import_path(code)
    for file in files:
        tell(importing=file)
        try:
            with REGISTRY.importing(file):
                import_task_file(code, file)
        except BaseException as error:  # noqa: BLE001 - user code may raise anything, sys.exit included
            failed[file] = f"raised when it was imported: {describe_error(error)}"
        obstacle = find_obstacle(sockets)
        if obstacle:
            _give_up(pipe, file, obstacle)
        tell(imported=file)
    write_whole(pipe, _DONE)
    os.close(pipe)
    gc.collect()
    # The collector would touch every object in every fork, and each page it touches is copied.
    gc.freeze()
    return Preloaded(_list_tasks(files, failed), {**apart, **failed})


def _list_tasks(files: Sequence[str], failed: Mapping[str, str]) -> Mapping[str, Task[..., Any]]:
    tasks: dict[str, Task[..., Any]] = {}
    for registration in REGISTRY.list_registrations():
        if registration.entry_file in files and registration.entry_file not in failed:
            tasks.setdefault(registration.task.id, registration.task)
    return tasks


def _give_up(pipe: int, file: str, obstacle: str) -> NoReturn:
    write_whole(pipe, json.dumps({"importing": file, "obstacle": obstacle}).encode() + b"\n")
    os._exit(0)
