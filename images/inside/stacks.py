"""Reading the stack that `faulthandler` leaves behind when the time is over."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .code_root import CodeRoot

_FRAME: Final = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+) in ')
_OURS: Final = str(Path(__file__).resolve().parent)


def find_stuck_line(stack: Sequence[str], code: CodeRoot) -> tuple[str, int] | None:
    """Find the innermost line of the repository in the thread that was importing.

    `faulthandler` prints the innermost frame first and parts threads by lines that are no frames.
    """
    found: tuple[str, int] | None = None
    for line in stack:
        frame = _FRAME.match(line)
        if frame is None:
            found = None
        elif frame["file"].startswith(_OURS):
            return found
        elif found is None and code.holds(frame["file"]):
            found = (code.shorten(frame["file"]), int(frame["line"]))
    return found
