"""Deciding about what people ask for in GitHub's Checks tab."""

from domain.check_routing import CheckedState
from domain.check_routing import decide_check as route
from domain.decisions import Decision, Ignore
from domain.deployments import Deployment
from domain.errors import NotFound
from domain.events import CheckRequested
from domain.identifiers import DeploymentId
from domain.ports.forge import Forge
from domain.ports.store import UnitOfWork
from domain.reasons import Reason


def look_up_access(forge: Forge, event: CheckRequested) -> bool:
    """Ask GitHub whether whoever pressed the button may write to the repository: now, not when it was shown."""
    return forge.has_write_access(event.address, event.sender.login)


def decide_check(work: UnitOfWork, event: CheckRequested, *, may_write: bool) -> tuple[Decision, ...]:
    """Return one decision for each deployment the request concerns."""
    decisions = tuple(
        _decide(work, event, deployment, may_write=may_write) for deployment in _list_deployments(work, event)
    )
    return decisions or (Ignore(Reason.CHECK_UNKNOWN),)


def _list_deployments(work: UnitOfWork, event: CheckRequested) -> tuple[Deployment, ...]:
    if not event.external_id:
        return work.deployments.list_of_commit(event.address.repository_id, event.sha)
    try:
        return (work.deployments.get(DeploymentId(event.external_id)),)
    except NotFound:
        return ()


def _decide(work: UnitOfWork, event: CheckRequested, deployment: Deployment, *, may_write: bool) -> Decision:
    connection = work.projects.find_connection(deployment.project_id)
    belongs = connection is not None and connection.address.repository_id == event.address.repository_id
    if connection is None or not belongs or deployment.commit.sha != event.sha:
        # A check of another repository, or of another commit, says nothing about this deployment.
        return Ignore(Reason.CHECK_UNKNOWN)
    preview = work.projects.get_environment(deployment.environment_id).preview
    archived = preview is not None and preview.archived_at is not None
    return route(event, deployment, CheckedState(connection.state, archived), may_write=may_write)
