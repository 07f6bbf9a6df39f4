"""App manifests: an App described by a form, confirmed by a person, taken over with a code."""

import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from github_app.simulator.keys import generate_private_key, public_pem
from github_app.simulator.parts import Parts
from github_app.simulator.refusals import not_found
from github_app.simulator.registered_app import RegisteredApp, find_permission_of, save_app
from github_app.simulator.settings import generate_client_id, generate_client_secret
from github_app.simulator.state import Account, now

_CODE_LIFETIME: Final = timedelta(hours=1)
_ALWAYS_SENT: Final = frozenset({"installation", "installation_repositories", "github_app_authorization", "ping"})
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class HookAttributes(BaseModel):
    """Where the App's deliveries go."""

    url: Url
    active: bool = True


class Manifest(BaseModel):
    """What GitHub takes of a manifest; anything else is refused."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=34)]
    url: Url
    redirect_url: Url
    hook_attributes: HookAttributes | None = None
    callback_urls: Annotated[list[Url], Field(max_length=10)] = []
    setup_url: Url | None = None
    description: str = ""
    public: bool = False
    default_events: list[str] = []
    default_permissions: dict[str, Literal["read", "write", "admin"]] = {}
    request_oauth_on_install: bool = False
    setup_on_update: bool = False


@dataclass(frozen=True, slots=True)
class _Pending:
    manifest: Manifest
    owner: Account
    expires_at: datetime


class ManifestDesk:
    """Keeps confirmed manifests for an hour, each to be taken over once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}

    def confirm(self, manifest: Manifest, owner: Account) -> str:
        """Return the code with which the App is taken over."""
        code = secrets.token_hex(20)
        with self._lock:
            self._pending[code] = _Pending(manifest, owner, now() + _CODE_LIFETIME)
        return code

    def convert(self, code: str) -> tuple[RegisteredApp, str]:
        """Become the App of a code; returns it with its private key, which nobody gets again."""
        with self._lock:
            pending = self._pending.pop(code, None)
        if pending is None or pending.expires_at <= now():
            raise not_found()
        pem = generate_private_key()
        app = _make_app(self._parts.state.new_id(), pending, pem)
        self._parts.become(app)
        save_app(app, self._parts.settings.root)
        self._parts.save()
        return app, pem


def parse_manifest(text: str) -> Manifest:
    """Return a manifest that GitHub would take, or raise `ValueError` with what it objects to."""
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ValueError("; ".join(faults)) from error
    for event in manifest.default_events:
        needed = find_permission_of(event)
        if event in _ALWAYS_SENT or (needed and needed not in manifest.default_permissions):
            raise ValueError(f"Default events are not supported by the permissions: {event}")
    return manifest


def _make_app(app_id: int, pending: _Pending, pem: str) -> RegisteredApp:
    manifest, hook = pending.manifest, pending.manifest.hook_attributes
    return RegisteredApp(
        id=app_id,
        slug=re.sub(r"[^a-z0-9]+", "-", manifest.name.lower()).strip("-") or "app",
        name=manifest.name,
        owner=pending.owner.login,
        client_id=generate_client_id(),
        client_secret=generate_client_secret(),
        public_key_pem=public_pem(pem),
        webhook_url=hook.url if hook and hook.active else "",
        webhook_secret=secrets.token_hex(20),
        permissions={"metadata": "read", **manifest.default_permissions},
        events=tuple(manifest.default_events),
        description=manifest.description,
        external_url=manifest.url,
        callback_urls=tuple(manifest.callback_urls),
        setup_url=manifest.setup_url or "",
        asks_for_user=manifest.request_oauth_on_install,
        created_at=now(),
    )
