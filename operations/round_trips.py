"""Round trips: somebody is sent to GitHub and comes back with the same state.

The state is in the URL, a secret of the browser in its cookie; the store has a hash of each. So whoever reads the
store cannot come back in somebody's place, and a state is worth nothing in another browser.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.errors import InvalidInput
from domain.ports.secrets import Purpose, RoundTrip
from domain.ports.store import Store
from domain.secrets import Secret

LIFETIME: Final = timedelta(hours=1)
_RANDOM_BYTES: Final = 32
_LONGEST_PATH: Final = 2000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_UNFIT_FOR_PATH = re.compile(r"[^\x21-\x7e]|\\")


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody is about to be sent to GitHub.

    Attributes:
        session: the secret in the browser's cookie.
        return_to: the path to go to afterwards, empty for none.
        installation_id: what has still to be proven.
    """

    purpose: Purpose
    session: Secret
    return_to: str = ""
    installation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """Somebody came back.

    Attributes:
        state: as the URL has it; empty when it has none.
        session: the secret in the browser's cookie; a fresh one, that fits no trip, when it has none.
    """

    state: str
    session: Secret


def new_session() -> Secret:
    """Return a fresh secret for a browser's cookie."""
    return Secret(secrets.token_urlsafe(_RANDOM_BYTES))


def find_session(cookie: str | None) -> Secret | None:
    """Return the secret a cookie holds, None when it is not one of ours."""
    return Secret(cookie) if cookie is not None and _TOKEN.fullmatch(cookie) else None


def begin_trip(store: Store, departure: Departure, now: datetime) -> str:
    """Return the state to send along.

    Raises:
        InvalidInput: `return_path_invalid`.
    """
    state = secrets.token_urlsafe(_RANDOM_BYTES)
    trip = RoundTrip(
        purpose=departure.purpose,
        state_hash=_hash(state),
        session_hash=_hash(departure.session.reveal()),
        return_to=_parse_return_path(departure.return_to),
        expires_at=now + LIFETIME,
        installation_id=departure.installation_id,
    )
    with store.transaction() as work:
        work.credentials.begin_trip(trip)
    return state


def end_trip(store: Store, back: Return, purposes: Collection[Purpose], now: datetime) -> RoundTrip:
    """Return the trip that ends, once; whatever comes of it, its state does not work again.

    Raises:
        InvalidInput: `github_state_invalid`, it was used before, has expired, was begun in another browser or for
            something else.
    """
    with store.transaction() as work:
        trip = work.credentials.end_trip(_hash(back.state), now)
    session_hash = _hash(back.session.reveal())
    if trip is None or not hmac.compare_digest(trip.session_hash, session_hash) or trip.purpose not in purposes:
        raise InvalidInput(
            "github_state_invalid",
            "GitHub sent this browser back with a state that does not work here: it was used before, is older than an "
            "hour, or was begun in another browser. Start again.",
        )
    return trip


def _parse_return_path(text: str) -> str:
    """Return a path of this service; anything a browser could take for another host is refused."""
    fit = text == "" or (text.startswith("/") and not text.startswith("//"))
    if not fit or len(text) > _LONGEST_PATH or _UNFIT_FOR_PATH.search(text):
        raise InvalidInput(
            "return_path_invalid", "return_to must be a path of this service, such as /projects/shop, without a host."
        )
    return text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
