"""The App as GitHub knows it: given at the start, or made from a manifest and kept in `app.json`."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from github_app.simulator.keys import public_pem
from github_app.simulator.settings import DEFAULT_EVENTS, DEFAULT_PERMISSIONS, SimulatorSettings

_FILE: Final = "app.json"
_WITHOUT_FILTER: Final = frozenset({"installation", "installation_repositories", "check_run", "check_suite", "ping"})
_PERMISSION_OF_EVENT: Final = {
    "push": "contents",
    "create": "contents",
    "delete": "contents",
    "pull_request": "pull_requests",
    "check_run": "checks",
    "check_suite": "checks",
    "deployment": "deployments",
    "deployment_status": "deployments",
    "status": "statuses",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApp:
    """One App.

    Attributes:
        owner: the login it belongs to; empty for an App that was given at the start.
        public_key_pem: GitHub keeps no private keys.
        callback_urls: where users may return to with a code.
        setup_url: where whoever installed it is sent to.
        asks_for_user: send them to the callback URL with a code instead.
    """

    id: int
    slug: str
    name: str
    owner: str = ""
    client_id: str
    client_secret: str = field(repr=False)
    public_key_pem: str = field(repr=False)
    webhook_url: str
    webhook_secret: str = field(repr=False)
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    description: str = ""
    external_url: str = ""
    callback_urls: tuple[str, ...] = ()
    setup_url: str = ""
    asks_for_user: bool = False
    created_at: datetime

    def hears(self, event: str, permissions: Mapping[str, str]) -> bool:
        """Tell whether an installation with these permissions is told of the event."""
        needed = find_permission_of(event)
        allowed = needed is None or permissions.get(needed, "none") != "none"
        return allowed and (event in self.events or event in _WITHOUT_FILTER)


def find_permission_of(event: str) -> str | None:
    """Return the permission without which an event is not delivered; what is not listed needs none here."""
    return _PERMISSION_OF_EVENT.get(event)


def make_app(settings: SimulatorSettings, at: datetime) -> RegisteredApp:
    """Return the App that was given at the start."""
    return RegisteredApp(
        id=settings.app_id,
        slug=settings.app_slug,
        name=settings.app_slug,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        public_key_pem=public_pem(settings.private_key_pem),
        webhook_url=settings.webhook_url,
        webhook_secret=settings.webhook_secret,
        permissions=dict(DEFAULT_PERMISSIONS),
        events=DEFAULT_EVENTS,
        callback_urls=(settings.callback_url,) if settings.callback_url else (),
        setup_url=settings.setup_url,
        asks_for_user=settings.request_oauth_on_install,
        created_at=at,
    )


def save_app(app: RegisteredApp, root: Path) -> None:
    """Keep an App that was made from a manifest; it is the one the next start has."""
    document = {**asdict(app), "created_at": app.created_at.isoformat()}
    draft = root / f"{_FILE}.new"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    os.replace(draft, root / _FILE)  # noqa: PTH105 - the one call whose name says that it is atomic


def find_app(root: Path) -> RegisteredApp | None:
    """Return the App that was made from a manifest."""
    path = root / _FILE
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    lists = {name: tuple(document[name]) for name in ("events", "callback_urls")}
    return RegisteredApp(**{**document, **lists, "created_at": datetime.fromisoformat(document["created_at"])})
