"""What the store takes and gives besides the things themselves: rows as values."""

from dataclasses import dataclass
from datetime import datetime

from domain.identifiers import DeliveryId, DeploymentId, EnvironmentId, ProjectId
from domain.source import Commit, CommitSha


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
        outcome: `start`, `promote` or `ignore`.
        reason: the reason code of an ignored one, otherwise empty.
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
    """A deployment that is wanted."""

    project_id: ProjectId
    environment_id: EnvironmentId
    commit: Commit
    ref: str
    before: CommitSha | None
    triggered_by: str
    forced: bool = False


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
