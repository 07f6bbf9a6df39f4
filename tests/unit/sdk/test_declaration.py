"""`task` makes a task of a function and remembers it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

import pytest
from pushwright import InvalidDefinition, Queue, Retry, Task, task
from pushwright.registry import REGISTRY, Registration


def _last() -> Registration:
    return REGISTRY.list_registrations()[-1]


def _double(payload: int) -> int:
    """Double it.

    And nothing else.
    """
    return payload * 2


def _needs_a_keyword(*, key: str) -> str:
    return key


def test_a_decorated_function_is_a_task_that_can_be_called() -> None:
    @task(id="decorated")
    def triple(payload: int) -> int:
        return payload * 3

    assert isinstance(triple, Task)
    assert triple(2) == 6
    assert _last().task is triple


def test_a_call_with_run_is_a_task() -> None:
    declared = task(id="called", run=_double)
    assert (declared.id, declared(2), declared.takes_payload) == ("called", 4, True)


def test_asynchronous_functions_are_tasks() -> None:
    @task(id="asynchronous")
    async def answer() -> int:
        return 42

    assert asyncio.run(answer()) == 42
    assert answer.takes_payload is False


def test_the_place_of_the_function_is_remembered() -> None:
    task(id="placed", run=_double)
    registration = _last()
    assert (registration.file, registration.line) == (__file__, _double.__code__.co_firstlineno)
    assert registration.function == "_double"


def test_the_place_is_that_of_the_function_behind_its_wrappers() -> None:
    @wraps(_double)
    def wrapped(payload: int) -> int:
        return _double(payload)

    for function in (wrapped, partial(_double)):
        task(id="wrapped", run=function)
        assert (_last().file, _last().line) == (__file__, _double.__code__.co_firstlineno)


def test_the_description_is_the_first_line_of_the_docstring_unless_given() -> None:
    assert task(id="a", run=_double).description == "Double it."
    assert task(id="a", run=_double, description="Twice.").description == "Twice."
    assert task(id="a", run=lambda: None).description == ""


def test_options_are_accepted_in_every_form() -> None:
    declared = task(
        id="a", run=_double, retry={"max_attempts": 2}, queue="q", max_duration=timedelta(minutes=1), machine="small-1x"
    )
    assert (declared.retry, declared.queue) == (Retry(max_attempts=2), Queue(name="q"))
    assert (declared.max_duration, declared.machine) == (60, "small-1x")


def test_a_task_belongs_to_the_file_being_imported() -> None:
    with REGISTRY.importing("trigger/a.py"):
        task(id="a", run=_double)
        inside = _last().entry_file
    task(id="b", run=_double)
    assert (inside, _last().entry_file) == ("trigger/a.py", None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"id": ""}, "task: id is ''"),
        ({"id": "a b"}, "letters, digits"),
        ({"id": "x" * 129}, "1 to 128"),
        ({"id": 3}, "task: id must be text, not int (3)"),
        ({"run": "f"}, "run must be a function"),
        ({"run": divmod}, "must take one argument, the payload, or none; it is (x, y, /)"),
        ({"run": _needs_a_keyword}, "must take one argument"),
        ({"retry": 3}, 'task "a": retry must be a Retry or a dict'),
        ({"retry": {"max_attempts": 0}}, 'task "a": retry: Retry(max_attempts) is 0'),
        ({"retry": {"tries": 1}}, "has no option 'tries'; it has max_attempts"),
        ({"queue": ""}, "queue: Queue(name) is ''"),
        ({"queue": {"concurrency_limit": 1}}, "name"),
        ({"queue": {"name": "q", "concurrency_limit": True}}, "whole number"),
        ({"max_duration": "1h"}, "max_duration must be seconds"),
        ({"max_duration": 0}, "must be above zero"),
        ({"max_duration": float("inf")}, "must be above zero"),
        ({"max_duration": True}, "must be seconds"),
        ({"machine": "Large"}, "machine is 'Large'"),
        ({"description": 1}, "description must be text"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(options: dict[str, Any], said: str) -> None:
    declare: Callable[..., object] = task
    before = REGISTRY.list_registrations()
    with pytest.raises(InvalidDefinition) as raised:
        declare(**{"id": "a", "run": _double, **options})
    assert said in str(raised.value)
    assert REGISTRY.list_registrations() == before
