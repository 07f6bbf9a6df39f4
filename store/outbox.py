"""The outbox: what GitHub has not been told of yet."""

from collections.abc import Callable

from sqlalchemy import Connection, func, insert, select, update

from domain.deployments import Deployment, DeploymentStatus
from domain.identifiers import DeploymentId
from domain.ports.jobs import Job
from domain.records import PendingReport
from store.tables import deployments, outbox


def queue_report(connection: Connection, defer: Callable[[Job], None], deployment: Deployment) -> None:
    """Remember that GitHub must hear of the deployment's status, and ask for the job that tells it."""
    connection.execute(insert(outbox), {"deployment_id": deployment.id, "status": deployment.status.value})
    defer(Job(kind="report", key=deployment.id, lock=f"report:{deployment.id}"))


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


def mark_reported(
    connection: Connection, deployment_id: DeploymentId, status: DeploymentStatus, check_run_id: int
) -> None:
    """Close every row up to the newest one of `status`, and keep the id of the check run."""
    of_deployment = outbox.c.deployment_id == deployment_id
    told = select(func.max(outbox.c.id)).where(of_deployment, outbox.c.status == status.value).scalar_subquery()
    connection.execute(
        update(outbox).where(of_deployment, outbox.c.sent_at.is_(None), outbox.c.id <= told).values(sent_at=func.now())
    )
    connection.execute(update(deployments).where(deployments.c.id == deployment_id).values(check_run_id=check_run_id))
