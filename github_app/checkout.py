"""`GitFetcher`: a commit's files in a fresh directory, and nothing of the repository executed on the way.

There is no working clone: a bare mirror is fetched into, and git writes the files of one commit, by its id, into a
directory without a `.git`. See docs/explanation/github.md for what each precaution is against.
"""

import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from domain.errors import OperatorError, TemporarilyUnavailable
from domain.ports.forge import PLAIN_FETCH, FetchOptions
from domain.source import CloneAccess, CommitSha, parse_commit_sha
from github_app.client import GitHubHost
from github_app.git import Git
from github_app.mirror import Mirror, TreeLimits, locked_file
from github_app.parts import Part, identify_commit, write_part
from github_app.submodules import MAX_DEPTH, MAX_SUBMODULES, Submodule, choose_grant, refuse_submodule
from github_app.tree import is_real_directory

_STALE_LOCK_SECONDS: Final = 3600


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
    def fetch(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> Iterator[Path]:
        """Give a directory with the tree of exactly `sha`; it is gone when the context ends."""
        self._check_url(access)
        with self._workspace() as workspace:
            tree = workspace / "tree"
            tree.mkdir()
            whole = Part(access, parse_commit_sha(sha), tree, workspace / "index", overlay=options.overlay)
            self._write(whole, options)
            yield tree

    def identify(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> str | None:
        """Return the commit's tree id, None for a tree that is put together of two commits."""
        self._check_url(access)
        if options.overlay is not None:
            return None
        mirror = Mirror(self._git, self._mirrors / f"{access.repository.id}.git", self._limits)
        tree_id = identify_commit(mirror, access, parse_commit_sha(sha))
        # A tree names the commits of its submodules, so it stands for their files too.
        return f"{tree_id} with submodules" if tree_id and options.submodules else tree_id

    def remove_leftovers(self) -> int:
        """Remove the directories of processes that were killed, and return how many; call it at start."""
        leftovers = [path for path in self._workspaces.glob("*") if path.is_dir()]
        removed = sum(_remove_if_dead(path) for path in leftovers)
        for lock in self._workspaces.glob("*.lock"):
            if not lock.with_suffix("").exists() and time.time() - lock.stat().st_mtime > _STALE_LOCK_SECONDS:
                lock.unlink(missing_ok=True)
        return removed

    def _write(self, whole: Part, options: FetchOptions) -> None:
        """Write the repository and its submodules, together within the limits of one."""
        deadline = time.monotonic() + self._git.timeout_seconds
        limits, waiting, opened = self._limits, [whole], 0
        while waiting:
            part = waiting.pop()
            mirror = Mirror(self._git, self._mirrors / f"{part.access.repository.id}.git", limits.inside(part.path))
            written = write_part(mirror, part, with_submodules=options.submodules)
            limits = limits.without(written.size)
            opened += len(written.submodules)
            if opened > MAX_SUBMODULES:
                raise refuse_submodule(part.path or ".", f"there are more than {MAX_SUBMODULES} submodules")
            waiting += [self._open_submodule(submodule, part, options.grants) for submodule in written.submodules]
            if waiting and time.monotonic() > deadline:
                raise TemporarilyUnavailable(
                    "clone_failed", "Fetching the submodules took too long; it is tried again."
                )

    def _open_submodule(self, submodule: Submodule, parent: Part, grants: Mapping[str, CloneAccess]) -> Part:
        path = f"{parent.path}/{submodule.path}".removeprefix("/")
        if parent.depth >= MAX_DEPTH:
            raise refuse_submodule(path, f"submodules are inside each other more than {MAX_DEPTH} deep")
        if not is_real_directory(parent.target, submodule.path):
            raise refuse_submodule(path, "its place is not a directory of the repository")
        access = choose_grant(replace(submodule, path=path), parent.access, grants, self._web_url)
        self._check_url(access)
        target, index = parent.target / submodule.path, parent.index.with_name(f"index-{uuid.uuid4().hex}")
        return Part(access, submodule.sha, target, index, path=path, depth=parent.depth + 1)

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


def _remove_if_dead(workspace: Path) -> bool:
    lock = workspace.with_suffix(".lock")
    with locked_file(lock, 0) as is_dead:
        if is_dead:
            shutil.rmtree(workspace, ignore_errors=True)
            lock.unlink(missing_ok=True)
    return is_dead
