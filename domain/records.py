"""What the store takes and gives besides the things themselves: rows as values."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.deployments import DeployedPullRequest, Version
from domain.events import Account
from domain.identifiers import DeliveryId, DeploymentId, EnvironmentId, InstallationId, ProjectId
from domain.pull_requests import Author
from domain.source import BranchName, Commit, CommitSha, Repository, RepositoryAddress


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One webhook call as it arrived, verified.

    Attributes:
        subject: what it is about, such as `repository:7`; deliveries about one thing are decided one at a time, in
            the order in which they arrived.
    """

    id: DeliveryId
    event_name: str
    subject: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery row without what only the page shows.

    Attributes:
        status: `received`, `processing`, `done` or `failed`.
    """

    id: DeliveryId
    event_name: str
    subject: str
    body: bytes
    status: str
    received_at: datetime
    failure: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """What was decided about a delivery, in words.

    Attributes:
        outcome: a value of `domain.decisions.Outcome`.
        reason: the reason code of an ignored or rejected one, otherwise empty.
        hint: what would make it deploy.
        project_slug: None when no project is concerned.
        environment_slug: None when the decision holds for the whole project.
    """

    outcome: str
    reason: str
    sentence: str
    hint: str
    deployment_id: DeploymentId | None
    project_slug: str | None
    environment_slug: str | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery as lists show it: without its body, with its decisions."""

    id: DeliveryId
    event_name: str
    status: str
    received_at: datetime
    finished_at: datetime | None
    failure: str
    decisions: tuple[DecisionRecord, ...]


@dataclass(frozen=True, slots=True)
class NewDeployment:
    """A deployment that is wanted.

    Attributes:
        forced: also when the same commit is in flight or deployed in the environment.
        held: somebody must approve it first.
    """

    project_id: ProjectId
    environment_id: EnvironmentId
    commit: Commit
    ref: str
    before: CommitSha | None
    triggered_by: Author = field(default_factory=Author)
    pull_request: DeployedPullRequest | None = None
    forced: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class ImageOrigin:
    """Where a deployment's image came from.

    Attributes:
        build_key: what went into it, as `ImageBuilder.find_key` says; None when that is not known.
        image_of: the version it was built for, None when it was built for this one.
    """

    build_key: str | None
    image_of: Version | None = None


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Consecutive lines of a build log.

    Attributes:
        offset: number of the chunk's first line, counted from 0 over the whole log.
        lines: the lines, each a `(phase, step, text)` triple.
    """

    offset: int
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class PendingReport:
    """An outbox row: GitHub has not been told of a transition yet.

    Attributes:
        attempts: how often telling was begun before.
    """

    deployment_id: DeploymentId
    attempts: int


@dataclass(frozen=True, slots=True)
class StoredInstallation:
    """An installation of the App, as far as we know.

    Attributes:
        account: None until GitHub told us whose it is.
        deleted_at: when the App was uninstalled.
    """

    id: InstallationId
    account: Account | None
    suspended_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredRepository:
    """A repository as GitHub described it last.

    Attributes:
        accessible: whether its installation sees it.
        projects: slugs of the projects connected to it.
    """

    address: RepositoryAddress
    repository: Repository
    accessible: bool
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecidedHead:
    """Where a branch was when a push to it was decided about last.

    Attributes:
        revisited: whether the branch may have been there before. A push that goes on from there may then be one of
            that earlier time.
    """

    sha: CommitSha
    revisited: bool = False


@dataclass(frozen=True, slots=True)
class TrackedBranch:
    """A branch that some environment tracks, for the sweep.

    Attributes:
        decided_sha: where it was when a push to it was decided about last; None before the first.
    """

    address: RepositoryAddress
    repository: Repository
    branch: BranchName
    decided_sha: CommitSha | None


@dataclass(frozen=True, slots=True)
class SeenPullRequest:
    """A pull request that was decided about, for the sweep.

    Attributes:
        head_sha: the commit it proposed then.
    """

    number: int
    head_sha: CommitSha
    draft: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """What one project's preview of a pull request is like, for the comment on it.

    Attributes:
        deployment_id: the newest deployment of the preview.
    """

    project_slug: str
    environment_slug: str
    deployment_id: DeploymentId
    archived: bool
