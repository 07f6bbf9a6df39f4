"""Targets: what routing has to know of the environments an event may concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.decisions import Ignore
from domain.deployments import IN_FLIGHT, DeploymentStatus
from domain.environments import ConnectionState, Environment, Project
from domain.identifiers import DeploymentId, ProjectId
from domain.reasons import Reason
from domain.source import CommitSha

SKIP_MARKERS: Final = ("[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]")


class Changes(StrEnum):
    """What changed since the environment's current deployment, seen through the project's ignored paths."""

    UNKNOWN = "unknown"
    RELEVANT = "relevant"
    IGNORED_ONLY = "ignored_only"


@dataclass(frozen=True, slots=True)
class KnownDeployment:
    """What routing needs to know of a deployment that exists.

    Attributes:
        sequence: its place in the order of the environment's deployments.
    """

    id: DeploymentId
    sha: CommitSha
    before: CommitSha | None
    status: DeploymentStatus
    held: bool = False
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """An environment of a project connected to the repository the event came from.

    Attributes:
        deployments: the environment's deployments of the pushed commit, of the branch's head and the newest
            ones, newest first.
        current_sha: the commit of the environment's current deployment, None before the first.
    """

    project: Project
    environment: Environment
    connection: ConnectionState
    deployments: tuple[KnownDeployment, ...] = ()
    current_sha: CommitSha | None = None
    changes: Changes = Changes.UNKNOWN


@dataclass(frozen=True, slots=True)
class PreviewTarget:
    """A project whose repository a pull request wants to change.

    Attributes:
        parent: the project's preview environment; None when it has none.
        existing: the pull request's preview, archived or not; None when there never was one.
        deployments: the preview's deployments of the head commit and the newest ones, newest first.
        current_sha: the commit of the preview's current deployment.
        active_previews: how many previews of the project are alive, this one not counted.
        preview_limit: how many may be.
        shared_with: other open pull requests of the same repository with the same head branch.
    """

    project: Project
    connection: ConnectionState
    parent: Environment | None
    existing: Environment | None = None
    deployments: tuple[KnownDeployment, ...] = ()
    current_sha: CommitSha | None = None
    active_previews: int = 0
    preview_limit: int = 20
    shared_with: tuple[int, ...] = ()
    changes: Changes = Changes.UNKNOWN

    @property
    def is_alive(self) -> bool:
        """Whether the preview exists and is not archived."""
        preview = self.existing.preview if self.existing else None
        return preview is not None and preview.archived_at is None


def find_overtaken(
    sha: CommitSha, environment: Environment, deployments: Sequence[KnownDeployment]
) -> KnownDeployment | None:
    """Return the deployment of the commit, current or under way, that a later one of another commit will displace.

    A branch that goes back to a commit comes into this: what was begun in between must not end up on top.
    """
    live = [known for known in deployments if known.sha == sha and _is_live(known, environment)]
    if not live:
        return None
    newest = max(live, key=lambda known: _rank(known, environment))
    others = [known.sequence for known in deployments if known.status in IN_FLIGHT and known.id != newest.id]
    last = max([environment.current_sequence, *others])
    return newest if _rank(newest, environment) < last else None


def _is_live(known: KnownDeployment, environment: Environment) -> bool:
    return known.status in IN_FLIGHT or known.id == environment.current_deployment_id


def _rank(known: KnownDeployment, environment: Environment) -> int:
    """Return its place in the order; what was made current again has a later one than it was made with."""
    return environment.current_sequence if known.id == environment.current_deployment_id else known.sequence


def reason_of_state(connection: ConnectionState, project_id: ProjectId) -> Ignore | None:
    """Return why nothing of the repository deploys, None when it may."""
    reason = _INACTIVE.get(connection)
    return None if reason is None else Ignore(reason, project_id)


def find_skip_marker(message: str) -> str | None:
    """Return the marker in a commit message that asks to skip deployment, None when there is none."""
    text = message.lower()
    return next((marker for marker in SKIP_MARKERS if marker in text), None)


_INACTIVE: Final = {
    ConnectionState.SUSPENDED: Reason.SUSPENDED,
    ConnectionState.ACCESS_LOST: Reason.ACCESS_LOST,
    ConnectionState.ARCHIVED: Reason.ARCHIVED,
    ConnectionState.PAUSED: Reason.PAUSED,
}
