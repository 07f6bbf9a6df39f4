"""Ends that come from outside: a signal to stop, a time that is over.

The first one is raised inside the task, so that its `finally` blocks run. A task that does not end then is
left behind after a grace period: the last words are spoken for it and the process is gone.
"""

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from types import FrameType
from typing import Final, NoReturn

GRACE_SECONDS: Final = 5.0


class Interruption(StrEnum):
    """Why a run was ended from outside."""

    CANCELED = "canceled"
    MAX_DURATION_EXCEEDED = "max_duration_exceeded"


class RunInterrupted(KeyboardInterrupt):
    """Raised wherever the task is; a KeyboardInterrupt, because asyncio and libraries let those pass."""


class Interruptions:
    """Listens for signals and for the timer of this process; `grace` is in seconds."""

    def __init__(self, grace: float, last_words: Callable[[Interruption], NoReturn]) -> None:
        self._grace = grace
        self._last_words = last_words
        self._reason: Interruption | None = None
        self._exit_code: int | None = None

    @property
    def reason(self) -> Interruption | None:
        """What came first, None while nothing came; it stands even when the task swallowed the exception."""
        return self._reason

    def listen(self) -> None:
        """Begin to take SIGTERM, SIGINT and the timer."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, self._receive)

    def limit(self, seconds: float) -> None:
        """Interrupt the run when it is not done after this time."""
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def conclude(self, exit_code: int) -> None:
        """Let nothing fall into the writing of the result any more, however slowly it is read."""
        self._exit_code = exit_code
        signal.setitimer(signal.ITIMER_REAL, 0)

    def leave(self) -> None:
        """Give exit functions and threads of user code the grace period; then the process is gone without them."""
        signal.setitimer(signal.ITIMER_REAL, self._grace)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        is_timer = number == signal.SIGALRM
        if self._exit_code is not None:
            if is_timer:
                os._exit(self._exit_code)
        elif self._reason is None:
            self._reason = Interruption.MAX_DURATION_EXCEEDED if is_timer else Interruption.CANCELED
            signal.setitimer(signal.ITIMER_REAL, self._grace)
            raise RunInterrupted(self._reason.value)
        elif is_timer:
            self._last_words(self._reason)
