"""The browser behind a request: its cookies, and how they are given to it.

One cookie binds round trips to GitHub to the browser that began them. The other says who is signed in: sealed with
a key of the service, so that nobody can read or write one.
"""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from cryptography.fernet import Fernet, InvalidToken
from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.services import Access, ApiServices, ServicesOfRequest
from domain.pull_requests import Author
from domain.secrets import Secret
from operations.round_trips import LIFETIME, find_session, new_session
from operations.signing_in import Person

SIGNED_IN_FOR: Final = timedelta(hours=12)
_TRIP: Final = "pushwright_trip"
_PERSON: Final = "pushwright_person"
_SEE_OTHER: Final = 303
PRIVATE_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""Of every answer to a browser: URLs of round trips hold codes and keys, which are not to be passed on or kept."""


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser that sent a request.

    Attributes:
        session: the secret round trips are bound to; a fresh one when it has none yet.
        person: who is signed in, None for nobody.
    """

    session: Secret
    person: Person | None


def browser_of(request: Request, services: ServicesOfRequest) -> Browser:
    """Return what the request's cookies say."""
    access = services.access
    session = find_session(request.cookies.get(_cookie_name(access, _TRIP)))
    sealed = request.cookies.get(_cookie_name(access, _PERSON), "")
    return Browser(session or new_session(), _open(services, sealed))


BrowserOfRequest = Annotated[Browser, Depends(browser_of)]


def redirect(url: str) -> RedirectResponse:
    """Send the browser on."""
    return RedirectResponse(url, status_code=_SEE_OTHER, headers=dict(PRIVATE_HEADERS))


def bind(response: Response, services: ApiServices, browser: Browser) -> None:
    """Give the browser its secret, so that it can be told from others when GitHub sends it back."""
    _set_cookie(response, services.access, _TRIP, browser.session.reveal(), LIFETIME)


def welcome(response: Response, services: ApiServices, person: Person) -> None:
    """Let the browser be signed in as this person."""
    document = {"id": person.id, "login": person.account.login, "avatar_url": person.account.avatar_url}
    now = int(services.clock.now().timestamp())
    sealed = _seal_of(services.access).encrypt_at_time(json.dumps(document).encode(), now)
    _set_cookie(response, services.access, _PERSON, sealed.decode(), SIGNED_IN_FOR)


def say_goodbye(response: Response, services: ApiServices) -> None:
    """Let nobody be signed in."""
    _set_cookie(response, services.access, _PERSON, "", timedelta(0))


def _open(services: ApiServices, sealed: str) -> Person | None:
    now = int(services.clock.now().timestamp())
    try:
        lifetime = int(SIGNED_IN_FOR.total_seconds())
        document = json.loads(_seal_of(services.access).decrypt_at_time(sealed, lifetime, now))
    except (InvalidToken, ValueError):
        return None
    return Person(document["id"], Author(document["login"], document["avatar_url"]))


def _seal_of(access: Access) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(access.session_key.reveal())))


def _set_cookie(response: Response, access: Access, name: str, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        _cookie_name(access, name),
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        secure=_is_secure(access),
        httponly=True,
        samesite="lax",
    )


def _cookie_name(access: Access, name: str) -> str:
    # With this prefix no other host of the domain can set the cookie in our place.
    return f"__Host-{name}" if _is_secure(access) else name


def _is_secure(access: Access) -> bool:
    return access.public_url.startswith("https://")
