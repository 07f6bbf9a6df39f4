"""Forking a Python process that has user code in it, and what makes that unsafe."""

import contextlib
import gc
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HELD: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_HANDLED: Final = (*_HELD, signal.SIGALRM)
# A thread that a library ends before a fork is listed a moment longer.
_SETTLING_SECONDS: Final = 0.5
# Generators that would give every fork the same numbers; the standard library's renews itself.
_GENERATORS: Final = (("numpy.random", "seed"), ("torch", "seed"))


def fork_reset() -> int:
    """Fork; no signal gets lost in between, and in the child (0) they have their default meaning."""
    for stream in (sys.stdout, sys.stderr):
        # What stands in the buffers would be written by both. User code may have put anything in their place.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.flush()
    with _signals_held(), warnings.catch_warnings():
        # Python 3.12 warns when there are threads; who may not have any has been asked before.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            for number in _HANDLED:
                signal.signal(number, signal.SIG_DFL)
    return child


def list_sockets() -> frozenset[str]:
    """List the sockets this process has open, by their numbers in the kernel."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the one of the listing itself is closed again
            found.add(str(descriptor.readlink()))
    return frozenset(target for target in found if target.startswith("socket:"))


def find_obstacle(sockets_before: frozenset[str]) -> str | None:
    """Say why this process must not be forked for runs, None when it may.

    A forked process has one thread: what the others were doing is never done, and locks they held stay shut. And
    two processes that talk on one connection get each other's answers.
    """
    if _has_threads():
        return "starts a thread when it is imported"
    if list_sockets() - sockets_before:
        gc.collect()
        if list_sockets() - sockets_before:
            return "opens a connection (or makes an event loop) when it is imported"
    return None


def renew_randomness() -> None:
    """Give this forked process random numbers of its own."""
    for module_name, seed_name in _GENERATORS:
        seed = getattr(sys.modules.get(module_name), seed_name, None)
        if callable(seed):
            seed()


def _has_threads() -> bool:
    if _count_threads() == 1:
        return False
    # Some libraries (OpenBLAS, which numpy brings) end their threads before every fork and start them again when
    # they need them. Native threads count, so the kernel is asked and not Python.
    child = fork_reset()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    deadline = time.monotonic() + _SETTLING_SECONDS
    while _count_threads() > 1:
        if time.monotonic() > deadline:
            return True
        time.sleep(0.005)
    return False


def _count_threads() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
