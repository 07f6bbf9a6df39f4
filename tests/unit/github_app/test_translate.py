"""Out of GitHub's words into ours, tolerant of what GitHub does and of what people type."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.events import Author, PushReceived
from github_app.payloads import MAX_TEXT_BYTES, clean_text
from github_app.translate import translate

SHA = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
PUSH = {
    "ref": "refs/heads/main",
    "before": "0" * 40,
    "after": SHA,
    "forced": True,
    "repository": {"id": 7, "full_name": "acme/shop", "default_branch": "main", "private": True, "new": {"field": 1}},
    "installation": {"id": 3, "node_id": "x"},
    "head_commit": {"id": SHA, "message": "Sell it\n\nall", "author": {"name": "Ada", "email": "a@example.com"}},
    "sender": {"login": "ada", "avatar_url": "https://example.com/ada.png"},
}
Change = Callable[[dict[str, Any]], object]


def push(change: Change = lambda _push: None) -> PushReceived:
    document = copy.deepcopy(PUSH)
    change(document)
    event = translate("push", json.dumps(document).encode())
    assert isinstance(event, PushReceived)
    return event


def refused(body: bytes, event: str = "push") -> str:
    with pytest.raises(InvalidInput) as caught:
        translate(event, body)
    assert caught.value.code == "payload_invalid"
    return caught.value.sentence


def changed(change: Change) -> bytes:
    document = copy.deepcopy(PUSH)
    change(document)
    return json.dumps(document).encode()


def test_a_push_becomes_an_event() -> None:
    event = push()
    assert (event.address.installation_id, event.address.repository_id) == (3, 7)
    assert (event.ref, event.before, event.after, event.forced) == ("refs/heads/main", "0" * 40, SHA, True)
    assert (event.commit.message, event.commit.author_name) == ("Sell it\n\nall", "Ada")
    assert event.pusher == Author("ada", "https://example.com/ada.png")


def test_a_deleted_branch_has_no_commit_message() -> None:
    event = push(lambda it: it.update(after="0" * 40, head_commit=None))
    assert event.deletes_ref
    assert event.commit.message == ""


@pytest.mark.parametrize("field", ["forced", "head_commit", "sender", "pusher"])
def test_optional_fields_may_be_null_or_absent(field: str) -> None:
    assert push(lambda it: it.update({field: None})) == push(lambda it: it.pop(field, None))


def test_texts_may_be_null() -> None:
    event = push(lambda it: it["head_commit"].update(message=None, author={"name": None}))
    assert (event.commit.message, event.commit.author_name) == ("", "")


def test_a_long_message_is_cut_between_characters() -> None:
    message = push(lambda it: it["head_commit"].update(message="ä" * MAX_TEXT_BYTES)).commit.message
    assert len(message.encode()) == MAX_TEXT_BYTES
    assert set(message) == {"ä"}


def test_text_is_made_storable() -> None:
    assert push(lambda it: it["head_commit"].update(message="a\x00b\ud800c\U0001f600")).commit.message == "a�b�c😀"
    assert clean_text("\U0001f600x", 3) == ""


@pytest.mark.parametrize("missing", ["ref", "before", "after", "repository"])
def test_a_missing_field_is_named(missing: str) -> None:
    assert f"field {missing}: Field required" in refused(changed(lambda it: it.pop(missing)))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda it: it.update(after="abc"), "after"),
        (lambda it: it.update(before=SHA.upper()), "before"),
        (lambda it: it.update(ref="refs/heads/a\x00"), "ref"),
        (lambda it: it.update(ref="refs/heads/\ud800"), "ref"),
        (lambda it: it.update(ref="refs/heads/" + "a" * 2000), "ref"),
        (lambda it: it["repository"].update(id=-1), "repository.id"),
        (lambda it: it["repository"].update(id=2**63), "repository.id"),
        (lambda it: it["repository"].update(full_name="../../etc"), "repository.full_name"),
        (lambda it: it["repository"].update(default_branch="a..b"), "repository.default_branch"),
        (lambda it: it["installation"].update(id="three"), "installation.id"),
        (lambda it: it.update(head_commit={"id": "xyz"}), "head_commit.id"),
    ],
)
def test_a_wrong_field_is_named(change: Change, place: str) -> None:
    assert f"field {place}:" in refused(changed(change))


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 300_000, b"\xff\xfe", b"1" * 5000, b"nil"])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert "JSON" in refused(body)


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"text"'])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    assert "not a JSON object" in refused(body, event="installation")


@pytest.mark.parametrize("branch", ["-x", "--upload-pack=touch", "$(id)", "a;id", "ветка", "a" * 200])
def test_hostile_but_legal_branches_pass_unchanged(branch: str) -> None:
    assert push(lambda it: it.update(ref=f"refs/heads/{branch}")).ref == f"refs/heads/{branch}"
