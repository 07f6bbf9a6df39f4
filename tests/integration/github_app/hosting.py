"""A hosted repository and somebody who pushes to it."""

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.source import CommitSha, RepositoryAddress
from github_app.client import GitHubHost
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.state import HostedRepository, Installation

_VARYING = re.compile(
    r"^/api/v3|/repos/[^/]+/[^/]+|(?<=/)[0-9a-f]{40}|(?<=/)[0-9]+|(?<=/)[0-9a-f]{40}\.\.\.[0-9a-f]{40}"
)


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Hosted:
    """A simulated GitHub with the repository `acme/shop`, on which the App is installed."""

    github: SimulatedGitHub
    repository: HostedRepository
    installation: Installation

    @property
    def address(self) -> RepositoryAddress:
        return RepositoryAddress(self.installation.id, self.repository.id)

    @property
    def host(self) -> GitHubHost:
        return GitHubHost(api_url=self.github.base_url, web_url=self.github.page_url, timeout_seconds=5)

    def requested(self, path_part: str) -> list[str]:
        exchanges = [exchange for exchange in self.github.requests if path_part in exchange.path]
        return [f"{exchange.method} {exchange.status}" for exchange in exchanges]

    def api_requests(self) -> list[str]:
        """Return every request so far but git's own, ids and names left out."""
        return [
            f"{exchange.method} {_VARYING.sub('', exchange.path)} {exchange.status}"
            for exchange in self.github.requests
            if ".git/" not in exchange.path
        ]


class Developer:
    """Somebody with a working copy and real git."""

    def __init__(self, directory: Path, remote: str) -> None:
        self.directory = directory
        self._remote = remote
        directory.mkdir()
        self.git("init", "--quiet")

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=work")
        environment = {"PATH": os.defpath, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
        command = ("git", *identity, *arguments)
        finished = subprocess.run(
            command, cwd=self.directory, env=environment, input=stdin, capture_output=True, check=False
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.decode().strip()

    def write(self, path: str, content: bytes | str = "x") -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, path: str = "file", content: bytes | str = "x") -> CommitSha:
        self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=Change it")
        return CommitSha(self.git("rev-parse", "HEAD"))

    def push(self, *refspecs: str) -> None:
        self.git("push", "--quiet", "--force", self._remote, *(refspecs or ("HEAD:refs/heads/main",)))

    def move(self, remote: str) -> None:
        """Push elsewhere from now on."""
        self._remote = remote

    def publish(self, path: str = "file", content: bytes | str = "x") -> CommitSha:
        """Commit and push to main."""
        sha = self.commit(path, content)
        self.push()
        return sha

    def smuggle_tree(self, bare: Path, entries: bytes) -> CommitSha:
        """Put a commit of a tree no git would make into the repository on the server, past its checks."""
        tree = self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=entries)
        sha = CommitSha(self.git("commit-tree", "-m", "Odd", tree))
        self.smuggle(bare, sha)
        return sha

    def smuggle(self, bare: Path, sha: CommitSha) -> None:
        """Put a commit into the repository on the server without a push, so without checks and delivery."""
        self.git("update-ref", "refs/heads/smuggled", sha)
        unchecked = ("-c", "transfer.fsckObjects=false", "-c", "fetch.fsckObjects=false")
        self.git(
            "--git-dir", str(bare), *unchecked, "fetch", "--quiet", str(self.directory), "+smuggled:refs/heads/main"
        )
