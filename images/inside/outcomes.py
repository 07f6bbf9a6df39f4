"""How a run may end: the result event and the exit code of each end."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pushwright import AbortTaskRun

from .code_root import CodeRoot
from .interruptions import Interruption
from .problems import describe_error, format_traceback

# Exit codes of `run`, by error code. Never renumber: run engines rely on them.
EXIT_CODES: Final = {
    "task_failed": 1,
    "bad_request": 2,
    "unknown_task": 3,
    "task_import_failed": 4,
    "max_duration_exceeded": 5,
    "output_invalid": 6,
    "bad_payload": 7,
    "image_broken": 8,
}
EXIT_SUCCEEDED: Final = 0
EXIT_CANCELED: Final = 143  # what a shell and tini make of a process that SIGTERM ended

OUTPUT_LIMIT: Final = 16 * 1024 * 1024
_RETRYABLE: Final = frozenset({"task_failed", "task_import_failed"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run.

    Attributes:
        result: fields of the `result` event.
    """

    result: Mapping[str, object]
    exit_code: int


def succeed(output: object) -> Outcome:
    """Conclude with the task's return value, which must be JSON."""
    try:
        size = len(json.dumps(output, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        return fail(
            "output_invalid", f"What the task returned is not JSON: {error}. Return dicts, lists, text, numbers."
        )
    if size > OUTPUT_LIMIT:
        return fail(
            "output_invalid", f"What the task returned is larger than {OUTPUT_LIMIT} bytes; return a reference."
        )
    return Outcome({"status": "succeeded", "output": output}, EXIT_SUCCEEDED)


def fail(code: str, message: str) -> Outcome:
    """Conclude with a failure that is not an exception of user code."""
    error = {"code": code, "type": "", "message": message, "traceback": "", "retryable": code in _RETRYABLE}
    return Outcome({"status": "failed", "error": error, "retry": None}, EXIT_CODES[code])


def fail_with(code: str, error: BaseException, root: CodeRoot, retry: Mapping[str, object] | None) -> Outcome:
    """Conclude with an exception of user code and the policy that says when to try again."""
    described = {
        "code": code,
        "type": type(error).__name__,
        "message": _message_of(error),
        "traceback": format_traceback(error, root),
        "retryable": code in _RETRYABLE and not isinstance(error, AbortTaskRun),
    }
    return Outcome({"status": "failed", "error": described, "retry": retry}, EXIT_CODES[code])


def interrupt(reason: Interruption) -> Outcome:
    """Conclude a run that was ended from outside."""
    if reason is Interruption.CANCELED:
        return Outcome({"status": "canceled"}, EXIT_CANCELED)
    return fail(reason.value, "The run took longer than max_duration; raise it, or split the task.")


def _message_of(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return describe_error(error)
    # Not str(error): that runs user code, which may raise once more.
    return str(traceback.TracebackException(type(error), error, None, compact=True))
