from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from github_app.simulator.keys import generate_private_key, public_half
from github_app.simulator.refusals import Refused
from github_app.simulator.state import Account, Installation
from github_app.simulator.tokens import TokenDesk, is_enough, verify_app_token

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACME = Account(1, "acme", "Organization")
INSTALLATION = Installation(2, ACME, None, {"contents": "read", "checks": "write"}, AT)


@pytest.fixture(scope="module")
def key() -> str:
    return generate_private_key()


def token(key: str, algorithm: str = "RS256", **changes: Any) -> str:  # noqa: ANN401 - claims are any values
    moment = int(AT.timestamp())
    claims = {"iss": "1", "iat": moment - 60, "exp": moment + 540, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, algorithm=algorithm)


def refusal(text: str, key: str) -> str:
    with pytest.raises(Refused) as caught:
        verify_app_token(text, key=public_half(key), app_id=1, at=AT)
    assert caught.value.status == 401
    return caught.value.message


def test_the_apps_own_token_is_recognised(key: str) -> None:
    verify_app_token(token(key), key=public_half(key), app_id=1, at=AT)
    verify_app_token(token(key, iss="1", exp=int(AT.timestamp()) + 600), key=public_half(key), app_id=1, at=AT)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iss": "2"}, "Integration not found"),
        ({"exp": int(AT.timestamp())}, "must be a numeric value representing the future time"),
        ({"exp": int(AT.timestamp()) + 601}, "too far in the future"),
        ({"iat": int(AT.timestamp()) + 61}, "Issued at"),
        ({"exp": None}, "Expiration time"),
        ({"iat": None}, "Issued at"),
    ],
)
def test_claims_that_github_refuses(key: str, changes: dict[str, Any], message: str) -> None:
    assert message in refusal(token(key, **changes), key)


def test_a_token_of_another_key_or_form_is_refused(key: str) -> None:
    own = token(key)
    head, claims, signature = own.split(".")
    unsigned = jwt.encode({"iss": "1"}, None, algorithm="none")
    shared = jwt.encode({"iss": "1"}, "a secret that is long enough for it", algorithm="HS256")
    forged = f"{head}.{claims[:-2]}AA.{signature}"
    for text in (token(generate_private_key()), unsigned, shared, forged, "a.b.c", "", "é.é.é", own.rpartition(".")[0]):
        assert refusal(text, key) == "A JSON web token could not be decoded"


def test_rs512_is_not_rs256(key: str) -> None:
    assert refusal(token(key, "RS512"), key) == "A JSON web token could not be decoded"


def test_a_token_ends_with_its_hour() -> None:
    clock = [AT]
    desk = TokenDesk(timedelta(hours=1), lambda: clock[0])
    grant = desk.issue(INSTALLATION, None, {"contents": "read"})
    clock[0] += timedelta(minutes=59, seconds=59)
    assert desk.recognise(grant.token).permissions == {"contents": "read", "metadata": "read"}
    clock[0] += timedelta(seconds=1)
    with pytest.raises(Refused, match="Bad credentials"):
        desk.recognise(grant.token)


@pytest.mark.parametrize(
    ("granted", "level", "enough"),
    [("write", "read", True), ("read", "read", True), ("read", "write", False), (None, "read", False)],
)
def test_a_permission_includes_the_lower_ones(granted: str | None, level: str, enough: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_enough(granted, level) is enough
