"""The tasks of this process, in the order they were declared.

A task counts from the moment `task()` is called: it needs no export and no name, and a task of an imported
package counts as well. What has to be imported to meet it again is the *task file being imported at that time*.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pushwright.tasks import Task


@dataclass(frozen=True, slots=True)
class Registration:
    """One call of `task()`.

    Attributes:
        file: path of the file where the function is written, as Python knows it.
        line: 1-based line of the function (of its first decorator).
        function: qualified name of the function.
        entry_file: the task file whose import led to the call; None outside any such import.
    """

    task: Task[..., Any]
    file: str
    line: int
    function: str
    entry_file: str | None


class Registry:
    """Remembers every registration."""

    def __init__(self) -> None:
        self._registrations: list[Registration] = []
        self._entry_file: str | None = None

    def add(self, task: Task[..., Any], *, file: str, line: int, function: str) -> None:
        """Remember a task under the task file being imported now."""
        self._registrations.append(Registration(task, file, line, function, self._entry_file))

    @contextmanager
    def importing(self, entry_file: str) -> Iterator[None]:
        """Count every task declared inside the `with` as reached through this task file."""
        outer, self._entry_file = self._entry_file, entry_file
        try:
            yield
        finally:
            self._entry_file = outer

    def list_registrations(self) -> tuple[Registration, ...]:
        """List what was declared so far, duplicates included."""
        return tuple(self._registrations)


REGISTRY: Final = Registry()
