"""Policies a task declares and the run engine follows: when to try again, where to wait."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from pushwright.checks import check_count, check_known_keys, check_seconds, check_text
from pushwright.errors import InvalidDefinition

MACHINE_PATTERN: Final = r"[a-z0-9][a-z0-9.-]{0,62}"
MACHINE_MEANING: Final = "a preset of your run engine such as small-1x"

Policy = TypeVar("Policy", "Retry", "Queue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a failed run is tried again.

    The wait before attempt n + 1 is `min(max_delay_seconds, min_delay_seconds * factor ** (n - 1))`,
    with `randomize` times a random number from 1 to 2 before the minimum is taken.

    Attributes:
        max_attempts: attempts in all, the first one included; 1 means never again.
    """

    max_attempts: int = 3
    factor: float = 2.0
    min_delay_seconds: float = 1.0
    max_delay_seconds: float = 60.0
    randomize: bool = True

    def __post_init__(self) -> None:
        check_count("Retry(max_attempts)", self.max_attempts)
        check_seconds("Retry(factor)", self.factor)
        check_seconds("Retry(min_delay_seconds)", self.min_delay_seconds, zero_allowed=True)
        check_seconds("Retry(max_delay_seconds)", self.max_delay_seconds, zero_allowed=True)
        if not isinstance(self.randomize, bool):
            raise InvalidDefinition(f"Retry(randomize) must be True or False, not {self.randomize!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where runs of a task wait for one another.

    Attributes:
        name: tasks that name the same queue share it.
        concurrency_limit: how many runs of the queue go at once; None leaves it to the run engine.
    """

    name: str
    concurrency_limit: int | None = None

    def __post_init__(self) -> None:
        check_text(
            "Queue(name)",
            self.name,
            pattern=r"[A-Za-z0-9_./-]{1,128}",
            meaning="1 to 128 letters, digits, or any of _ . / -",
        )
        if self.concurrency_limit is not None:
            check_count("Queue(concurrency_limit)", self.concurrency_limit)


def parse_retry(where: str, value: object) -> Retry | None:
    """Turn what an author may write (a Retry or its options as a dict) into a Retry."""
    return _parse(where, value, Retry)


def parse_queue(where: str, value: object) -> Queue | None:
    """Turn what an author may write (a Queue, its options as a dict, or its name) into a Queue."""
    return _parse(where, {"name": value} if isinstance(value, str) else value, Queue)


def _parse(where: str, value: object, policy: type[Policy]) -> Policy | None:
    if value is None or isinstance(value, policy):
        return value
    if not isinstance(value, Mapping):
        raise InvalidDefinition(f"{where} must be a {policy.__name__} or a dict, not {value!r:.60}.")
    options: dict[str, Any] = check_known_keys(where, value, tuple(field.name for field in fields(policy)))
    try:
        return policy(**options)
    except (InvalidDefinition, TypeError) as error:
        raise InvalidDefinition(f"{where}: {error}") from error
