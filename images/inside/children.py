"""The processes of single runs, as the server sees them: begun, read, ended."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import atexit
import contextlib
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import Final, NoReturn

from .forking import fork_reset
from .interruptions import Interruption
from .outcomes import Outcome, interrupt
from .serve_requests import LineReader

_READ_SIZE: Final = 65_536
# A run that is not over so long after its grace period holds the interpreter and is killed.
_PATIENCE_SECONDS: Final = 5.0
_RESULT: Final = b'{"type": "result"'
_EXIT_CODES: Final[list[int]] = []


class Child:
    """A run going on in a process of its own, which leads a process group.

    Attributes:
        pipe: where its events come from, None once there can be no more.
        deadline: when it is killed, on the monotonic clock.
    """

    def __init__(self, process: int, pipe: int, grace: float) -> None:
        self.pipe: int | None = pipe
        self.deadline = math.inf
        self._process = process
        self._patience = grace + _PATIENCE_SECONDS
        self._lines = LineReader(math.inf)
        self._has_result = False
        self._interruption: Interruption | None = None

    def limit(self, seconds: float) -> None:
        """Count on it to interrupt itself after this time, its max_duration."""
        self.deadline = time.monotonic() + seconds + self._patience

    def cancel(self) -> None:
        """Ask it to end."""
        self._interruption = Interruption.CANCELED
        os.kill(self._process, signal.SIGTERM)
        self._expect_end()

    def kill_when_due(self) -> None:
        """Kill it when it should have ended by itself."""
        if time.monotonic() >= self.deadline:
            self.deadline = math.inf
            self._interruption = self._interruption or Interruption.MAX_DURATION_EXCEEDED
            os.kill(self._process, signal.SIGKILL)

    def read(self) -> list[bytes]:
        """Read what is there, a piece at most, and return the events that are whole now."""
        return self._take(self._read_piece())

    def find_end(self) -> int | None:
        """Return the exit code, as shells give it, once the process has ended; what it began ends with it."""
        if os.waitid(os.P_PID, self._process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        with contextlib.suppress(OSError):
            # Before it is reaped: until then nothing else can have its number.
            os.killpg(self._process, signal.SIGKILL)
        _, status = os.waitpid(self._process, 0)
        exit_code = os.waitstatus_to_exitcode(status)
        return exit_code if exit_code >= 0 else 128 - exit_code

    def read_rest(self) -> list[bytes]:
        """Read everything an ended process has left."""
        events: list[bytes] = []
        while piece := self._read_piece():
            events += self._take(piece)
        self._close()
        return events

    def speak_for(self) -> Outcome | None:
        """Return the outcome of a run that was interrupted and ended without a word."""
        return interrupt(self._interruption) if self._interruption and not self._has_result else None

    def _read_piece(self) -> bytes:
        """Return nothing when there is nothing now, or never again."""
        if self.pipe is None:
            return b""
        try:
            piece = os.read(self.pipe, _READ_SIZE)
        except BlockingIOError:
            return b""
        if not piece:
            self._close()
        return piece

    def _take(self, piece: bytes) -> list[bytes]:
        # A write that a signal or a crash tore is no event.
        events = [line for line in self._lines.feed(piece) if line.startswith(b"{") and line.endswith(b"}")]
        if any(event.startswith(_RESULT) for event in events):
            self._has_result = True
            self._expect_end()
        return events

    def _expect_end(self) -> None:
        self.deadline = min(self.deadline, time.monotonic() + self._patience)

    def _close(self) -> None:
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None


def begin_child(act: Callable[[int], NoReturn], foreign: Iterable[int], grace: float) -> Child:
    """Have `act` done in a child: it gets the descriptor for its events and ends the process.

    `foreign` are descriptors of this process that the child has no business with.
    """
    reading, writing = os.pipe()
    process = fork_reset()
    if process == 0:
        os.setsid()
        for descriptor in (*foreign, reading):
            os.close(descriptor)
        act(writing)
    os.close(writing)
    os.set_blocking(reading, False)
    return Child(process, reading, grace)


def leave(exit_code: int) -> NoReturn:
    """End this process as programs end: threads are waited for, exit functions are called, all in the grace period."""
    _EXIT_CODES.append(exit_code)
    sys.exit(exit_code)


def leave_quickly() -> None:
    """Skip what comes after all exit functions: taking down every object of a large process takes longer than a run.

    Call it first: exit functions are called from the last one registered to the first.
    """
    atexit.register(_leave_now)


def _leave_now() -> None:
    if _EXIT_CODES:
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, ValueError, OSError):
                stream.flush()
        os._exit(_EXIT_CODES[-1])
