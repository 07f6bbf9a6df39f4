"""Signing in with GitHub: people are sent there, come back with a code, and are known from then on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.errors import InvalidInput, UserError
from domain.ports.forge import SignIn
from domain.ports.secrets import Purpose
from domain.ports.store import Store
from domain.pull_requests import Author
from domain.secrets import Secret
from operations.round_trips import Departure, begin_trip

MAX_CODE: Final = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as GitHub knows them.

    Attributes:
        id: GitHub's numeric id of the account; it survives a change of the login.
    """

    id: int
    account: Author


@dataclass(frozen=True, slots=True)
class Door:
    """What people go through: the store, GitHub, and where GitHub sends them back to.

    Attributes:
        callback_url: a whole URL, one of those the App's settings have.
    """

    store: Store
    sign_in: SignIn
    callback_url: str


def begin_sign_in(door: Door, departure: Departure, now: datetime) -> str:
    """Return the URL on GitHub to send the browser to, so that it comes back with a code."""
    state = begin_trip(door.store, departure, now)
    return door.sign_in.authorize_url(state, door.callback_url)


def begin_installation(door: Door, session: Secret, return_to: str, now: datetime) -> str:
    """Return the URL on GitHub where the App is installed."""
    state = begin_trip(door.store, Departure(Purpose.INSTALL, session, return_to), now)
    return door.sign_in.install_url(state)


def identify(sign_in: SignIn, code: str) -> tuple[Person, Secret]:
    """Return who came back with the code, and their token, which is not to be kept.

    Raises:
        InvalidInput: `github_code_invalid`.
    """
    if not code or len(code) > MAX_CODE:
        raise InvalidInput("github_code_invalid", "GitHub's answer has no code of the usual form. Start again.")
    token = sign_in.exchange_code(code)
    user_id, account = sign_in.get_user(token)
    return Person(user_id, account), token


def refuse_denied(error: str) -> None:
    """Raise when GitHub says that the person did not agree.

    Raises:
        UserError: `github_authorization_denied`.
    """
    if error:
        raise UserError(
            "github_authorization_denied",
            f"GitHub did not let Pushwright know who you are ({' '.join(error.split())[:80]}). "
            "Start again and agree, or ask somebody who may.",
        )
