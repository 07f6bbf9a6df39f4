"""Durable work: asking for it, and what time it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SqlExecutor = Callable[[str, Mapping[str, object]], None]
"""Runs one SQL statement (psycopg `%(name)s` parameters) inside the caller's open transaction."""


@dataclass(frozen=True, slots=True)
class Job:
    """Durable work to be done after the transaction that asks for it commits.

    Attributes:
        kind: name of the job (`delivery`, `deployment`, `report`); each kind has its own queue.
        key: the id of the row it works on; all a job carries.
        lock: jobs with one lock run one at a time, in the order they were asked for.
        priority: larger is served earlier.
    """

    kind: str
    key: str
    lock: str
    priority: int = 0


class JobQueue(Protocol):
    """Takes jobs inside somebody else's transaction: the row and its job are there together or not at all."""

    def defer(self, execute: SqlExecutor, job: Job) -> None:
        """Ask for `job`; it becomes visible to workers when the transaction commits."""


class Clock(Protocol):
    """What time it is; tests bring their own."""

    def now(self) -> datetime:
        """Return the aware current time in UTC."""
