"""Routing: what a push leads to, decided from values alone and told with its reason.

The same function answers for a delivery and for `explain`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.deployments import IN_FLIGHT, DeploymentStatus
from domain.environments import ConnectionState, Environment, Project
from domain.errors import InvalidInput
from domain.events import PushReceived
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.source import Commit, CommitSha, find_branch_name

SKIP_MARKERS: Final = ("[skip ci]", "[ci skip]", "[no ci]", "[skip deploy]")
_MERGE_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/")


class Reason(StrEnum):
    """Why a delivery did not start a deployment."""

    BRANCH_DELETED = "branch_deleted"
    TAG = "tag"
    NOT_A_BRANCH = "not_a_branch"
    MERGE_QUEUE_REF = "merge_queue_ref"
    BRANCH_NAME_INVALID = "branch_name_invalid"
    NOT_CONNECTED = "not_connected"
    NOT_TRACKED = "not_tracked"
    SUSPENDED = "suspended"
    ACCESS_LOST = "access_lost"
    PAUSED = "paused"
    SKIP_MARKER = "skip_marker"
    SUPERSEDED = "superseded"
    ALREADY_DEPLOYED = "already_deployed"
    ALREADY_IN_PROGRESS = "already_in_progress"
    UNKNOWN_EVENT = "unknown_event"
    PAYLOAD_INVALID = "payload_invalid"


_EXPLANATIONS: Final = {
    Reason.BRANCH_DELETED: ("The branch was deleted.", "Push the branch again to deploy it."),
    Reason.TAG: ("A tag was pushed; tags do not deploy.", "Push the commit to a tracked branch."),
    Reason.NOT_A_BRANCH: ("The ref is not a branch.", "Push the commit to a tracked branch."),
    Reason.MERGE_QUEUE_REF: (
        "The ref belongs to GitHub's merge queue.",
        "Nothing to do: the merged commit deploys when it reaches its branch.",
    ),
    Reason.BRANCH_NAME_INVALID: ("The branch name is not one git accepts.", "Rename the branch and push it."),
    Reason.NOT_CONNECTED: (
        "No project is connected to this repository.",
        "Connect it: pushwright project connect PROJECT --repo OWNER/NAME.",
    ),
    Reason.NOT_TRACKED: (
        "No environment of the project tracks this branch.",
        "Track it in the project's git settings, or push to a tracked branch.",
    ),
    Reason.SUSPENDED: (
        "The GitHub App installation is suspended.",
        "Unsuspend it in the account's settings on GitHub.",
    ),
    Reason.ACCESS_LOST: (
        "The GitHub App has no access to the repository any more.",
        "Give the App access to the repository in the installation's settings on GitHub.",
    ),
    Reason.PAUSED: (
        "Automatic deployments of the project are paused.",
        "Resume them in the project's git settings.",
    ),
    Reason.SKIP_MARKER: (
        "The commit message asks to skip deployment.",
        "Push a commit without a marker such as [skip ci].",
    ),
    Reason.SUPERSEDED: ("A newer push to the branch is already deployed or on its way.", "Nothing to do."),
    Reason.ALREADY_DEPLOYED: (
        "This commit is what the environment runs.",
        "Push another commit (an empty one will do) to deploy again.",
    ),
    Reason.ALREADY_IN_PROGRESS: (
        "This commit is being deployed already.",
        "Nothing to do: wait for it to end.",
    ),
    Reason.UNKNOWN_EVENT: ("This kind of event never deploys.", "Nothing to do."),
    Reason.PAYLOAD_INVALID: (
        "The payload is not what GitHub documents for this event.",
        "See the delivery's failure; redeliver it from the App's settings on GitHub when it is fixed.",
    ),
}


@dataclass(frozen=True, slots=True)
class KnownDeployment:
    """What routing needs to know of a deployment that exists."""

    id: DeploymentId
    sha: CommitSha
    before: CommitSha | None
    status: DeploymentStatus


@dataclass(frozen=True, slots=True)
class Target:
    """An environment of a project connected to the repository the event came from.

    Attributes:
        deployments: the environment's deployments of the pushed commit, of the branch's head and the newest
            ones, newest first.
    """

    project: Project
    environment: Environment
    connection: ConnectionState
    deployments: tuple[KnownDeployment, ...] = ()


@dataclass(frozen=True, slots=True)
class StartDeployment:
    """Bring the commit to the environment."""

    project_id: ProjectId
    environment_id: EnvironmentId
    commit: Commit


@dataclass(frozen=True, slots=True)
class PromoteDeployment:
    """The commit was built before and the branch is back at it: make that deployment current again."""

    project_id: ProjectId
    environment_id: EnvironmentId
    deployment_id: DeploymentId


@dataclass(frozen=True, slots=True)
class Ignore:
    """Do nothing, and say why.

    Attributes:
        project_id: None when no project is concerned.
        environment_id: None when the reason holds for the whole project.
        detail: what makes the sentence concrete, may be empty.
    """

    reason: Reason
    project_id: ProjectId | None = None
    environment_id: EnvironmentId | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What was decided and why, for a person."""
        return " ".join(filter(None, (_EXPLANATIONS[self.reason][0], self.detail)))

    @property
    def hint(self) -> str:
        """What would make it deploy."""
        return _EXPLANATIONS[self.reason][1]


Decision = StartDeployment | PromoteDeployment | Ignore


def decide(event: PushReceived, targets: Sequence[Target], branch_head: CommitSha | None) -> tuple[Decision, ...]:
    """Return what the push leads to: one decision per tracking environment, or one that says why there is none.

    Args:
        event: the push.
        targets: every environment of every project connected to the repository.
        branch_head: what the branch points to now, None when it is gone. An event is a hint; this is the truth.
    """
    unfit = _unfit_ref(event)
    if unfit is not None:
        return (unfit,)
    if not targets:
        return (Ignore(Reason.NOT_CONNECTED),)
    project_ids = dict.fromkeys(target.project.id for target in targets)
    return tuple(
        decision
        for project_id in project_ids
        for decision in _decide_project(
            event, [target for target in targets if target.project.id == project_id], branch_head
        )
    )


def tracking(event: PushReceived, targets: Sequence[Target]) -> tuple[Target, ...]:
    """Return the targets that track the event's branch."""
    try:
        branch = find_branch_name(event.ref)
    except InvalidInput:
        return ()
    return tuple(target for target in targets if branch and target.environment.tracked_branch == branch)


def _unfit_ref(event: PushReceived) -> Ignore | None:
    if event.ref.startswith("refs/tags/"):
        return Ignore(Reason.TAG)
    if _MERGE_QUEUE.match(event.ref):
        return Ignore(Reason.MERGE_QUEUE_REF)
    if event.deletes_ref:
        return Ignore(Reason.BRANCH_DELETED)
    try:
        branch = find_branch_name(event.ref)
    except InvalidInput as error:
        return Ignore(Reason.BRANCH_NAME_INVALID, detail=error.sentence)
    return Ignore(Reason.NOT_A_BRANCH) if branch is None else None


def _decide_project(
    event: PushReceived, targets: Sequence[Target], branch_head: CommitSha | None
) -> tuple[Decision, ...]:
    project_id = targets[0].project.id
    inactive = _INACTIVE.get(targets[0].connection)
    if inactive is not None:
        return (Ignore(inactive, project_id),)
    tracked = tracking(event, targets)
    if not tracked:
        branches = sorted({t.environment.tracked_branch for t in targets if t.environment.tracked_branch})
        detail = f"Tracked: {', '.join(branches)}." if branches else "None is tracked."
        return (Ignore(Reason.NOT_TRACKED, project_id, detail=detail),)
    return tuple(_decide_environment(event, target, branch_head) for target in tracked)


_INACTIVE: Final = {
    ConnectionState.SUSPENDED: Reason.SUSPENDED,
    ConnectionState.ACCESS_LOST: Reason.ACCESS_LOST,
    ConnectionState.PAUSED: Reason.PAUSED,
}


def _decide_environment(event: PushReceived, target: Target, branch_head: CommitSha | None) -> Decision:
    ignored = _reason_to_ignore(event, target, branch_head)
    if ignored is not None:
        return replace(ignored, project_id=target.project.id, environment_id=target.environment.id)
    built = [d for d in target.deployments if d.sha == event.after and d.status is DeploymentStatus.DEPLOYED]
    if built:
        return PromoteDeployment(target.project.id, target.environment.id, built[0].id)
    return StartDeployment(target.project.id, target.environment.id, event.commit)


def _reason_to_ignore(event: PushReceived, target: Target, branch_head: CommitSha | None) -> Ignore | None:
    message = event.commit.message.lower()
    marker = next((marker for marker in SKIP_MARKERS if marker in message), None)
    if marker is not None:
        return Ignore(Reason.SKIP_MARKER, detail=f"It contains {marker}.")
    if branch_head is None:
        return Ignore(Reason.BRANCH_DELETED)
    same = [known for known in target.deployments if known.sha == event.after]
    if any(known.status in IN_FLIGHT for known in same):
        return Ignore(Reason.ALREADY_IN_PROGRESS)
    if any(known.id == target.environment.current_deployment_id for known in same):
        return Ignore(Reason.ALREADY_DEPLOYED)
    if event.after != branch_head and _is_superseded(event.after, branch_head, target):
        return Ignore(Reason.SUPERSEDED)
    return None


def _is_superseded(sha: CommitSha, branch_head: CommitSha, target: Target) -> bool:
    """Whether what came after `sha` on the branch is here already: its delivery was the late one."""
    return any(branch_head == known.sha or sha == known.before for known in target.deployments)
