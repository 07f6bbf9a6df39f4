"""Who takes part: a hosted repository, a developer with real git, a receiver of deliveries."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest
from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub
from githubkit.cache import MemCacheStrategy
from githubkit.exception import RequestFailed

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.state import HostedRepository, Installation

SECRET = "It's a Secret to Everybody"
_IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main")


@dataclass
class Receiver:
    """What a webhook receiver saw; answers 202 unless told otherwise."""

    url: str = ""
    status: int = 202
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Hosted:
    """A simulated GitHub with one repository on which the App is installed."""

    github: SimulatedGitHub
    repository: HostedRepository
    installation: Installation

    @cached_property
    def app(self) -> GitHub:
        return self.client(self._strategy())

    @cached_property
    def installed(self) -> GitHub:
        return self.client(self._strategy().as_installation(self.installation.id))

    def client(self, auth: AppAuthStrategy | AppInstallationAuthStrategy | str) -> GitHub:
        return GitHub(
            auth,
            base_url=self.github.base_url,
            # Of its own: githubkit's cache keys have no host in them, and every test has the same ids.
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
            timeout=10,
            trust_env=False,
        )

    def scoped(self, **permissions: str) -> GitHub:
        """A client with a token for these permissions only."""
        create = self.app.rest.apps.create_installation_access_token
        token = create(self.installation.id, data={"permissions": permissions}).parsed_data.token
        return self.client(token)

    def _strategy(self) -> AppAuthStrategy:
        return AppAuthStrategy(self.github.settings.app_id, self.github.settings.private_key_pem)


def listed_events(github: SimulatedGitHub) -> list[str]:
    """Every delivery as `event` or `event.action`."""
    names = ((delivery.event, delivery.payload.get("action")) for delivery in github.deliveries)
    return [f"{event}.{action}" if action else event for event, action in names]


def refused(call: Callable[..., object], *arguments: object, **named: object) -> tuple[int, str]:
    """The status and message of a call that must fail."""
    with pytest.raises(RequestFailed) as caught:
        call(*arguments, **named)
    return caught.value.response.status_code, caught.value.response.json()["message"]


class Developer:
    """Somebody with a working copy and real git."""

    def __init__(self, directory: Path, remote: str) -> None:
        self.directory = directory
        self.remote = remote
        directory.mkdir()
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        return run_git(self.directory, *arguments)

    def commit(self, path: str, text: str = "x", message: str = "Change it") -> str:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git("rev-parse", "HEAD")

    def push(self, *refspecs: str) -> None:
        self.git("push", "--quiet", "--atomic", self.remote, *(refspecs or ("HEAD:refs/heads/main",)))


def run_git(directory: Path, *arguments: str) -> str:
    environment = {
        "PATH": os.defpath,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(directory),
    }
    finished = subprocess.run(
        ("git", *_IDENTITY, *arguments), cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()
