"""The JSON schema of a payload, from type hints and pydantic models."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import collections.abc
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

from .payload_kinds import UNIONS, find_adapter, find_kind, is_dataclass, list_fields, strip_kind

Schema = dict[str, Any]

# A manifest is kept in a database and read by pages; a schema that is larger helps nobody there.
_SIZE_LIMIT: Final = 64 * 1024
_SIMPLE: Final[Mapping[object, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    types.NoneType: {"type": "null"},
    list: {"type": "array"},
    tuple: {"type": "array"},
    set: {"type": "array", "uniqueItems": True},
    frozenset: {"type": "array", "uniqueItems": True},
    dict: {"type": "object"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.date: {"type": "string", "format": "date"},
    dt.time: {"type": "string", "format": "time"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    decimal.Decimal: {"anyOf": [{"type": "number"}, {"type": "string"}]},
    collections.abc.Mapping: {"type": "object"},
    collections.abc.Sequence: {"type": "array"},
}
_ARRAYS: Final = (list, set, frozenset, collections.abc.Sequence, collections.abc.Iterable)
_OBJECTS: Final = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def describe_payload(task: Task[..., Any]) -> Schema | None:
    """Describe the payload a task takes; None when its annotation says nothing, or nothing that can be said so."""
    try:
        kind = find_kind(task)
        adapter = find_adapter(kind)
        schema: Schema = adapter.json_schema() if adapter else _describe(kind, ())
        is_small = len(json.dumps(schema, allow_nan=False)) <= _SIZE_LIMIT
    except Exception:  # noqa: BLE001 - annotations and models are user code, and no reason to refuse a task
        return None
    return schema if schema and is_small else None


def _describe(kind: object, around: tuple[object, ...]) -> Schema:
    """Describe one annotation; an empty schema is for anything. `around` are the classes it stands in."""
    kind = strip_kind(kind)
    if kind in around:  # a tree: its inner nodes stay open
        return {"type": "object"}
    if kind in _SIMPLE:
        return dict(_SIMPLE[kind])
    describe = _DESCRIBERS.get(typing.get_origin(kind)) or _find_describer(kind)
    return describe(kind, around) if describe else {}


def _find_describer(kind: object) -> Callable[[Any, tuple[object, ...]], Schema] | None:
    if is_dataclass(kind):
        return _describe_dataclass
    if typing.is_typeddict(kind):
        return _describe_typed_dict
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _describe_enum
    return None


def _describe_union(kind: object, around: tuple[object, ...]) -> Schema:
    members = [_describe(member, around) for member in typing.get_args(kind)]
    return {"anyOf": members} if all(members) else {}


def _describe_literal(kind: object, _around: tuple[object, ...]) -> Schema:
    return {"enum": [each.value if isinstance(each, enum.Enum) else each for each in typing.get_args(kind)]}


def _describe_enum(kind: type[enum.Enum], _around: tuple[object, ...]) -> Schema:
    return {"enum": [member.value for member in kind]}


def _describe_array(kind: object, around: tuple[object, ...]) -> Schema:
    (item,) = typing.get_args(kind)
    unique = {"uniqueItems": True} if typing.get_origin(kind) in {set, frozenset} else {}
    return {"type": "array", "items": _describe(item, around), **unique}


def _describe_tuple(kind: object, around: tuple[object, ...]) -> Schema:
    items = typing.get_args(kind)
    if len(items) == 2 and items[1] is Ellipsis:  # noqa: PLR2004 - `tuple[X, ...]`
        return {"type": "array", "items": _describe(items[0], around)}
    length = {"minItems": len(items), "maxItems": len(items)}
    return {"type": "array", "prefixItems": [_describe(item, around) for item in items], **length}


def _describe_object(kind: object, around: tuple[object, ...]) -> Schema:
    return {"type": "object", "additionalProperties": _describe(typing.get_args(kind)[1], around)}


def _describe_dataclass(kind: type, around: tuple[object, ...]) -> Schema:
    fields = list_fields(kind)
    return {
        "title": kind.__name__,
        "type": "object",
        "properties": {name: _describe(hint, (*around, kind)) for name, hint, _ in fields},
        "required": [name for name, _, is_required in fields if is_required],
    }


def _describe_typed_dict(kind: Any, around: tuple[object, ...]) -> Schema:  # noqa: ANN401 - no type for TypedDicts
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        "title": kind.__name__,
        "type": "object",
        "properties": {name: _describe(hint, (*around, kind)) for name, hint in hints.items()},
        "required": [name for name in hints if name in kind.__required_keys__],
    }


_DESCRIBERS: Final[Mapping[object, Callable[[Any, tuple[object, ...]], Schema]]] = {
    **dict.fromkeys(UNIONS, _describe_union),
    **dict.fromkeys(_ARRAYS, _describe_array),
    **dict.fromkeys(_OBJECTS, _describe_object),
    typing.Literal: _describe_literal,
    tuple: _describe_tuple,
}
