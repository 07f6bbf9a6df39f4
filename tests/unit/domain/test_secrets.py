"""A secret never prints."""

import logging
from dataclasses import dataclass
from traceback import format_exception

from hypothesis import given
from hypothesis import strategies as st

from domain.secrets import MASK, Secret


@dataclass(frozen=True)
class Holder:
    token: Secret


@given(st.text(st.characters(categories=["L"]), min_size=12))
def test_no_way_of_formatting_shows_it(value: str) -> None:
    secret = Secret(value)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>80}",
        "{}".format(secret),  # noqa: UP032 - one of the ways
        str([secret]),
        str({"k": secret}),
    ]
    assert all(value not in text and MASK in text for text in [*shown, str(Holder(secret))])


def test_no_log_line_and_traceback_shows_it() -> None:
    record = logging.makeLogRecord({"msg": "token %s", "args": (Secret("hunter2hunter2"),)})
    error = format_exception(ValueError(Secret("hunter2hunter2")))
    assert "hunter2" not in record.getMessage() + "".join(error)


def test_it_has_no_attributes_to_dump() -> None:
    assert not hasattr(Secret("x"), "__dict__")


def test_equal_values_are_equal_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


def test_it_is_revealed_on_demand() -> None:
    assert Secret("a").reveal() == "a"
