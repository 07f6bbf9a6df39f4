import base64
import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.redaction import Redactor, list_forms
from domain.secrets import Secret

VALUES = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40)
NOISE = st.text(st.sampled_from("abAB01= \n%+/"), max_size=60)


def in_pieces(redactor: Redactor, pieces: list[str]) -> str:
    stream = redactor.open()
    return "".join(stream.feed(piece) for piece in pieces) + stream.close()


def split(text: str, cuts: list[int]) -> list[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


@given(VALUES, NOISE, NOISE, st.lists(st.integers(0, 500), max_size=6))
def test_where_the_pieces_end_makes_no_difference(value: str, before: str, after: str, cuts: list[int]) -> None:
    redactor = Redactor([Secret(value)])
    text = before + value + after
    whole = redactor.redact(text)
    assert in_pieces(redactor, split(text, cuts)) == whole
    assert value not in whole.replace("[secret]", "\0")


@given(st.text(st.sampled_from("ab"), min_size=6, max_size=9), st.text(st.sampled_from("ab"), max_size=60))
def test_overlapping_occurrences_show_nothing_of_any(value: str, text: str) -> None:
    redactor = Redactor([Secret(value), Secret(value[::-1])])
    pieces = in_pieces(redactor, list(text))
    assert pieces == redactor.redact(text)
    assert value not in pieces


@given(VALUES, st.binary(max_size=5), st.binary(max_size=5))
def test_base64_at_any_place_is_masked(value: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + value.encode() + after).decode()
    assert "[secret]" in Redactor([Secret(value)]).redact(encoded)


@pytest.mark.parametrize(
    "form",
    [
        quote("p/ss w&rd\n1", safe=""),
        quote("p/ss w&rd\n1", safe="").lower(),
        b"p/ss w&rd\n1".hex(),
        json.dumps("p/ss w&rd\n1"),
        repr("p/ss w&rd\n1"),
    ],
)
def test_other_spellings_are_masked(form: str) -> None:
    shown = Redactor([Secret("p/ss w&rd\n1")]).redact(f"x {form} y")
    assert shown.strip("xy \"'") == "[secret]"


def test_each_line_of_a_long_secret_is_masked_alone() -> None:
    assert "SECONDLINE" not in Redactor([Secret("FIRST-LINE\nSECONDLINE\n")]).redact("| SECONDLINE")


def test_wrapped_base64_is_masked() -> None:
    value = "x1" * 80
    text = base64.encodebytes(value.encode()).decode()
    assert Redactor([Secret(value)]).redact(text).replace("[secret]", "").strip("=\n") == ""


def test_short_values_are_left_alone() -> None:
    assert list_forms("12345") == set()
    assert Redactor([Secret("12345")]).redact("12345") == "12345"


def test_text_that_begins_like_no_secret_is_not_held_back() -> None:
    stream = Redactor([Secret("token-123")]).open()
    assert stream.feed("hello to") == "hello "
    assert stream.feed("day") == "today"
