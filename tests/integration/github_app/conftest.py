"""A simulated GitHub whose every exchange is judged by GitHub's own description, and somebody who pushes to it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.secrets import Secret
from github_app.checkout import GitFetcher
from github_app.client import AppIdentity
from github_app.forge import GitHubForge
from github_app.git import Git
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.github_app.hosting import Developer, Hosted, WallClock


@pytest.fixture
def hosted(tmp_path: Path, private_key: str, oracle: OpenApiOracle) -> Iterator[Hosted]:
    # Nobody listens on port 9: the deliveries are other tests' business.
    settings = SimulatorSettings(
        root=tmp_path / "github",
        webhook_url="http://127.0.0.1:9/",
        webhook_secret="secret",
        private_key_pem=private_key,
    )
    github = SimulatedGitHub(settings, on_exchange=oracle.judge)
    repository = github.create_repository("acme", "shop")
    with github.serve():
        yield Hosted(github, repository, github.install("acme"))
    assert github.complaints == ()


@pytest.fixture
def developer(tmp_path: Path, hosted: Hosted) -> Developer:
    return Developer(tmp_path / "work", hosted.github.push_url("acme/shop"))


@pytest.fixture
def forge(hosted: Hosted, private_key: str) -> Iterator[GitHubForge]:
    forge = GitHubForge(hosted.host, AppIdentity(hosted.github.settings.app_id, Secret(private_key)), WallClock())
    yield forge
    forge.close()


@pytest.fixture
def fetcher(tmp_path: Path, hosted: Hosted) -> GitFetcher:
    return GitFetcher(tmp_path / "checkouts", hosted.host)


@pytest.fixture
def spied_git(tmp_path: Path) -> Callable[[], Git]:
    """A git that writes down its arguments and those of every program it starts, and its environment per command."""
    spy = tmp_path / "spied-git"
    notes = tmp_path / "notes"
    notes.mkdir()
    spy.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$@" >> {notes}/arguments\n'
        f'env > "{notes}/environment-$1"\n'
        f'GIT_TRACE={notes}/trace exec git "$@"\n'
    )
    spy.chmod(0o755)
    return lambda: Git(program=str(spy), protocols="http")


@pytest.fixture
def slow_git(tmp_path: Path) -> Git:
    """A git whose fetch, and whatever it starts to speak HTTP, takes long enough to be looked at."""
    program, helpers = tmp_path / "slow-git", tmp_path / "slow-helpers"
    helpers.mkdir()
    exec_path = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    for name in os.listdir(exec_path):  # noqa: PTH208 - names only
        (helpers / name).symlink_to(f"{exec_path}/{name}")
    (helpers / "git-remote-http").unlink()
    (helpers / "git-remote-http").write_text(f'#!/bin/sh\nsleep 0.3\nexec "{exec_path}/git-remote-http" "$@"\n')
    (helpers / "git-remote-http").chmod(0o755)
    program.write_text(f'#!/bin/sh\nGIT_EXEC_PATH={helpers} exec git "$@"\n')
    program.chmod(0o755)
    return Git(program=str(program), protocols="http")
