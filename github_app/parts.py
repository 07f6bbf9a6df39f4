"""One repository of a checkout: from GitHub into its mirror, from there into a directory, and what went wrong."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import ServiceError, TemporarilyUnavailable, UserError
from domain.ports.forge import Overlay
from domain.source import CloneAccess, CommitSha
from github_app.git import GitError, GitTookTooLong
from github_app.mirror import Mirror, TreeSize
from github_app.submodules import Submodule, list_submodules
from github_app.tree import StagedTree

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


@dataclass(frozen=True, slots=True)
class Part:
    """The repository itself, or one of its submodules.

    Attributes:
        target: an empty directory for its files.
        index: where its private index is kept.
        path: the target relative to the whole tree; empty for the repository itself.
        depth: how many repositories it is inside of.
    """

    access: CloneAccess
    sha: CommitSha
    target: Path
    index: Path
    path: str = ""
    depth: int = 0
    overlay: Overlay | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a part came to, and the submodules it names."""

    size: TreeSize
    submodules: tuple[Submodule, ...]


def write_part(mirror: Mirror, part: Part, *, with_submodules: bool) -> Written:
    """Bring the part's commit and write its files.

    Args:
        mirror: that of the part's repository.
        part: what is wanted.
        with_submodules: whether to read what submodules the tree has.

    Raises:
        UserError, TemporarilyUnavailable: see `domain.ports.forge.SourceFetcher`.
    """
    with _explained(part.access, part.sha, part.path), mirror.locked(mirror.git.timeout_seconds):
        try:
            return _bring(mirror, part, with_submodules=with_submodules)
        except GitError as error:
            if not _may_be_the_mirror(error):
                raise
        # Whatever a crash or a full disk did to the mirror, a new one does not have it.
        mirror.remove()
        shutil.rmtree(part.target, ignore_errors=True)
        part.target.mkdir()
        return _bring(mirror, part, with_submodules=with_submodules)


def identify_commit(mirror: Mirror, access: CloneAccess, sha: CommitSha) -> str | None:
    """Bring the commit and return its tree id; None when the mirror has to be made anew first.

    Raises:
        UserError, TemporarilyUnavailable: see `domain.ports.forge.SourceFetcher`.
    """
    with _explained(access, sha), mirror.locked(mirror.git.timeout_seconds):
        try:
            mirror.prepare()
            _fetch_missing(mirror, access, sha)
            return mirror.read_tree_id(sha)
        except GitError as error:
            if not _may_be_the_mirror(error):
                raise
            return None


def _fetch_missing(mirror: Mirror, access: CloneAccess, sha: CommitSha) -> None:
    if not mirror.has(sha):
        mirror.fetch(access, sha)


def _bring(mirror: Mirror, part: Part, *, with_submodules: bool) -> Written:
    mirror.prepare()
    before = mirror.stored_bytes
    for sha in (part.sha, *([part.overlay.sha] if part.overlay else [])):
        _fetch_missing(mirror, part.access, sha)
    size = mirror.measure(part.sha)
    tree = StagedTree(mirror.git, mirror.path, part.index, part.target)
    tree.read(part.sha)
    if part.overlay:
        tree.apply(part.overlay)
    submodules = list_submodules(tree) if with_submodules else ()
    tree.write()
    return Written(TreeSize(size.files, size.bytes, mirror.stored_bytes - before), submodules)


@contextmanager
def _explained(access: CloneAccess, sha: CommitSha, path: str = "") -> Iterator[None]:
    try:
        yield
    except GitError as error:
        raise _explain(error, access.repository.full_name, sha, path) from None
    except OSError as error:
        raise TemporarilyUnavailable(
            "clone_failed", f"The files of commit {sha} could not be written ({error.strerror})."
        ) from error


def _may_be_the_mirror(error: GitError) -> bool:
    return not isinstance(error, GitTookTooLong) and not _says(error, (*_UNKNOWN_COMMIT, *_REFUSED_OBJECT, *_NETWORK))


def _explain(error: GitError, name: str, sha: CommitSha, path: str) -> ServiceError:
    if _says(error, _UNKNOWN_COMMIT):
        return _missing(name, sha, path)
    if _says(error, _REFUSED_OBJECT):
        return UserError(
            "repository_refused",
            f"git refuses the contents of commit {sha} of {name} ({error.detail}): "
            "see `git fsck --strict` in a clone of it.",
        )
    return TemporarilyUnavailable(
        "clone_failed", f"Commit {sha} of {name} could not be fetched ({error.detail}); it is tried again."
    )


def _missing(name: str, sha: CommitSha, path: str) -> UserError:
    if path:
        return UserError(
            "commit_not_found",
            f"{name} does not have commit {sha}, which the submodule at {path!r} names: push that commit, "
            "or let the submodule name one that is there.",
        )
    return UserError(
        "commit_not_found",
        f"{name} does not have commit {sha} any more: a force push may have replaced it. "
        "Push again to deploy what the branch has now.",
    )


def _says(error: GitError, phrases: tuple[str, ...]) -> bool:
    detail = error.detail.lower()
    return any(phrase in detail for phrase in phrases)
