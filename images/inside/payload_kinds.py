"""What a task says about its payload: the annotation of the function's parameter."""

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from pushwright import Task

UNIONS: Final = (typing.Union, types.UnionType)


def find_kind(task: Task[..., Any]) -> object:
    """Return the annotation of the payload, strings resolved; `Any` when there is none or it cannot be resolved."""
    if not task.takes_payload:
        return Any
    function = inspect.unwrap(getattr(task.run, "func", task.run))
    if not hasattr(function, "__globals__"):
        function = type(function).__call__
    try:
        parameter = next(iter(inspect.signature(task.run).parameters.values()))
        if parameter.annotation is parameter.empty or parameter.kind is parameter.VAR_POSITIONAL:
            return Any
        # The payload's alone: what else stands in the signature may be names for type checkers only.
        alone = types.SimpleNamespace(__annotations__={"payload": parameter.annotation})
        names = getattr(function, "__globals__", {})
        return typing.get_type_hints(alone, globalns=names, include_extras=True)["payload"]
    except Exception:  # noqa: BLE001 - annotations are user code, and what is in them need not mean anything
        return Any


def strip_kind(kind: object) -> object:
    """Take away what says nothing about the form: `Annotated`, `NewType`, aliases, `Required` and the like."""
    while True:
        if typing.get_origin(kind) in _WRAPPERS:
            kind = typing.get_args(kind)[0]
        elif isinstance(kind, typing.NewType):
            kind = kind.__supertype__
        elif hasattr(kind, "__value__"):  # `type X = …`, Python 3.12
            kind = kind.__value__
        else:
            return kind


def list_fields(dataclass: type) -> tuple[tuple[str, object, bool], ...]:
    """List name, annotation and whether it is required of what a dataclass takes."""
    hints = typing.get_type_hints(dataclass, include_extras=True)
    return tuple(
        (field.name, hints[field.name], field.default is field.default_factory is dataclasses.MISSING)
        for field in dataclasses.fields(dataclass)
        if field.init
    )


def is_dataclass(kind: object) -> typing.TypeGuard[type]:
    """Whether it is a dataclass."""
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def find_adapter(kind: object) -> Any:  # noqa: ANN401 - a class of a package that may not be there
    """Return pydantic's adapter for an annotation in which a pydantic model (of version 2) stands, else None."""
    if any(hasattr(part, "__pydantic_validator__") for part in _walk(kind)):
        return sys.modules["pydantic"].TypeAdapter(kind)
    return None


def makes_dataclasses(kind: object) -> bool:
    """Whether a dataclass stands in an annotation."""
    return any(is_dataclass(part) for part in _walk(kind))


def _walk(kind: object) -> Iterator[object]:
    """Give everything that stands in an annotation, fields of dataclasses included, each once."""
    waiting, seen = [kind], list[object]()
    while waiting:
        part = strip_kind(waiting.pop())
        if part in seen or isinstance(part, str):
            continue
        seen.append(part)
        yield part
        waiting += typing.get_args(part) if typing.get_origin(part) is not typing.Literal else ()
        waiting += [annotation for _, annotation, _ in list_fields(part)] if is_dataclass(part) else []


_WRAPPERS: Final = (typing.Annotated, typing.Required, typing.NotRequired, typing.Final, typing.ClassVar)
