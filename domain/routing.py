"""Routing of pushes: what a push leads to, decided from values alone and told with its reason.

The same function answers for a delivery and for `explain`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.decisions import Decision, Ignore, PromoteDeployment, StartDeployment
from domain.deployments import IN_FLIGHT, DeploymentStatus
from domain.errors import InvalidInput
from domain.events import PushReceived
from domain.reasons import Reason
from domain.records import DecidedHead
from domain.source import CommitSha, find_branch_name
from domain.targets import Changes, Target, find_overtaken, find_skip_marker, reason_of_state

_MERGE_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/")


def decide(
    event: PushReceived,
    targets: Sequence[Target],
    branch_head: CommitSha | None,
    decided: DecidedHead | None = None,
) -> tuple[Decision, ...]:
    """Return what the push leads to: one decision per tracking environment, or one that says why there is none.

    Args:
        event: the push.
        targets: every environment of every project connected to the repository.
        branch_head: what the branch points to now, None when it is gone. An event is a hint; this is the truth.
        decided: where the branch was when a push to it was decided about last, None before the first.
    """
    unfit = _unfit_ref(event)
    if unfit is not None:
        return (unfit,)
    if not targets:
        return (Ignore(Reason.NOT_CONNECTED),)
    project_ids = dict.fromkeys(target.project.id for target in targets)
    late = branch_head is not None and not moves_on(event, branch_head, decided)
    return tuple(
        decision
        for project_id in project_ids
        for decision in _decide_project(
            event, [target for target in targets if target.project.id == project_id], branch_head, late=late
        )
    )


def moves_on(event: PushReceived, branch_head: CommitSha, decided: DecidedHead | None) -> bool:
    """Whether the push brings the branch on from where it was decided about last, or to where it is now.

    One that does not is late or its predecessor is: what the branch points to now is decided about in its place. From a
    commit the branch has come back to, it may have gone on before, too; and a forced push may be the one that began
    such a round. Those count only when they end where the branch is now.
    """
    if decided is None or event.after in {branch_head, decided.sha}:
        return True
    return event.before == decided.sha and not (decided.revisited or event.forced)


def comes_back(event: PushReceived, decided: DecidedHead | None, targets: Sequence[Target]) -> bool:
    """Whether the branch may have been at the pushed commit before.

    It may, unless it went on from where it was decided about last, to a commit that was not deployed from it yet.

    Args:
        event: the push, decided about but not yet acted on.
        decided: where the branch was before that.
        targets: every environment of every project connected to the repository.
    """
    if decided is None:
        return False
    known = (one for target in tracking(event, targets) for one in target.deployments)
    goes_on = event.before == decided.sha and not event.forced
    return not goes_on or any(one.sha == event.after for one in known)


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
    event: PushReceived, targets: Sequence[Target], branch_head: CommitSha | None, *, late: bool
) -> tuple[Decision, ...]:
    project_id = targets[0].project.id
    inactive = reason_of_state(targets[0].connection, project_id)
    if inactive is not None:
        return (inactive,)
    tracked = tracking(event, targets)
    if not tracked:
        branches = sorted({t.environment.tracked_branch for t in targets if t.environment.tracked_branch})
        detail = f"Tracked: {', '.join(branches)}." if branches else "None is tracked."
        return (Ignore(Reason.NOT_TRACKED, project_id, detail=detail),)
    return tuple(_decide_environment(event, target, branch_head, late=late) for target in tracked)


def _decide_environment(event: PushReceived, target: Target, branch_head: CommitSha | None, *, late: bool) -> Decision:
    overtaken = find_overtaken(event.after, target.environment, target.deployments)
    if overtaken is not None and event.after == branch_head:
        under_way = overtaken.status in IN_FLIGHT
        return PromoteDeployment(target.project.id, target.environment.id, overtaken.id, under_way)
    ignored = _reason_to_ignore(event, target, branch_head, late=late)
    if ignored is not None:
        return replace(ignored, project_id=target.project.id, environment_id=target.environment.id)
    built = [d for d in target.deployments if d.sha == event.after and d.status is DeploymentStatus.DEPLOYED]
    if built:
        return PromoteDeployment(target.project.id, target.environment.id, built[0].id)
    return StartDeployment(target.project.id, target.environment.id, event.commit)


def _reason_to_ignore(
    event: PushReceived, target: Target, branch_head: CommitSha | None, *, late: bool
) -> Ignore | None:
    marker = find_skip_marker(event.commit.message)
    if marker is not None:
        return Ignore(Reason.SKIP_MARKER, detail=f"It contains {marker}.")
    if branch_head is None:
        return Ignore(Reason.BRANCH_DELETED)
    same = [known for known in target.deployments if known.sha == event.after]
    if any(known.status in IN_FLIGHT for known in same):
        return Ignore(Reason.ALREADY_IN_PROGRESS)
    if any(known.id == target.environment.current_deployment_id for known in same):
        return Ignore(Reason.ALREADY_DEPLOYED)
    if late or (event.after != branch_head and _is_superseded(event.after, branch_head, target)):
        return Ignore(Reason.SUPERSEDED)
    # What is under way will be current: what changed since the one that is current now does not count then.
    under_way = any(known.status in IN_FLIGHT for known in target.deployments)
    return Ignore(Reason.PATH_FILTER) if target.changes is Changes.IGNORED_ONLY and not under_way else None


def _is_superseded(sha: CommitSha, branch_head: CommitSha, target: Target) -> bool:
    """Whether what came after `sha` on the branch is here already: its delivery was the late one."""
    return any(branch_head == known.sha or sha == known.before for known in target.deployments)
