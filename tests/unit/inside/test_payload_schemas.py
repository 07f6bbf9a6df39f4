"""The manifest says what payload each task takes, as a JSON schema."""

from typing import Any

import pytest

from tests.unit.inside.program import Index

NAMES = """
import dataclasses, datetime, decimal, enum, typing, uuid
from collections.abc import Mapping, Sequence
from typing import *
from pushwright import task

class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"

class Size(TypedDict):
    width: int
    unit: NotRequired[str]

@dataclasses.dataclass
class Item:
    name: str
    price: float = 0.0
    tags: list[str] = dataclasses.field(default_factory=list)
    parent: "Item | None" = None
"""
ITEM = {
    "title": "Item",
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "price": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "parent": {"anyOf": [{"type": "object"}, {"type": "null"}]},
    },
    "required": ["name"],
}


def _schema(index: Index, code: str) -> Any:  # noqa: ANN401 - a JSON value
    (task,) = index({"trigger/a.py": NAMES + code}).manifest["tasks"]
    return task["payload_schema"]


def _annotated(index: Index, annotation: str) -> Any:  # noqa: ANN401 - a JSON value
    return _schema(index, f"@task(id='t')\ndef t(payload: {annotation}): ...")


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("str", {"type": "string"}),
        ("None", {"type": "null"}),
        ("'int | None'", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("Optional[bool]", {"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
        ("list", {"type": "array"}),
        ("list[Any]", {"type": "array", "items": {}}),
        ("Sequence[float]", {"type": "array", "items": {"type": "number"}}),
        ("Mapping[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("set[int]", {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        (
            "tuple[int, str]",
            {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
        ),
        ("Literal['a', 1]", {"enum": ["a", 1]}),
        ("Color", {"enum": ["red", "blue"]}),
        ("Annotated[int, 'cents']", {"type": "integer"}),
        ("NewType('Cents', int)", {"type": "integer"}),
        ("datetime.datetime", {"type": "string", "format": "date-time"}),
        ("uuid.UUID", {"type": "string", "format": "uuid"}),
        (
            "Size",
            {
                "title": "Size",
                "type": "object",
                "properties": {"width": {"type": "integer"}, "unit": {"type": "string"}},
                "required": ["width"],
            },
        ),
        ("Item", ITEM),
        ("dict[str, Item]", {"type": "object", "additionalProperties": ITEM}),
        ("list[object]", {"type": "array", "items": {}}),
    ],
)
def test_type_hints_become_schemas(index: Index, annotation: str, schema: object) -> None:
    assert _annotated(index, annotation) == schema


@pytest.mark.parametrize(
    "annotation", ["Any", "object", "'NotThere'", "int | object", "Callable[[int], str]", "42", "decimal", "type(task)"]
)
def test_what_says_nothing_gives_no_schema_and_no_error(index: Index, annotation: str) -> None:
    assert _annotated(index, annotation) is None


@pytest.mark.parametrize(
    "code",
    [
        "@task(id='t')\ndef t(): ...",
        "@task(id='t')\ndef t(payload): ...",
        "@task(id='t')\ndef t(*payload: int): ...",
        "task(id='t', run=print)",
    ],
)
def test_without_an_annotation_there_is_no_schema(index: Index, code: str) -> None:
    assert _schema(index, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "class C:\n  def __call__(self, payload: int): ...\ntask(id='t', run=C())",
        "import functools\ndef f(a: str, b: int): ...\ntask(id='t', run=functools.partial(f, 'x'))",
        "class C:\n  def m(self, payload: 'int') -> 'Unknown': ...\ntask(id='t', run=C().m)",
        "import functools\ndef f(payload: int): ...\n@functools.wraps(f)\ndef g(*args): ...\ntask(id='t', run=g)",
    ],
)
def test_every_kind_of_function_is_read(index: Index, code: str) -> None:
    assert _schema(index, code) == {"type": "integer"}


def test_a_pydantic_model_brings_its_own_schema(index: Index) -> None:
    code = "import pydantic\nclass Order(pydantic.BaseModel):\n  count: int = pydantic.Field(gt=0)\n"
    schema = _schema(index, code + "@task(id='t')\ndef t(payload: Order): ...")
    assert schema["properties"]["count"] == {"exclusiveMinimum": 0, "title": "Count", "type": "integer"}
    nested = _schema(index, code + "@task(id='t')\ndef t(payload: list[Order] | None): ...")
    assert nested["anyOf"][0] == {"type": "array", "items": {"$ref": "#/$defs/Order"}}
    assert list(nested["$defs"]) == ["Order"]


def test_a_model_that_has_no_schema_gives_none(index: Index) -> None:
    code = "import pydantic\nclass Order(pydantic.BaseModel):\n  call: Callable[[int], int]\n"
    assert _schema(index, code + "@task(id='t')\ndef t(payload: Order): ...") is None


def test_a_schema_that_is_too_large_is_left_out(index: Index) -> None:
    assert _annotated(index, "Literal[*('x' * 1000 + str(n) for n in range(70))]") is None
