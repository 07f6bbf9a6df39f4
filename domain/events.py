"""What a delivery means, once it is translated out of GitHub's words."""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.identifiers import InstallationId, RepositoryId
from domain.pull_requests import Author
from domain.source import NO_COMMIT, Commit, CommitSha, Repository, RepositoryAddress


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
class PullRequestChanged:
    """Something happened to a pull request; what it is like now is asked of GitHub.

    Attributes:
        action: GitHub's word: `opened`, `synchronize`, `closed`, `labeled`, ….
        sender: who did it.
    """

    address: RepositoryAddress
    repository: Repository
    action: str
    number: int
    sender: Author = field(default_factory=Author)


class InstallationChange(StrEnum):
    """What happened to an installation of the App."""

    CREATED = "created"
    DELETED = "deleted"
    SUSPENDED = "suspend"
    UNSUSPENDED = "unsuspend"
    PERMISSIONS_ACCEPTED = "new_permissions_accepted"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose installation it is.

    Attributes:
        kind: `Organization` or `User`.
    """

    id: int
    login: str
    kind: str


@dataclass(frozen=True, slots=True)
class InstallationChanged:
    """The App was installed on an account, suspended, uninstalled, ….

    Attributes:
        repository_ids: repositories the payload lists as seen by a new installation.
    """

    installation_id: InstallationId
    account: Account
    change: InstallationChange
    repository_ids: tuple[RepositoryId, ...] = ()
    sender: Author = field(default_factory=Author)


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """An installation sees other repositories than before."""

    installation_id: InstallationId
    account: Account
    added: tuple[RepositoryId, ...] = ()
    removed: tuple[RepositoryId, ...] = ()
    sender: Author = field(default_factory=Author)


class RepositoryChange(StrEnum):
    """What happened to a repository."""

    RENAMED = "renamed"
    TRANSFERRED = "transferred"
    DELETED = "deleted"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    PRIVATIZED = "privatized"
    PUBLICIZED = "publicized"
    EDITED = "edited"
    CREATED = "created"


@dataclass(frozen=True, slots=True)
class RepositoryChanged:
    """A repository got another name, owner, default branch or visibility, or is gone.

    Attributes:
        repository: as it is afterwards.
        previous_default_branch: set when the default branch changed.
    """

    address: RepositoryAddress
    repository: Repository
    change: RepositoryChange
    previous_default_branch: str | None = None


class CheckAction(StrEnum):
    """What somebody asked for in GitHub's Checks tab; the values are the buttons' identifiers."""

    REDEPLOY = "redeploy"
    CANCEL = "cancel"
    APPROVE = "approve"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class CheckRequested:
    """Somebody asked for a check again, or pressed one of its buttons.

    Attributes:
        external_id: of the check run: the deployment's id; empty when a whole suite is asked for again.
        sha: the commit of the check or suite.
    """

    address: RepositoryAddress
    repository: Repository
    action: CheckAction
    external_id: str
    sha: CommitSha
    sender: Author = field(default_factory=Author)


@dataclass(frozen=True, slots=True)
class NotInteresting:
    """A delivery that can never deploy anything.

    Attributes:
        reason: what it is, for the recorded decision: `unknown_event`, `ping`, ….
    """

    reason: str


Event = (
    PushReceived
    | PullRequestChanged
    | InstallationChanged
    | AccessChanged
    | RepositoryChanged
    | CheckRequested
    | NotInteresting
)
