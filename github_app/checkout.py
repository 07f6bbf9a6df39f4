"""`GitFetcher`: a commit's files in a fresh directory, and nothing of the repository executed on the way.

There is no working clone: a bare mirror is fetched into, and git writes the files of one commit, by its id, into a
directory without a `.git`. See docs/explanation/github.md for what each precaution is against.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from domain.errors import OperatorError, ServiceError, TemporarilyUnavailable, UserError
from domain.source import CloneAccess, CommitSha, parse_commit_sha
from github_app.client import GitHubHost
from github_app.git import Git, GitError, GitTookTooLong
from github_app.mirror import Mirror, TreeLimits, locked_file

_STALE_LOCK_SECONDS: Final = 3600
_UNKNOWN_COMMIT: Final = ("not our ref", "unadvertised object", "couldn't find remote ref", "expected commit type")
_REFUSED_OBJECT: Final = ("fsck error", "error in object", "invalid path")
_NETWORK: Final = (
    "unable to access",
    "could not read username",
    "authentication failed",
    "rpc failed",
    "early eof",
    "hung up",
    "not found",
    "remote error",
)


class GitFetcher:
    """Implements `domain.ports.forge.SourceFetcher`; safe to share between threads and processes of one machine."""

    def __init__(
        self, directory: Path, host: GitHubHost, *, limits: TreeLimits | None = None, git: Git | None = None
    ) -> None:
        self._mirrors = directory.absolute() / "mirrors"
        self._workspaces = directory.absolute() / "workspaces"
        self._web_url = host.web_url.rstrip("/")
        self._limits = limits or TreeLimits()
        self._git = git or Git(protocols=urlsplit(host.web_url).scheme, ca_bundle=host.ca_bundle, proxy=host.proxy)

    @contextmanager
    def fetch(self, access: CloneAccess, sha: CommitSha) -> Iterator[Path]:
        """Give a directory with the tree of exactly `sha`; it is gone when the context ends."""
        self._check_url(access)
        mirror = Mirror(self._git, self._mirrors / f"{access.repository.id}.git", self._limits)
        with self._workspace() as workspace:
            try:
                tree = self._materialise(mirror, access, parse_commit_sha(sha), workspace)
            except GitError as error:
                raise _explain(error, access, sha) from None
            except OSError as error:
                raise TemporarilyUnavailable(
                    "clone_failed", f"The files of commit {sha} could not be written ({error.strerror})."
                ) from error
            yield tree

    def remove_leftovers(self) -> int:
        """Remove the directories of processes that were killed, and return how many; call it at start."""
        leftovers = [path for path in self._workspaces.glob("*") if path.is_dir()]
        removed = sum(_remove_if_dead(path) for path in leftovers)
        for lock in self._workspaces.glob("*.lock"):
            if not lock.with_suffix("").exists() and time.time() - lock.stat().st_mtime > _STALE_LOCK_SECONDS:
                lock.unlink(missing_ok=True)
        return removed

    def _materialise(self, mirror: Mirror, access: CloneAccess, sha: CommitSha, workspace: Path) -> Path:
        with mirror.locked(self._git.timeout_seconds):
            try:
                return _bring(mirror, access, sha, workspace)
            except GitError as error:
                if not _may_be_the_mirror(error):
                    raise
            # Whatever a crash or a full disk did to the mirror, a new one does not have it.
            mirror.remove()
            shutil.rmtree(workspace / "tree", ignore_errors=True)
            return _bring(mirror, access, sha, workspace)

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        workspace = self._workspaces / uuid.uuid4().hex
        # The lock is there before the directory and dies with this process: that tells leftovers from work.
        lock = workspace.with_suffix(".lock")
        with locked_file(lock, 0):
            try:
                workspace.mkdir(mode=0o700)
                yield workspace
            finally:
                shutil.rmtree(workspace, ignore_errors=True)
                lock.unlink(missing_ok=True)

    def _check_url(self, access: CloneAccess) -> None:
        if access.url != f"{self._web_url}/{access.repository.full_name}.git":
            raise OperatorError(
                "clone_url_invalid",
                "The clone URL does not belong to the configured GitHub: compare the setting github_web_url.",
            )


def _bring(mirror: Mirror, access: CloneAccess, sha: CommitSha, workspace: Path) -> Path:
    mirror.prepare()
    if not mirror.has(sha):
        mirror.fetch(access, sha)
    mirror.check_size(sha)
    return mirror.write_tree(sha, workspace)


def _remove_if_dead(workspace: Path) -> bool:
    lock = workspace.with_suffix(".lock")
    with locked_file(lock, 0) as is_dead:
        if is_dead:
            shutil.rmtree(workspace, ignore_errors=True)
            lock.unlink(missing_ok=True)
    return is_dead


def _may_be_the_mirror(error: GitError) -> bool:
    return not isinstance(error, GitTookTooLong) and not _says(error, (*_UNKNOWN_COMMIT, *_REFUSED_OBJECT, *_NETWORK))


def _explain(error: GitError, access: CloneAccess, sha: CommitSha) -> ServiceError:
    name = access.repository.full_name
    if _says(error, _UNKNOWN_COMMIT):
        return UserError(
            "commit_not_found",
            f"{name} does not have commit {sha} any more: a force push may have replaced it. "
            "Push again to deploy what the branch has now.",
        )
    if _says(error, _REFUSED_OBJECT):
        return UserError(
            "repository_refused",
            f"git refuses the contents of commit {sha} of {name} ({error.detail}): "
            "see `git fsck --strict` in a clone of it.",
        )
    return TemporarilyUnavailable(
        "clone_failed", f"Commit {sha} of {name} could not be fetched ({error.detail}); it is tried again."
    )


def _says(error: GitError, phrases: tuple[str, ...]) -> bool:
    detail = error.detail.lower()
    return any(phrase in detail for phrase in phrases)
