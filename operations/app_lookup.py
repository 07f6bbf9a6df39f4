"""The App's credentials, wherever they come from: the settings, or the store once the App was created from here.

The App may be created while processes run, also by another process. So they are looked up when they are needed, and
kept for a short while only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.errors import OperatorError
from domain.ports.jobs import Clock
from domain.ports.secrets import AppCredentials
from domain.ports.store import Store
from domain.secrets import Secret

KEPT_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AppSettings:
    """What the settings say about the App.

    Attributes:
        credentials: the App; None leaves it to the store.
        previous_webhook_secret: accepted too while the secret is being rotated.
        creation_url: where the App is created when there is none.
    """

    credentials: AppCredentials | None
    previous_webhook_secret: Secret | None = None
    creation_url: str = ""


class AppLookup:
    """Knows the App of this service; safe to share between threads."""

    def __init__(self, store: Store, clock: Clock, settings: AppSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._kept: tuple[AppCredentials, datetime] | None = None

    @property
    def is_set(self) -> bool:
        """Whether the App comes from the settings."""
        return self._settings.credentials is not None

    def find(self) -> AppCredentials | None:
        """Return the App, None when there is none yet; that there is none is asked anew each time."""
        if self._settings.credentials is not None:
            return self._with_previous_secret(self._settings.credentials)
        kept, now = self._kept, self._clock.now()
        if kept is not None and now - kept[1] < KEPT_FOR:
            return kept[0]
        with self._store.transaction() as work:
            found = work.credentials.find_app()
        if found is None:
            return None
        found = self._with_previous_secret(found)
        self._kept = (found, now)
        return found

    def get(self) -> AppCredentials:
        """Return the App, or raise `OperatorError` (`github_app_missing`)."""
        found = self.find()
        if found is None:
            raise OperatorError(
                "github_app_missing",
                "There is no GitHub App yet: create it with one click (pushwright github app tells where), "
                "or set PUSHWRIGHT_GITHUB_APP_ID and what belongs to it.",
            )
        return found

    def webhook_secrets(self) -> Sequence[Secret]:
        """Return the secrets that webhook calls may be signed with, the current one first."""
        app = self.get()
        return tuple(secret for secret in (app.webhook_secret, app.previous_webhook_secret) if secret is not None)

    @property
    def creation_url(self) -> str:
        """Where the App is created."""
        return self._settings.creation_url

    def _with_previous_secret(self, app: AppCredentials) -> AppCredentials:
        previous = app.previous_webhook_secret or self._settings.previous_webhook_secret
        return replace(app, previous_webhook_secret=previous)
