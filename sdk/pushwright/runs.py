"""The run going on in this process: one image process runs one task once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pushwright.errors import NoCurrentRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the run engine says about a run.

    Attributes:
        run_id: the run engine's name for it.
        task_id: id of the task being run.
        attempt: 1 for the first try.
        environment: name of the environment, such as `production`.
        details: whatever else the run engine sent in the request's context.
    """

    run_id: str
    task_id: str
    attempt: int = 1
    environment: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


# Not a context variable: threads a task starts belong to the same run, and would not inherit one.
_CURRENT: Final[list[Run]] = []


def current_run() -> Run:
    """Return the run going on, from any thread of the task.

    Raises:
        NoCurrentRun: outside a run, as at import or in a test; see `running`.
    """
    if not _CURRENT:
        raise NoCurrentRun("No run is going on here; call current_run() inside the function of a task.")
    return _CURRENT[-1]


@contextmanager
def running(run: Run) -> Iterator[None]:
    """Make `run` the current run inside the `with`; the image does it, and so may your tests."""
    _CURRENT.append(run)
    try:
        yield
    finally:
        _CURRENT.remove(run)
