"""What the simulator is started with."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from github_app.simulator.keys import generate_private_key

DEFAULT_PERMISSIONS: Final = MappingProxyType(
    {
        "metadata": "read",
        "contents": "read",
        "checks": "write",
        "statuses": "write",
        "deployments": "write",
        "pull_requests": "write",
        "issues": "write",
    }
)
DEFAULT_EVENTS: Final = ("push", "pull_request", "repository", "check_run", "check_suite")


def generate_client_id() -> str:
    """Return the public name of an App in OAuth, in the form GitHub gives it."""
    return f"Iv23li{secrets.token_hex(7)}"


def generate_client_secret() -> str:
    """Return a secret of the form GitHub hands out for OAuth."""
    return secrets.token_hex(20)


def generate_password() -> str:
    """Return an unguessable password for the developer who pushes."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Values given at start.

    Attributes:
        root: directory of the bare repositories and of the registry that outlives a restart.
        webhook_url: where deliveries go.
        webhook_secret: what deliveries are signed with.
        private_key_pem: the App's key; GitHub keeps the public half only, and so does the simulator.
        developer_password: Basic password of the user `developer`, who may fetch from and push to every repository.
        base_path: where the REST API lives besides `/`; `/api/v3` as on GitHub Enterprise Server.
        token_lifetime: how long an installation token works.
        client_id: the App in OAuth.
        client_secret: proves to GitHub that the App asks for a user's token.
        callback_url: where users return to; any address will do when it is empty.
        setup_url: where whoever installed the App is sent to.
        request_oauth_on_install: send them to the callback URL with a code instead.
        enforce_secondary_limits: refuse an installation's writes beyond the next two.
        writes_a_minute: GitHub's secondary limit on writing.
        writes_an_hour: the same for an hour.
    """

    root: Path
    webhook_url: str
    webhook_secret: str = field(repr=False)
    private_key_pem: str = field(default_factory=generate_private_key, repr=False)
    app_id: int = 1
    app_slug: str = "pushwright"
    developer_password: str = field(default_factory=generate_password, repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    base_path: str = "/api/v3"
    token_lifetime: timedelta = timedelta(hours=1)
    client_id: str = field(default_factory=generate_client_id)
    client_secret: str = field(default_factory=generate_client_secret, repr=False)
    callback_url: str = ""
    setup_url: str = ""
    request_oauth_on_install: bool = False
    enforce_secondary_limits: bool = False
    writes_a_minute: int = 80
    writes_an_hour: int = 500
