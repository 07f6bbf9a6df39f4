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
