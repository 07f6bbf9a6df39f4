"""Standard input and output belong to the contract; what user code prints goes to standard error."""

import os
import sys
from typing import Final

_STDIN: Final = 0
_STDOUT: Final = 1
_STDERR: Final = 2


def take_over_stdout() -> int:
    """Return a private descriptor of standard output and send all further prints to standard error.

    It works on the descriptor, so that subprocesses and extension modules are redirected as well.
    """
    sys.stdout.flush()
    private = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    # A pipe makes Python buffer blocks; lines would come too late, or never after a crash.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # text streams, always, in a program
    return private


def take_over_stdin() -> int:
    """Return a private descriptor of standard input and give user code an empty one."""
    private = os.dup(_STDIN)
    close_stdin()
    return private


def close_stdin() -> None:
    """Give user code an empty standard input, so that nothing waits for one."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    os.close(nothing)


def write_whole(descriptor: int, content: bytes) -> None:
    """Write every byte; a pipe may take them in pieces."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
