"""What a task is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from pushwright.policies import Queue, Retry

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Task(Generic[P, R]):
    """A function that can be run by its id; make it with `pushwright.task`.

    Calling the task calls the function, so that code and tests use it as before.

    Attributes:
        takes_payload: whether the function has a parameter for the payload.
        max_duration: seconds, None when the configuration decides.
    """

    id: str
    run: Callable[P, R]
    takes_payload: bool
    retry: Retry | None = None
    queue: Queue | None = None
    max_duration: float | None = None
    machine: str | None = None
    description: str = ""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, here and now."""
        return self.run(*args, **kwargs)
