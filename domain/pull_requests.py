"""Pull requests, and the previews they lead to."""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from domain.identifiers import RepositoryId
from domain.source import BranchName, Commit

_SLUG_TEXT: Final = 32
_SLUG_HASH_BYTES: Final = 10
_UNFIT_FOR_SLUG = re.compile(r"[^a-z0-9]+")
_UNTRUSTED_BOTS: Final = frozenset({"dependabot[bot]"})


@dataclass(frozen=True, slots=True)
class Author:
    """An account, as GitHub shows it."""

    login: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as it is on GitHub at one moment.

    Attributes:
        id: GitHub's id, unique over all repositories.
        number: its number in the repository it wants to change.
        head_repository_id: where its commits come from; None when that repository was deleted.
        head_branch: the branch's name as GitHub sent it, not yet trusted to be one.
        head: the commit it proposes now.
        base: the newest commit of the branch it wants to change.
    """

    id: int
    number: int
    title: str
    is_open: bool
    merged: bool
    draft: bool
    head_repository_id: RepositoryId | None
    head_branch: str
    head: Commit
    base_branch: str
    base: Commit
    author: Author = Author()

    @property
    def state(self) -> str:
        """`open`, `merged` or `closed`."""
        if self.is_open:
            return "open"
        return "merged" if self.merged else "closed"

    def is_fork_of(self, repository_id: RepositoryId) -> bool:
        """Whether its commits come from another repository than the one it wants to change."""
        return self.head_repository_id != repository_id

    def is_trusted_by(self, repository_id: RepositoryId) -> bool:
        """Whether only people who may push to the repository can have written it.

        A dependency bot pushes to the repository itself, but what it brings was written by strangers.
        """
        return not self.is_fork_of(repository_id) and self.author.login not in _UNTRUSTED_BOTS


@dataclass(frozen=True, slots=True)
class PreviewKey:
    """What makes two pull requests share a preview: the exact branch, in the repository it is in."""

    head_repository_id: RepositoryId
    branch: BranchName

    @property
    def slug(self) -> str:
        """A name fit for DNS labels and image tags, different for different keys.

        Such as `preview-feature-foo-k3v6qx2ab7c4d5e6`: readable text, then 80 bits of a hash of the whole key.
        """
        text = _UNFIT_FOR_SLUG.sub("-", self.branch.lower())[:_SLUG_TEXT].strip("-")
        whole = f"{self.head_repository_id}:{self.branch}".encode()
        digest = base64.b32encode(hashlib.sha256(whole).digest()[:_SLUG_HASH_BYTES]).decode().lower()
        return "-".join(filter(None, ("preview", text, digest)))
