"""Mirrors: one bare repository per GitHub repository, so that a fetch brings only what is new.

A mirror belongs to whoever holds its lock. It is a cache: whatever is wrong with one, deleting it is right.
"""

import fcntl
import os
import shutil
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from domain.errors import TemporarilyUnavailable, UserError
from domain.source import CloneAccess, CommitSha
from github_app.git import Git, GitError, GitSaidTooMuch, RunOptions

_MAX_PACKS: Final = 50
_MAX_NAME_BYTES: Final = 255
_MAX_LISTING_BYTES: Final = 64 * 1024 * 1024
_LOCK_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """How large a repository's tree may be.

    Attributes:
        max_path_bytes: how long a path may be; file systems end at 4096 bytes, ours included.
        max_fetch_bytes: what one checkout may bring, compressed.
        max_mirror_bytes: size at which a mirror is made anew.
    """

    max_files: int = 100_000
    max_bytes: int = 2 * 1024**3
    max_path_bytes: int = 1024
    max_fetch_bytes: int = 2 * 1024**3
    max_mirror_bytes: int = 4 * 1024**3

    def inside(self, path: str) -> "TreeLimits":
        """Return the limits of a submodule at this path."""
        return replace(self, max_path_bytes=self.max_path_bytes - len(os.fsencode(path)))

    def without(self, used: "TreeSize") -> "TreeLimits":
        """Return what is left for others."""
        return replace(
            self,
            max_files=self.max_files - used.files,
            max_bytes=self.max_bytes - used.bytes,
            max_fetch_bytes=self.max_fetch_bytes - used.fetched,
        )


@dataclass(frozen=True, slots=True)
class TreeSize:
    """How much a tree has, and how many compressed bytes were fetched for it."""

    files: int
    bytes: int
    fetched: int = 0


@dataclass(frozen=True, slots=True)
class Mirror:
    """The bare repository at `path`."""

    git: Git
    path: Path
    limits: TreeLimits

    @contextmanager
    def locked(self, timeout_seconds: float) -> Iterator[None]:
        """Hold the mirror against every other thread and process.

        Raises:
            TemporarilyUnavailable: `clone_failed`, when others hold it for too long.
        """
        with locked_file(self.path.with_suffix(".lock"), timeout_seconds) as held:
            if not held:
                raise TemporarilyUnavailable(
                    "clone_failed", "Other fetches of the repository did not end in time; it is tried again."
                )
            yield

    def prepare(self) -> None:
        """Make the mirror fit for use: create it, remove what a killed git left, start anew when it grew too large."""
        if self.path.exists():
            self._remove_leftovers()
            packs = list((self.path / "objects" / "pack").glob("*.pack"))
            if len(packs) > _MAX_PACKS or self.stored_bytes > self.limits.max_mirror_bytes:
                self.remove()
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # An empty template: not even sample hooks.
            self.git.run("init", "--quiet", "--bare", "--template=", "--", str(self.path))

    def remove(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.path, ignore_errors=True)

    def has(self, sha: CommitSha) -> bool:
        """Whether the commit was fetched before, whole."""
        with suppress(GitError):
            return self._read_commit(sha) == sha
        return False

    def read_tree_id(self, sha: CommitSha) -> str:
        """Return what names the commit's files: two commits have one tree id when their files are equal."""
        return self._run("rev-parse", "--verify", "--quiet", f"{_ref(sha)}^{{tree}}").decode().strip()

    def fetch(self, access: CloneAccess, sha: CommitSha) -> None:
        """Bring exactly this commit, without its history.

        Raises:
            GitError: git says why.
            UserError: `tree_too_large`.
        """
        # By its full id: a name would let a tag, or a branch named like a commit, take the place of what is meant.
        # The ref is what the next fetch offers the server as known, so that only the difference is sent.
        refspec = f"+{sha}:{_ref(sha)}"
        flags = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        self._run("fetch", *flags, "--", access.url, refspec, options=self._fetch_options(access))
        if self._read_commit(sha) != sha:
            raise GitError(f"what was fetched is not commit {sha}")

    def measure(self, sha: CommitSha) -> TreeSize:
        """Return the size of the commit's tree.

        Raises:
            UserError: `tree_too_large`: it has too many files or bytes, or too long a path.
        """
        options = RunOptions(environment=self._environment, max_output=_MAX_LISTING_BYTES)
        try:
            listing = self.git.run("ls-tree", "-r", "-l", "-z", "--full-tree", sha, options=options)
        except GitSaidTooMuch:
            raise _too_large(f"more than {self.limits.max_files} files") from None
        entries = listing.split(b"\0")[:-1]
        size = TreeSize(len(entries), sum(_blob_size(entry) for entry in entries))
        if size.files > self.limits.max_files:
            raise _too_large(f"{size.files} files, {self.limits.max_files} are allowed")
        if size.bytes > self.limits.max_bytes:
            raise _too_large(f"{size.bytes} bytes, {self.limits.max_bytes} are allowed")
        self._check_paths(entry.partition(b"\t")[2] for entry in entries)
        return size

    @property
    def stored_bytes(self) -> int:
        """How much the mirror holds, compressed."""
        size = 0
        with suppress(FileNotFoundError), os.scandir(self.path / "objects" / "pack") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    size += entry.stat().st_size
        return size

    def _check_paths(self, paths: Iterable[bytes]) -> None:
        for path in paths:
            if len(path) > self.limits.max_path_bytes:
                raise _too_large(f"a path of {len(path)} bytes, {self.limits.max_path_bytes} are allowed")
            if len(path) > _MAX_NAME_BYTES and max(map(len, path.split(b"/"))) > _MAX_NAME_BYTES:
                raise _too_large(f"a file name of more than {_MAX_NAME_BYTES} bytes")

    @property
    def _environment(self) -> dict[str, str]:
        return {"GIT_DIR": str(self.path)}

    def _run(self, *arguments: str, options: RunOptions | None = None) -> bytes:
        return self.git.run(*arguments, options=options or RunOptions(environment=self._environment))

    def _read_commit(self, sha: CommitSha) -> str:
        return self._run("rev-parse", "--verify", "--quiet", f"{_ref(sha)}^{{commit}}").decode().strip()

    def _fetch_options(self, access: CloneAccess) -> RunOptions:
        allowed = self.stored_bytes + self.limits.max_fetch_bytes

        def watch() -> None:
            if self.stored_bytes > allowed:
                raise _too_large(f"more than {self.limits.max_fetch_bytes} bytes to fetch")

        if access.token is None:
            return RunOptions(environment=self._environment, watch=watch)
        credentials = b64encode(f"x-access-token:{access.token.reveal()}".encode()).decode()
        return RunOptions(
            environment=self._environment,
            configuration={f"http.{access.url}.extraHeader": f"Authorization: Basic {credentials}"},
            secrets=(access.token.reveal(), credentials),
            watch=watch,
        )

    def _remove_leftovers(self) -> None:
        for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*"):
            for path in self.path.glob(pattern):
                path.unlink(missing_ok=True)


@contextmanager
def locked_file(path: Path, timeout_seconds: float) -> Iterator[bool]:
    """Hold an advisory lock that ends with this process; yields False when it was not to be had in time."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("ab") as file:
        yield _lock(file.fileno(), time.monotonic() + timeout_seconds)


def _lock(descriptor: int, deadline: float) -> bool:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOCK_POLL_SECONDS)


def _ref(sha: CommitSha) -> str:
    return f"refs/fetched/{sha}"


def _blob_size(entry: bytes) -> int:
    """Return the size in a line `<mode> <type> <id> <size>TAB<path>`; a submodule has none."""
    size = entry.partition(b"\t")[0].split()[-1]
    return int(size) if size.isdigit() else 0


def _too_large(reason: str) -> UserError:
    return UserError(
        "tree_too_large",
        f"The repository is too large to build ({reason}): take large files out of it, "
        "or ask whoever runs the service for a larger limit.",
    )
