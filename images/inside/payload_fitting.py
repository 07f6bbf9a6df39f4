"""Making of a payload what the task's annotation says: a pydantic model, a dataclass."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import datetime as dt
import decimal
import enum
import json
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from pushwright import Task

from .payload_kinds import UNIONS, find_adapter, find_kind, is_dataclass, list_fields, makes_dataclasses, strip_kind
from .run_request import BadPayload

_SHOWN: Final = 5


def fit_payload(task: Task[..., Any], payload: object) -> object:
    """Return the payload as the task's annotation wants it, or as it is when no model and no dataclass stands there.

    Raises:
        BadPayload: it does not fit.
    """
    kind = find_kind(task)
    adapter = find_adapter(kind)
    if adapter:
        return _validate(adapter, payload)
    return _fit(payload, kind, "payload") if makes_dataclasses(kind) else payload


def _validate(adapter: Any, payload: object) -> object:  # noqa: ANN401 - see find_adapter
    try:
        # As JSON, which is what it came as: a strict model takes a date from JSON text, not from a Python text.
        return adapter.validate_json(json.dumps(payload))
    except ValueError as error:
        # pydantic's; a ValueError of a validator of the user's is among its errors.
        problems: list[dict[str, Any]] = getattr(error, "errors", list)()
        if not problems:
            raise
    shown = [f"{_name_place(problem['loc'])}: {problem['msg']}" for problem in problems[:_SHOWN]]
    more = f", and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    raise BadPayload(f"The payload does not fit: {'; '.join(shown)}{more}.")


def _name_place(location: tuple[object, ...]) -> str:
    return "payload" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _fit(value: Any, kind: object, place: str) -> Any:  # noqa: ANN401 - any JSON value
    kind = strip_kind(kind)
    if is_dataclass(kind):
        return _fit_dataclass(value, kind, place)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _read(value, kind, f"one of {', '.join(repr(each.value) for each in kind)}", place)
    fit = _FITTERS.get(typing.get_origin(kind))
    if fit:
        return fit(value, typing.get_args(kind), place)
    if kind in _READERS:
        return _read(value, *_READERS[kind], place)
    return _check_simple(value, kind, place)


def _fit_dataclass(value: Any, kind: type, place: str) -> object:  # noqa: ANN401 - see above
    _check(isinstance(value, dict), "an object", value, place)
    arguments = {}
    for name, hint, is_required in list_fields(kind):
        if name in value:
            arguments[name] = _fit(value[name], hint, f"{place}.{name}")
        elif is_required:
            raise BadPayload(f"The payload does not fit: {place}.{name} is missing.")
    try:
        return kind(**arguments)
    except ValueError as error:  # the author's own check, in __post_init__
        raise BadPayload(f"The payload does not fit: {place}: {error}.") from error


def _fit_union(value: Any, members: tuple[object, ...], place: str) -> object:  # noqa: ANN401 - see above
    refusals = []
    for member in members:
        try:
            return _fit(value, member, place)
        except BadPayload as error:
            refusals.append(error)
    # Of `X | None` the refusal of X says more.
    raise next((error for error, member in zip(refusals, members, strict=True) if member is not types.NoneType))


def _fit_array(value: Any, arguments: tuple[object, ...], place: str) -> list[object]:  # noqa: ANN401 - see above
    _check(isinstance(value, list), "a list", value, place)
    return [_fit(item, arguments[0], f"{place}[{number}]") for number, item in enumerate(value)]


def _fit_tuple(value: Any, arguments: tuple[object, ...], place: str) -> tuple[object, ...]:  # noqa: ANN401 - see above
    _check(isinstance(value, list), "a list", value, place)
    kinds = (arguments[0],) * len(value) if arguments[-1] is Ellipsis else arguments
    _check(len(value) == len(kinds), f"a list of {len(kinds)}", value, place)
    pairs = zip(value, kinds, strict=True)
    return tuple(_fit(item, kind, f"{place}[{number}]") for number, (item, kind) in enumerate(pairs))


def _fit_object(value: Any, arguments: tuple[object, ...], place: str) -> dict[str, object]:  # noqa: ANN401 - see above
    _check(isinstance(value, dict), "an object", value, place)
    return {key: _fit(item, arguments[1], f"{place}.{key}") for key, item in value.items()}


def _fit_literal(value: object, arguments: tuple[object, ...], place: str) -> object:
    _check(value in arguments, f"one of {', '.join(map(repr, arguments))}", value, place)
    return value


def _read(value: Any, read: Callable[[Any], object], meaning: str, place: str) -> object:  # noqa: ANN401 - see above
    try:
        return read(value)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise _refuse(meaning, value, place) from error


def _check_simple(value: object, kind: object, place: str) -> object:
    accepted, meaning = _SIMPLE.get(kind, ((object,), ""))
    is_boolean_by_chance = isinstance(value, bool) and kind in {int, float}
    _check(isinstance(value, accepted) and not is_boolean_by_chance, meaning, value, place)
    return float(value) if kind is float and isinstance(value, int) else value


def _check(is_fine: bool, meaning: str, value: object, place: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not is_fine:
        raise _refuse(meaning, value, place)


def _refuse(meaning: str, value: object, place: str) -> BadPayload:
    return BadPayload(f"The payload does not fit: {place} must be {meaning}, not {_JSON_NAMES[type(value)]}.")


_JSON_NAMES: Final[Mapping[type, str]] = {
    str: "this text", int: "this number", float: "this number", bool: "true or false", type(None): "null",
    list: "this list", dict: "an object",
}  # fmt: skip
_SIMPLE: Final[Mapping[object, tuple[tuple[type, ...], str]]] = {
    str: ((str,), "text"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
    types.NoneType: ((type(None),), "null"),
    None: ((type(None),), "null"),
    list: ((list,), "a list"),
    dict: ((dict,), "an object"),
}
_READERS: Final[Mapping[object, tuple[Callable[[Any], object], str]]] = {
    dt.datetime: (dt.datetime.fromisoformat, "a date and time as 2026-11-24T09:00:00Z"),
    dt.date: (dt.date.fromisoformat, "a date as 2026-11-24"),
    dt.time: (dt.time.fromisoformat, "a time as 09:00:00"),
    uuid.UUID: (uuid.UUID, "a UUID"),
    decimal.Decimal: (lambda value: decimal.Decimal(str(value)), "a decimal number"),
}
_FITTERS: Final[Mapping[object, Callable[[Any, tuple[Any, ...], str], object]]] = {
    **dict.fromkeys(UNIONS, _fit_union),
    list: _fit_array,
    set: lambda value, arguments, place: set(_fit_array(value, arguments, place)),
    frozenset: lambda value, arguments, place: frozenset(_fit_array(value, arguments, place)),
    tuple: _fit_tuple,
    dict: _fit_object,
    typing.Literal: _fit_literal,
}
