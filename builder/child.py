"""Running one command in a process group of its own, listening to its standard error, and ending it when told to."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

_LOOK_SECONDS: Final = 0.25
_GRACE_SECONDS: Final = 0.6
_CHUNK: Final = 1 << 16
_MAX_LINE: Final = 16_000_000

Stop = TypeVar("Stop")


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    hear: Callable[[bytes], None],
    find_stop: Callable[[], Stop | None],
) -> Stop | int:
    """Run the command to its end and return its exit code, or what `find_stop` gave after everything was ended.

    Args:
        command: the program and its arguments.
        environment: its whole environment.
        hear: gets each line of its standard error.
        find_stop: asked several times a second.
    """
    with subprocess.Popen(  # noqa: S603 - an argument list, no shell
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            return _follow(process, hear, find_stop)
        finally:
            _end_group(process)


def _follow(
    process: subprocess.Popen[bytes], hear: Callable[[bytes], None], find_stop: Callable[[], Stop | None]
) -> Stop | int:
    looked = 0.0
    for line in _read_lines(process):
        if line:
            hear(line)
        if time.monotonic() - looked >= _LOOK_SECONDS:
            looked = time.monotonic()
            stop = find_stop()
            if stop is not None:
                return stop
    return process.wait()


def _read_lines(process: subprocess.Popen[bytes]) -> Iterable[bytes]:
    """Give lines, and an empty one now and then while nothing arrives, until the other end is closed."""
    lines = _Lines()
    for chunk in _read_chunks(process):
        yield from lines.feed(chunk)
        yield b""
    yield from lines.close()


def _read_chunks(process: subprocess.Popen[bytes]) -> Iterable[bytes]:
    """Give what arrives, and nothing now and then, until the other end is closed."""
    assert process.stderr is not None  # noqa: S101 - it was asked for
    descriptor = process.stderr.fileno()
    os.set_blocking(descriptor, False)
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(_LOOK_SECONDS):
                if process.poll() is not None:
                    return
                yield b""
                continue
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                return
            yield chunk


class _Lines:
    """Cuts chunks into lines; a line without end is given up at a bound."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        head, *rest = chunk.split(b"\n")
        self._keep(head)
        lines = []
        for part in rest:
            lines += self.close()
            self._keep(part)
        return lines

    def close(self) -> list[bytes]:
        line, self._parts, self._size = b"".join(self._parts), [], 0
        return [line] if line else []

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= _MAX_LINE:
            self._parts.append(part)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the group: politely, then not."""
    deadline = time.monotonic() + _GRACE_SECONDS
    if _signal_group(process, signal.SIGTERM):
        while time.monotonic() < deadline and _signal_group(process, 0):
            process.poll()
            time.sleep(0.02)
        _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True
