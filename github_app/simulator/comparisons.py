"""Two commits compared, and merged, by git's plumbing."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from github_app.simulator.bare_repositories import BareRepositories
from github_app.simulator.refusals import Refused

_KINDS: Final = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_NOTHING: Final = "0" * 40
_TOO_LONG: Final = "Server Error: Sorry, this diff is taking too long to generate."


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that differs; `sha` is its blob afterwards, or before when it was removed.

    Attributes:
        previous_path: what it was called before, None unless it was renamed.
    """

    path: str
    kind: str
    sha: str
    previous_path: str | None = None
    additions: int = 0
    deletions: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How `head` stands to `base`.

    Attributes:
        ahead: the commits that `head` has and `base` has not, oldest first.
        behind: the commits that `base` has and `head` has not, oldest first.
    """

    base: str
    head: str
    merge_base: str
    ahead: tuple[str, ...]
    behind: tuple[str, ...]

    @property
    def status(self) -> str:
        """GitHub's word for it."""
        if self.ahead and self.behind:
            return "diverged"
        if self.ahead:
            return "ahead"
        return "behind" if self.behind else "identical"


def find_comparison(git: BareRepositories, repository_id: int, base: str, head: str) -> Comparison | None:
    """Compare two commits by their ids; None when they have no common ancestor."""
    merge_base = _find_merge_base(git, repository_id, base, head)
    if merge_base is None:
        return None
    ahead = _list_between(git, repository_id, base, head)
    return Comparison(base, head, merge_base, ahead, _list_between(git, repository_id, head, base))


def list_files(git: BareRepositories, repository_id: int, old: str, new: str) -> tuple[FileChange, ...]:
    """Return what differs between two commits, renames found as GitHub does; refused (422) when it has no end."""
    arguments = ("diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-abbrev", old, new)
    try:
        out = git.run(repository_id, arguments)
    except subprocess.CalledProcessError as error:
        raise Refused(422, _TOO_LONG) from error
    words = iter(out.decode(errors="replace").split("\0"))
    return tuple(_read_changes(words))


def find_merged_tree(git: BareRepositories, repository_id: int, base: str, head: str) -> str | None:
    """Return the tree of two commits merged, None when they conflict."""
    try:
        return git.run(repository_id, ("merge-tree", "--write-tree", "--no-messages", base, head)).decode().split()[0]
    except subprocess.CalledProcessError:
        return None


def merge_commits(git: BareRepositories, repository_id: int, base: str, head: str, message: str) -> str | None:
    """Return a new merge commit of two commits, None when they conflict."""
    tree = find_merged_tree(git, repository_id, base, head)
    if tree is None:
        return None
    identity = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")
    arguments = (*identity, "commit-tree", tree, "-p", base, "-p", head)
    return git.run(repository_id, arguments, message.encode()).decode().strip()


def _find_merge_base(git: BareRepositories, repository_id: int, base: str, head: str) -> str | None:
    try:
        return git.run(repository_id, ("merge-base", base, head)).decode().strip()
    except subprocess.CalledProcessError:
        return None


def _list_between(git: BareRepositories, repository_id: int, old: str, new: str) -> tuple[str, ...]:
    out = git.run(repository_id, ("rev-list", "--topo-order", "--reverse", new, f"^{old}"))
    return tuple(out.decode().split())


def _read_changes(words: Iterator[str]) -> Iterator[FileChange]:
    """Read `:modes shas KIND`, path [, path] of each file, then `+ - path` in the same order."""
    raw = []
    word = next(words, "")
    while word.startswith(":"):
        _, _, before, after, kind = word.split(" ")
        paths = [next(words)] + ([next(words)] if kind[0] in "RC" else [])
        raw.append((kind[0], before if after == _NOTHING else after, paths))
        word = next(words, "")
    for kind, sha, paths in raw:
        added, deleted, same = word.split("\t", 2)
        if not same:
            next(words)
            next(words)
        previous = paths[0] if len(paths) > 1 else None
        yield FileChange(paths[-1], _KINDS[kind], sha, previous, _count(added), _count(deleted))
        word = next(words, "")


def _count(text: str) -> int:
    """A binary file has no lines: git writes `-`."""
    return int(text) if text.isdigit() else 0
