"""The front door: only calls signed with a configured secret get in."""

import json
from collections.abc import Mapping
from urllib.parse import quote

import pytest

from domain.errors import InvalidInput, OperatorError
from domain.secrets import Secret
from github_app.webhook import VerifiedPayload, read_subject, sign, verify

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
CURRENT, PREVIOUS = Secret("It's a Secret to Everybody"), Secret("older")
BODY = b'{"zen": "Keep it logically awesome."}'


def headers(body: bytes = BODY, secret: Secret = CURRENT, **changes: str | None) -> dict[str, str]:
    usual = {
        "X-Hub-Signature-256": sign(body, secret),
        "X-GitHub-Delivery": GUID,
        "X-GitHub-Event": "push",
        "Content-Type": "application/json",
    }
    given = {**usual, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in given.items() if value is not None}


def refused(body: bytes, given: Mapping[str, str]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        verify(body, given, [CURRENT])
    return caught.value


def test_signs_as_github_documents_it() -> None:
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert sign(b"Hello, World!", Secret("It's a Secret to Everybody")) == expected


def test_gives_the_delivery_with_its_body_unchanged() -> None:
    payload = verify(BODY, headers(), [CURRENT])
    assert (payload.delivery_id, payload.event_name, payload.body) == (GUID, "push", BODY)


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS])
def test_takes_the_current_and_the_previous_secret(secret: Secret) -> None:
    assert verify(BODY, headers(secret=secret), [CURRENT, PREVIOUS]).delivery_id == GUID


def test_header_names_may_have_any_case() -> None:
    assert verify(BODY, {name.lower(): value for name, value in headers().items()}, [CURRENT]).body == BODY


def test_a_body_of_any_bytes_is_only_hashed() -> None:
    body = bytes(range(256))
    assert verify(body, headers(body), [CURRENT]).body == body


@pytest.mark.parametrize("changed", [BODY + b" ", b"", BODY.replace(b"awesome", b"awesomf")])
def test_a_changed_body_is_refused(changed: bytes) -> None:
    assert refused(changed, headers()).code == "signature_mismatch"


@pytest.mark.parametrize(
    "signature",
    [
        "sha1=" + "0" * 40,
        sign(BODY, PREVIOUS),
        sign(BODY, CURRENT).upper(),
        sign(BODY, CURRENT)[:-1],
        sign(BODY, CURRENT) + "0",
        sign(BODY, CURRENT).removeprefix("sha256="),
        "sha256=" + "g" * 64,
        "sha256=é",
    ],
)
def test_a_signature_of_another_form_or_key_is_refused(signature: str) -> None:
    error = refused(BODY, headers(X_Hub_Signature_256=signature))
    assert error.code == "signature_mismatch"
    assert signature not in error.sentence


def test_without_a_signature_nothing_gets_in() -> None:
    error = refused(BODY, headers(X_Hub_Signature_256=None, X_Hub_Signature="sha1=" + "0" * 40))
    assert error.code == "signature_missing"


class TwoOfEach(dict[str, str]):
    """Headers as a server gives them when a name came twice."""

    def items(self):  # type: ignore[no-untyped-def, override]  # noqa: ANN201 - a view of pairs
        return [*super().items(), ("x-hub-signature-256", "sha256=" + "0" * 64)]


def test_two_signatures_are_none() -> None:
    assert refused(BODY, TwoOfEach(headers())).code == "signature_missing"


@pytest.mark.parametrize("value", [None, "", "1", GUID + "0", "../" + GUID, "{" + GUID + "}"])
def test_a_delivery_needs_its_guid(value: str | None) -> None:
    assert refused(BODY, headers(X_GitHub_Delivery=value)).code == "delivery_header_missing"


@pytest.mark.parametrize("value", [None, "", "push\nX: y", "push; drop", "x" * 65])
def test_a_delivery_needs_its_event(value: str | None) -> None:
    assert refused(BODY, headers(X_GitHub_Event=value)).code == "delivery_header_missing"


def test_the_signature_is_checked_before_everything_else() -> None:
    assert refused(BODY, {"X-Hub-Signature-256": sign(BODY, PREVIOUS)}).code == "signature_mismatch"


@pytest.mark.parametrize("secrets", [[], [Secret("")], [CURRENT, Secret("")]])
def test_an_empty_secret_is_the_operators_error(secrets: list[Secret]) -> None:
    with pytest.raises(OperatorError) as caught:
        verify(BODY, headers(secret=Secret("")), secrets)
    assert caught.value.code == "webhook_secret_empty"


def test_a_form_encoded_body_gives_its_payload() -> None:
    document = json.dumps({"ref": "refs/heads/ä&b=c+d%"}, ensure_ascii=False)
    body = b"payload=" + quote(document).encode()
    given = headers(body, Content_Type="application/x-www-form-urlencoded; charset=utf-8")
    assert verify(body, given, [CURRENT]).body.decode() == document


@pytest.mark.parametrize("body", [b"", b"other=1", b"payload=1&payload=2", b"payload", b"payload=%ff", b"\xff=1"])
def test_another_form_is_refused(body: bytes) -> None:
    error = refused(body, headers(body, Content_Type="application/x-www-form-urlencoded"))
    assert error.code == "payload_invalid"


def test_nobody_else_makes_a_verified_payload() -> None:
    genuine = verify(BODY, headers(), [CURRENT])
    with pytest.raises(TypeError, match="comes out of"):
        VerifiedPayload(genuine.delivery_id, "push", BODY, object())


@pytest.mark.parametrize(
    ("document", "subject"),
    [
        ({"repository": {"id": 7, "name": "shop"}, "installation": {"id": 3}}, "repository:7"),
        ({"installation": {"id": 3}}, "installation:3"),
        ({"repository": None, "installation": {"id": 3}}, "installation:3"),
        ({"zen": "Keep it logically awesome."}, f"delivery:{GUID}"),
        ({"repository": {"id": "seven"}}, f"delivery:{GUID}"),
        ([], f"delivery:{GUID}"),
    ],
)
def test_a_call_is_about_its_repository_or_its_installation_or_itself(document: object, subject: str) -> None:
    body = json.dumps(document).encode()
    assert read_subject(verify(body, headers(body), [CURRENT])) == subject


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 500_000])
def test_a_body_that_cannot_be_read_is_about_itself(body: bytes) -> None:
    assert read_subject(verify(body, headers(body), [CURRENT])) == f"delivery:{GUID}"
