"""The outbox: what GitHub has not been told of yet."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from domain.deployments import Deployment, DeploymentStatus, GitHubTraces
from domain.identifiers import DeploymentId, RepositoryId
from domain.ports.jobs import Job
from domain.records import PendingReport
from store.connections import CONNECTED, IS_ACTIVE
from store.tables import connections, deployments, outbox


def queue_report(connection: Connection, defer: Callable[[Job], None], deployment: Deployment) -> None:
    """Remember that GitHub must hear of the deployment's status, and ask for the jobs that tell it.

    One is about the check and GitHub's deployment; one, for a pull request, is about our comment on it.
    """
    connection.execute(insert(outbox), {"deployment_id": deployment.id, "status": deployment.status.value})
    defer(Job(kind="report", key=deployment.id, lock=f"report:{deployment.id}"))
    if deployment.pull_request is not None:
        repository_id = connection.execute(_FIND_REPOSITORY, {"deployment_id": deployment.id}).scalar_one_or_none()
        if repository_id is not None:
            queue_comment(defer, repository_id, deployment.pull_request.number)


def queue_comment(defer: Callable[[Job], None], repository_id: RepositoryId, number: int) -> None:
    """Ask for the job that brings our comment on the pull request up to date."""
    key = f"{repository_id}:{number}"
    defer(Job(kind="comment", key=key, lock=f"comment:{key}"))


def list_unreported(connection: Connection, deployment_id: DeploymentId) -> tuple[PendingReport, ...]:
    """Return the rows that were not sent, oldest first, counting one more attempt."""
    statement = (
        update(outbox)
        .where(outbox.c.deployment_id == deployment_id, outbox.c.sent_at.is_(None))
        .values(attempts=outbox.c.attempts + 1)
        .returning(outbox.c.id, outbox.c.attempts)
    )
    rows = sorted(connection.execute(statement))
    return tuple(PendingReport(deployment_id, attempts - 1) for _, attempts in rows)


def queue_refused(connection: Connection, defer: Callable[[Job], None], before: datetime) -> int:
    """Ask again for the jobs of rows that were tried in vain, and return how many deployments they are of."""
    rows = connection.execute(_REFUSED, {"before": before}).all()
    for row in rows:
        defer(Job(kind="report", key=row.id, lock=f"report:{row.id}"))
        if row.pull_request_number is not None and row.pull_request_repository_id is not None:
            queue_comment(defer, row.pull_request_repository_id, row.pull_request_number)
    return len(rows)


def mark_reported(
    connection: Connection, deployment_id: DeploymentId, status: DeploymentStatus, traces: GitHubTraces
) -> None:
    """Close every row up to the newest one of `status`, and keep what GitHub has of the deployment."""
    of_deployment = outbox.c.deployment_id == deployment_id
    told = select(func.max(outbox.c.id)).where(of_deployment, outbox.c.status == status.value).scalar_subquery()
    connection.execute(
        update(outbox).where(of_deployment, outbox.c.sent_at.is_(None), outbox.c.id <= told).values(sent_at=func.now())
    )
    kept = {
        "check_run_id": traces.check_run_id,
        "github_deployment_id": traces.deployment_id,
        "github_deployment_state": traces.deployment_state,
    }
    connection.execute(update(deployments).where(deployments.c.id == deployment_id).values(**kept))


_REFUSED = (
    select(deployments.c.id, deployments.c.pull_request_repository_id, deployments.c.pull_request_number)
    .select_from(CONNECTED.join(deployments, deployments.c.project_id == connections.c.project_id))
    .where(
        IS_ACTIVE,
        exists().where(
            outbox.c.deployment_id == deployments.c.id,
            outbox.c.sent_at.is_(None),
            outbox.c.attempts > 0,
            outbox.c.created_at < bindparam("before"),
        ),
    )
    .order_by(deployments.c.created_at)
)
# A project that was connected to another repository since has nothing to say on this one's pull requests.
_FIND_REPOSITORY = (
    select(connections.c.repository_id)
    .join(deployments, deployments.c.project_id == connections.c.project_id)
    .where(
        deployments.c.id == bindparam("deployment_id"),
        deployments.c.pull_request_repository_id == connections.c.repository_id,
    )
)
