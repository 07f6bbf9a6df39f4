"""What is kept so that GitHub's answers can be trusted: the App's credentials, and states of round trips."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.secrets import Secret


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """Who we are to GitHub.

    Attributes:
        slug: the App's name in URLs.
        private_key: PEM.
        previous_webhook_secret: accepted too while the secret is being rotated.
    """

    app_id: int
    slug: str
    private_key: Secret
    webhook_secret: Secret
    client_id: str
    client_secret: Secret
    previous_webhook_secret: Secret | None = None


class Purpose(StrEnum):
    """What somebody was sent to GitHub for."""

    CREATE_APP = "create_app"
    INSTALL = "install"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Somebody was sent to GitHub and is expected back with the same state.

    Attributes:
        state_hash: SHA-256 of the state, hexadecimal; the state itself is only in the URL.
        session_hash: SHA-256 of the browser's cookie, so that a state is worth nothing in another browser.
        return_to: the path to go to afterwards.
        installation_id: what has still to be proven, when the trip continues one.
    """

    purpose: Purpose
    state_hash: str
    session_hash: str
    return_to: str
    expires_at: datetime
    installation_id: int | None = None


class Credentials(Protocol):
    """The App's credentials, encrypted at rest."""

    def save_app(self, credentials: AppCredentials) -> None:
        """Keep the App, in place of one that was kept before."""

    def find_app(self) -> AppCredentials | None:
        """Return the App that was kept, None when there is none."""

    def begin_trip(self, trip: RoundTrip) -> None:
        """Keep that somebody was sent to GitHub."""

    def end_trip(self, state_hash: str, now: datetime) -> RoundTrip | None:
        """Return the trip and forget it: a state works once. None when it is unknown or has expired."""
