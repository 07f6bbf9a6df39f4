"""A task gets the dataclass or model it asks for, or the run is refused with the place that does not fit."""

import pytest

from tests.unit.inside.program import Run

TYPES = """
import dataclasses, datetime, decimal, enum, uuid
from typing import *
class Color(enum.Enum):
    RED = "red"
@dataclasses.dataclass(frozen=True)
class Item:
    name: str
    price: float = 1.0
@dataclasses.dataclass
class Order:
    items: list[Item]
    at: datetime.datetime | None = None
    color: Color = Color.RED
    id: uuid.UUID | None = None
    size: tuple[int, int] = (1, 1)
    kind: Literal["a", "b"] = "a"
    extra: Any = None
    by_name: dict[str, Item] = dataclasses.field(default_factory=dict)
    amount: decimal.Decimal = decimal.Decimal(0)
    tags: set[str] = dataclasses.field(default_factory=set)
    def __post_init__(self):
        if self.extra == "never": raise ValueError("never is no extra")
"""
ORDER = TYPES + "@task(id='t')\ndef t(payload: Order): return repr(payload)"
MODEL = """
import pydantic, datetime
class Item(pydantic.BaseModel):
    price: float
class Order(pydantic.BaseModel):
    model_config = {"strict": True}
    items: list[Item]
    at: datetime.date | None = None
@task(id='t')
def t(payload: Order): return [type(payload).__name__, repr(payload.at), payload.items[0].price]
"""


def test_a_dataclass_is_made_of_the_payload(run: Run) -> None:
    payload = {
        "items": [{"name": "tea"}],
        "at": "2026-11-24T09:00:00Z",
        "id": "12345678-1234-5678-1234-567812345678",
        "size": [2, 3],
        "by_name": {"x": {"name": "cup", "price": 2}},
        "amount": "1.5",
        "tags": ["a"],
        "unknown": 1,
    }
    assert run(ORDER, payload).result["output"] == (
        "Order(items=[Item(name='tea', price=1.0)], "
        "at=datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.timezone.utc), color=<Color.RED: 'red'>, "
        "id=UUID('12345678-1234-5678-1234-567812345678'), size=(2, 3), kind='a', extra=None, "
        "by_name={'x': Item(name='cup', price=2.0)}, amount=Decimal('1.5'), tags={'a'})"
    )


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (None, "payload must be an object, not null"),
        ({}, "payload.items is missing"),
        ({"items": {}}, "payload.items must be a list, not an object"),
        ({"items": [{"name": "a"}, {"name": 4}]}, "payload.items[1].name must be text, not this number"),
        ({"items": [{"name": "a", "price": True}]}, "payload.items[0].price must be a number, not true or false"),
        ({"items": [], "at": "noon"}, "payload.at must be a date and time as 2026-11-24T09:00:00Z, not this text"),
        ({"items": [], "color": "green"}, "payload.color must be one of 'red', not this text"),
        ({"items": [], "id": 7}, "payload.id must be a UUID, not this number"),
        ({"items": [], "size": [1]}, "payload.size must be a list of 2, not this list"),
        ({"items": [], "size": [1, 1.5]}, "payload.size[1] must be a whole number, not this number"),
        ({"items": [], "kind": "c"}, "payload.kind must be one of 'a', 'b', not this text"),
        ({"items": [], "by_name": {"x": 1}}, "payload.by_name.x must be an object, not this number"),
        ({"items": [], "amount": []}, "payload.amount must be a decimal number, not this list"),
        ({"items": [], "extra": "never"}, "payload: never is no extra"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_with_the_place(run: Run, payload: object, said: str) -> None:
    ended = run(ORDER, payload)
    error = ended.result["error"]
    assert (ended.exit_code, error["code"], error["retryable"]) == (7, "bad_payload", False)
    assert error["message"] == f"The payload does not fit: {said}."
    assert [event["type"] for event in ended.events] == ["result"]


def test_dataclasses_inside_lists_and_unions_are_made_too(run: Run) -> None:
    code = TYPES + "@task(id='t')\ndef t(payload: list[Item] | None): return repr(payload)"
    assert run(code, [{"name": "a"}]).result["output"] == "[Item(name='a', price=1.0)]"
    assert run(code).result["output"] == "None"
    assert "payload[0].name is missing" in run(code, [{}]).result["error"]["message"]


def test_a_pydantic_model_is_made_of_the_payload_as_of_json(run: Run) -> None:
    ended = run(MODEL, {"items": [{"price": 2}], "at": "2026-11-24"})
    assert ended.result["output"] == ["Order", "datetime.date(2026, 11, 24)", 2.0]


def test_a_payload_that_does_not_fit_a_model_is_refused_with_every_place_and_no_value(run: Run) -> None:
    ended = run(MODEL, {"items": [{"price": "secret-value"}, {}]})
    error = ended.result["error"]
    assert (ended.exit_code, error["code"]) == (7, "bad_payload")
    assert error["message"].startswith(
        "The payload does not fit: payload.items[0].price: Input should be a valid number"
    )
    assert "payload.items[1].price: Field required" in error["message"]
    assert "secret-value" not in error["message"]


def test_a_validator_that_breaks_is_a_failure_of_the_task(run: Run) -> None:
    code = "import pydantic\nclass M(pydantic.BaseModel):\n  a: int\n"
    code += "  @pydantic.field_validator('a')\n  def f(cls, v): v.x\n"
    ended = run(code + "@task(id='t')\ndef t(payload: M): ...", {"a": 1})
    assert (ended.exit_code, ended.result["error"]["type"]) == (1, "AttributeError")


@pytest.mark.parametrize("annotation", ["int", "dict[str, int]", "list[int]", "'NotThere'", "Any"])
def test_other_annotations_leave_the_payload_as_it_is(run: Run, annotation: str) -> None:
    code = f"from typing import Any\n@task(id='t')\ndef t(payload: {annotation}): return payload"
    assert run(code, "text").result["output"] == "text"
