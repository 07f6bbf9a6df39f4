"""Pull requests: what one is, and how it changes."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PullEnd:
    """One of the two branches; `repository_id` is None when that repository was deleted.

    Attributes:
        owner: the login of the branch's owner when the pull request was opened.
        ref: the branch's short name.
        sha: the commit it pointed to when GitHub last looked.
    """

    repository_id: int | None
    owner: str
    ref: str
    sha: str

    @property
    def label(self) -> str:
        """`owner:branch`."""
        return f"{self.owner}:{self.ref}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request; `author` and `merged_by` are logins."""

    id: int
    number: int
    title: str
    body: str | None
    draft: bool
    author: str
    head: PullEnd
    base: PullEnd
    created_at: datetime
    updated_at: datetime
    labels: tuple[str, ...] = ()
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: str | None = None
    merge_commit_sha: str | None = None

    @property
    def state(self) -> str:
        """`open` or `closed`."""
        return "closed" if self.closed_at else "open"

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.closed_at is None

    @property
    def ref(self) -> str:
        """The ref in the base repository that leads to the head's commit."""
        return f"refs/pull/{self.number}/head"

    @property
    def is_from_fork(self) -> bool:
        """Whether the two branches are in two repositories."""
        return self.head.repository_id != self.base.repository_id

    def closed(self, at: datetime) -> "PullRequest":
        """Return it closed without a merge."""
        return replace(self, closed_at=at, updated_at=at)

    def merged(self, at: datetime, by: str, sha: str) -> "PullRequest":
        """Return it merged by the commit `sha`."""
        return replace(self, closed_at=at, merged_at=at, merged_by=by, merge_commit_sha=sha, updated_at=at)
