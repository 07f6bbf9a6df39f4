"""`task`: how a function becomes a task."""

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import CodeType
from typing import Any, Final, overload

from pushwright.checks import check_seconds, check_text
from pushwright.errors import InvalidDefinition
from pushwright.policies import MACHINE_MEANING, MACHINE_PATTERN, Queue, Retry, parse_queue, parse_retry
from pushwright.registry import REGISTRY
from pushwright.tasks import P, R, Task

_ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}"
_ID_MEANING: Final = "1 to 128 letters, digits, or any of _ . : / -, beginning with a letter or digit"


@overload
def task(
    *,
    id: str,
    run: Callable[P, R],
    retry: Retry | Mapping[str, object] | None = None,
    queue: Queue | Mapping[str, object] | str | None = None,
    max_duration: float | timedelta | None = None,
    machine: str | None = None,
    description: str | None = None,
) -> Task[P, R]: ...
@overload
def task(
    *,
    id: str,
    run: None = None,
    retry: Retry | Mapping[str, object] | None = None,
    queue: Queue | Mapping[str, object] | str | None = None,
    max_duration: float | timedelta | None = None,
    machine: str | None = None,
    description: str | None = None,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(  # noqa: PLR0913 - see above
    *,
    id: str,  # noqa: A002 - the word users write
    run: Callable[P, R] | None = None,
    retry: Retry | Mapping[str, object] | None = None,
    queue: Queue | Mapping[str, object] | str | None = None,
    max_duration: float | timedelta | None = None,
    machine: str | None = None,
    description: str | None = None,
) -> Task[P, R] | Callable[[Callable[P, R]], Task[P, R]]:
    """Declare a task, as a decorator or as a call with `run=function`.

    The function may be `def` or `async def` and takes the payload, or nothing.

    Args:
        id: the name runs are started by; unique in the project.
        run: the function; leave it out to decorate.
        retry: when a failed run is tried again; the configuration's policy when left out.
        queue: where runs wait for one another: a Queue, its options, or its name; a queue of its own when left out.
        max_duration: seconds (or a timedelta) a run may take; the configuration's when left out.
        machine: machine preset; the configuration's when left out.
        description: for people; the first line of the function's docstring when left out.

    Raises:
        InvalidDefinition: an option has a value it cannot have.
    """

    def declare(function: Callable[P, R]) -> Task[P, R]:
        return _declare(
            function,
            id=id,
            retry=retry,
            queue=queue,
            max_duration=max_duration,
            machine=machine,
            description=description,
        )

    return declare if run is None else declare(run)


def _declare(function: Callable[P, R], **options: object) -> Task[P, R]:
    task_id = check_text("task: id", options["id"], pattern=_ID_PATTERN, meaning=_ID_MEANING)
    where = f'task "{task_id}"'
    if not callable(function):
        raise InvalidDefinition(f"{where}: run must be a function, not {function!r:.60}.")
    declared = Task(
        id=task_id,
        run=function,
        takes_payload=_takes_payload(where, function),
        retry=parse_retry(f"{where}: retry", options["retry"]),
        queue=parse_queue(f"{where}: queue", options["queue"]),
        max_duration=_optional_seconds(f"{where}: max_duration", options["max_duration"]),
        machine=_optional_machine(f"{where}: machine", options["machine"]),
        description=_describe(where, function, options["description"]),
    )
    code = _find_code(function)
    REGISTRY.add(
        declared,
        file=code.co_filename if code else "",
        line=code.co_firstlineno if code else 0,
        function=getattr(function, "__qualname__", type(function).__qualname__),
    )
    return declared


def _takes_payload(where: str, function: Callable[..., object]) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:  # built in without a signature: nothing to check against
        return True
    for arguments in (("payload",), ()):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return bool(arguments)
    raise InvalidDefinition(f"{where}: its function must take one argument, the payload, or none; it is {signature}.")


def _find_code(function: Callable[..., Any]) -> CodeType | None:
    inner = inspect.unwrap(getattr(function, "func", function))
    code = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _describe(where: str, function: Callable[..., object], description: object) -> str:
    if description is None:
        return next(iter((getattr(function, "__doc__", None) or "").strip().splitlines()), "")
    return check_text(f"{where}: description", description, pattern=r"(?s).{0,2000}", meaning="at most 2000 characters")


def _optional_seconds(where: str, value: object) -> float | None:
    return None if value is None else check_seconds(where, value)


def _optional_machine(where: str, value: object) -> str | None:
    return None if value is None else check_text(where, value, pattern=MACHINE_PATTERN, meaning=MACHINE_MEANING)
