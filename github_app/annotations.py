"""Problems of a failed deployment, as annotations of its check run at file and line. Pure.

GitHub shows an annotation's message as plain text, so nothing in it is escaped.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from domain.builds import Problem
from github_app.payloads import clean_text

MAX_PER_REQUEST: Final = 50
MAX_IN_ALL: Final = 200
_MAX_PATH_BYTES = 1024
_MAX_MESSAGE_BYTES = 64_000
_NO_MESSAGE = "There is something wrong here."


def annotations(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Return the annotations of the first problems that are at a place inside the repository."""
    placed = [(path, problem) for problem in problems if (path := _relative_path(problem.file))]
    return [_annotation(path, problem) for path, problem in placed[:MAX_IN_ALL]]


def _annotation(path: str, problem: Problem) -> dict[str, object]:
    line = max(problem.line or 1, 1)
    details = clean_text(problem.traceback, _MAX_MESSAGE_BYTES)
    return {
        "path": path,
        "start_line": line,
        "end_line": line,
        "annotation_level": "failure",
        "message": clean_text(problem.message, _MAX_MESSAGE_BYTES).strip() or _NO_MESSAGE,
        **({"raw_details": details} if details else {}),
    }


def _relative_path(file: str) -> str:
    """Return the path as GitHub knows it, empty when it leads out of the repository."""
    path = PurePosixPath(file)
    text = clean_text(str(path), _MAX_PATH_BYTES)
    return "" if path.is_absolute() or ".." in path.parts or text in {"", "."} else text
