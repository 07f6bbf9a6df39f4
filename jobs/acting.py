"""Acting on decisions: what each of them changes, inside the transaction that records it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.decisions import (
    ApproveDeployment,
    ArchivePreview,
    CancelDeployment,
    Decision,
    Ignore,
    PromoteDeployment,
    Redeploy,
    RejectPreview,
    StartDeployment,
    StartPreview,
)
from domain.deployments import DeployedPullRequest, DeploymentStatus
from domain.events import PushReceived
from domain.identifiers import DeploymentId, EnvironmentId
from domain.ports.forge import Forge
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
from domain.pull_requests import Author, PullRequest
from domain.reasons import Reason
from domain.records import NewDeployment
from domain.source import RepositoryAddress, branch_ref

Outcome = tuple[Decision, DeploymentId | None]
"""A decision and the deployment it led to."""
Act = Callable[[UnitOfWork], Sequence[Outcome]]
"""Decides and acts, as the store stands inside the transaction; what GitHub had to say was asked before."""


@dataclass(frozen=True, slots=True)
class DeliveryPorts:
    """What deciding about deliveries needs of the world."""

    store: Store
    forge: Forge
    clock: Clock


@dataclass(frozen=True, slots=True)
class Occasion:
    """What made us look at a pull request.

    Attributes:
        address: the repository the pull request wants to change.
        sender: who did something to it; nobody for a sweep.
        pull_request: as it is now.
    """

    address: RepositoryAddress
    sender: Author
    pull_request: PullRequest | None


def record(*decisions: Decision) -> Act:
    """Return what only records the decisions."""
    return lambda _work: [(decision, None) for decision in decisions]


def act_on_push(work: UnitOfWork, event: PushReceived, decision: Decision, now: datetime) -> Outcome:
    """Start or promote what the push leads to."""
    match decision:
        case StartDeployment():
            wanted = NewDeployment(
                project_id=decision.project_id,
                environment_id=decision.environment_id,
                commit=decision.commit,
                ref=event.ref,
                before=event.before,
                triggered_by=event.pusher,
            )
            return _create(work, decision, wanted, now)
        case PromoteDeployment():
            return _promote(work, decision, now)
        case _:
            return decision, None


def act_on_pull_request(work: UnitOfWork, occasion: Occasion, decision: Decision, now: datetime) -> Outcome:
    """Bring the preview to where the pull request is."""
    match decision:
        case StartPreview():
            return _start_preview(work, occasion, decision, now)
        case RejectPreview():
            return _reject_preview(work, occasion, decision, now)
        case PromoteDeployment():
            return _promote(work, decision, now)
        case ArchivePreview():
            state = occasion.pull_request.state if occasion.pull_request else "closed"
            work.previews.archive(decision.environment_id, f"The pull request was {state}.", now)
            return decision, None
        case _:
            return decision, None


def act_on_check(work: UnitOfWork, decision: Decision, now: datetime) -> Outcome:
    """Do what somebody asked for in the Checks tab."""
    match decision:
        case Redeploy():
            return _redeploy(work, decision, now)
        case CancelDeployment():
            work.deployments.cancel(decision.deployment_id, f"Canceled by {decision.asked_by} on GitHub.", now)
            return decision, decision.deployment_id
        case ApproveDeployment():
            work.deployments.approve(decision.deployment_id, decision.asked_by)
            return decision, decision.deployment_id
        case PromoteDeployment():
            return _promote(work, decision, now)
        case _:
            return decision, None


def _create(work: UnitOfWork, decision: Decision, wanted: NewDeployment, now: datetime) -> Outcome:
    deployment = work.deployments.create(wanted, now)
    if deployment is None:
        return Ignore(Reason.ALREADY_IN_PROGRESS, wanted.project_id, wanted.environment_id), None
    return decision, deployment.id


def _promote(work: UnitOfWork, decision: PromoteDeployment, now: datetime) -> Outcome:
    if decision.under_way:
        work.deployments.move_ahead(decision.deployment_id, now)
    else:
        work.deployments.promote_again(decision.deployment_id, now)
    return decision, decision.deployment_id


def _start_preview(work: UnitOfWork, occasion: Occasion, decision: StartPreview, now: datetime) -> Outcome:
    environment = work.previews.ensure(decision.project_id, decision.key, now)
    started = replace(decision, environment_id=environment.id)
    if decision.built is not None:
        work.deployments.promote_again(decision.built, now)
        return started, decision.built
    return _create(work, started, _wanted_of(decision, environment.id, occasion), now)


def _reject_preview(work: UnitOfWork, occasion: Occasion, decision: RejectPreview, now: datetime) -> Outcome:
    """Leave a failed deployment in an archived preview: that is what GitHub shows a failed check for."""
    environment = work.previews.ensure(decision.project_id, decision.key, now)
    wanted = replace(_wanted_of(decision, environment.id, occasion), forced=True)
    deployment = work.deployments.create(wanted, now)
    if deployment is not None:
        work.deployments.advance(deployment, DeploymentStatus.FAILED, now, failure=decision.failure)
    work.previews.archive(environment.id, "The project has as many previews as it may have.", now)
    return replace(decision, environment_id=environment.id), deployment.id if deployment else None


def _wanted_of(
    decision: StartPreview | RejectPreview, environment_id: EnvironmentId, occasion: Occasion
) -> NewDeployment:
    pull_request, repository_id = decision.pull_request, occasion.address.repository_id
    # A fork's branch is not in the repository itself; this ref of its commit is.
    fork_ref = f"refs/pull/{pull_request.number}/head"
    return NewDeployment(
        project_id=decision.project_id,
        environment_id=environment_id,
        commit=pull_request.head,
        ref=fork_ref if pull_request.is_fork_of(repository_id) else branch_ref(decision.key.branch),
        before=None,
        triggered_by=occasion.sender if occasion.sender.login else pull_request.author,
        pull_request=DeployedPullRequest(
            number=pull_request.number,
            title=pull_request.title,
            state=pull_request.state,
            trusted=pull_request.is_trusted_by(repository_id),
            base_sha=pull_request.base.sha,
        ),
        held=isinstance(decision, StartPreview) and decision.held,
    )


def _redeploy(work: UnitOfWork, decision: Redeploy, now: datetime) -> Outcome:
    earlier = work.deployments.get(decision.deployment_id)
    wanted = NewDeployment(
        project_id=earlier.project_id,
        environment_id=earlier.environment_id,
        commit=earlier.commit,
        ref=earlier.ref,
        before=earlier.before,
        triggered_by=decision.asked_by,
        pull_request=earlier.pull_request,
        forced=True,
    )
    return _create(work, decision, wanted, now)
