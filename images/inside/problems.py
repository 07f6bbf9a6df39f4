"""What can be wrong with a repository's tasks, and where: the vocabulary of a failed `index`."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from .code_root import CodeRoot

# Exit codes of `index`, by error code. Never renumber: build logs and their readers outlive us.
EXIT_CODES: Final = {
    "config_missing": 10,
    "config_raised": 11,
    "config_invalid": 12,
    "no_task_files": 13,
    "no_tasks": 14,
    "duplicate_task_ids": 15,
    "task_import_failed": 16,
    "index_timeout": 17,
    "task_metadata_invalid": 18,
    "extension_failed": 19,
}

_TRACEBACK_LIMIT: Final = 6_000
_MESSAGE_LIMIT: Final = 1_000
_HERE: Final = str(Path(__file__).resolve().parent)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place in the repository.

    Attributes:
        file: path relative to the code root.
        line: 1-based; None when unknown.
    """

    file: str
    line: int | None
    message: str
    traceback: str = ""


class IndexFailure(Exception):  # noqa: N818 - an outcome, raised to leave the steps of indexing early
    """The tasks cannot be indexed.

    Attributes:
        code: one of `EXIT_CODES`.
    """

    def __init__(self, code: str, sentence: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.problems = problems


def describe_error(error: BaseException) -> str:
    """Say type and message of an exception in one text."""
    if isinstance(error, SystemExit):
        return f"the code called sys.exit({error.code!r})"
    lines = traceback.TracebackException(type(error), error, None, compact=True).format_exception_only()
    return "".join(lines).strip()[:_MESSAGE_LIMIT]


def locate_error(error: BaseException, code: CodeRoot, fallback: str) -> tuple[str, int | None]:
    """Find the deepest place of the repository an exception came through; `fallback` is a file to name instead."""
    if isinstance(error, SyntaxError) and error.filename and code.holds(error.filename):
        return code.shorten(error.filename), error.lineno
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if code.holds(frame.f_code.co_filename)
    ]
    return (code.shorten(frames[-1][0]), frames[-1][1]) if frames else (fallback, None)


def format_traceback(error: BaseException, code: CodeRoot) -> str:
    """Format an exception as Python does, without our own frames and with paths relative to the code root."""
    lines = traceback.format_exception(type(error), error, _user_part(error.__traceback__))
    text = re.sub(rf'File "{re.escape(str(code.path))}/', 'File "', "".join(lines))
    # The end of a traceback says what happened.
    return text if len(text) <= _TRACEBACK_LIMIT else "…" + text[-_TRACEBACK_LIMIT:]


def problem_from(error: BaseException, code: CodeRoot, fallback: str) -> Problem:
    """Make a problem of an exception of user code."""
    file, line = locate_error(error, code, fallback)
    return Problem(file, line, describe_error(error), format_traceback(error, code))


def _user_part(trace: TracebackType | None) -> TracebackType | None:
    while trace and _is_machinery(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_machinery(path: str) -> bool:
    return path.startswith((_HERE, "<frozen importlib")) or path.endswith(
        ("/importlib/__init__.py", "/asyncio/runners.py")
    )
