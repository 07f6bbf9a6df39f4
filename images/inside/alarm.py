"""Signals as something a server can wait for together with everything else."""

import contextlib
import os
import signal
from types import FrameType
from typing import Final

_READ_SIZE: Final = 1024


class Alarm:
    """Becomes readable when a signal comes.

    Attributes:
        is_raised: whether a signal to stop has come.
        descriptors: its two ends; the first is the one to wait for.
    """

    def __init__(self) -> None:
        self.is_raised = False
        self.descriptors = os.pipe()
        for descriptor in self.descriptors:
            os.set_blocking(descriptor, False)

    @property
    def descriptor(self) -> int:
        """What to wait for."""
        return self.descriptors[0]

    def listen(self) -> None:
        """Begin to take signals to stop, and those that say that a child has ended."""
        signal.set_wakeup_fd(self.descriptors[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, self._take)

    def clear(self) -> None:
        """Wait for the next signal."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.descriptor, _READ_SIZE):
                pass

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.is_raised = self.is_raised or number != signal.SIGCHLD
