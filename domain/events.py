"""What a delivery means, once it is translated out of GitHub's words."""

from dataclasses import dataclass, field

from domain.source import NO_COMMIT, Commit, CommitSha, Repository, RepositoryAddress


@dataclass(frozen=True, slots=True)
class Author:
    """Who pushed, as GitHub shows them."""

    login: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, slots=True)
class PushReceived:
    """Somebody moved, created or deleted a ref.

    Attributes:
        ref: the full ref as GitHub sent it, not yet trusted to be a branch.
        before: what the ref pointed to, 40 zeros when it was created.
        after: what it points to now, 40 zeros when it was deleted.
        head_commit: the commit `after` names; None when the payload has none.
    """

    address: RepositoryAddress
    repository: Repository
    ref: str
    before: CommitSha
    after: CommitSha
    forced: bool = False
    head_commit: Commit | None = None
    pusher: Author = field(default_factory=Author)

    @property
    def deletes_ref(self) -> bool:
        """Whether the push removed the ref."""
        return self.after == NO_COMMIT

    @property
    def commit(self) -> Commit:
        """The commit pushed, with its message where GitHub sent one."""
        if self.head_commit is not None and self.head_commit.sha == self.after:
            return self.head_commit
        return Commit(self.after)


@dataclass(frozen=True, slots=True)
class NotInteresting:
    """A delivery that can never deploy anything.

    Attributes:
        reason: what it is, for the recorded decision: `unknown_event`, `ping`, ….
    """

    reason: str


Event = PushReceived | NotInteresting
