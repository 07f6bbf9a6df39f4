"""Promotion: which deployment is current in an environment.

Whoever loses its place to another is reported once more: only the check of what is not current offers to go back.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from domain.deployments import IN_FLIGHT, Deployment, DeploymentStatus
from domain.ports.jobs import Job
from store.environments import lock_environment
from store.outbox import queue_report
from store.rows import deployment_of
from store.tables import deployments, environments
from store.transitions import has_status


def promote(connection: Connection, defer: Callable[[Job], None], deployment: Deployment, now: datetime) -> bool:
    """Make a DEPLOYED deployment current unless a newer one is: compare and set on its sequence."""
    environment = lock_environment(connection, deployment.environment_id)
    if environment["current_deployment_id"] == deployment.id:
        return True
    if environment["current_sequence"] >= deployment.sequence or not _is_deployed(connection, deployment):
        return False
    _make_current(connection, deployment, now, current_sequence=deployment.sequence)
    _report_displaced(connection, defer, environment["current_deployment_id"])
    return True


def promote_again(connection: Connection, defer: Callable[[Job], None], deployment: Deployment, now: datetime) -> None:
    """Make it current under a fresh sequence, so that no build begun before can displace it."""
    environment = lock_environment(connection, deployment.environment_id)
    sequence = environment["last_sequence"] + 1
    _make_current(connection, deployment, now, current_sequence=sequence, last_sequence=sequence)
    if environment["current_deployment_id"] != deployment.id:
        _report_displaced(connection, defer, environment["current_deployment_id"])
    queue_report(connection, defer, deployment)


def move_ahead(connection: Connection, defer: Callable[[Job], None], deployment: Deployment, now: datetime) -> None:
    """Give it the newest place in its environment's order, so that no build begun before can displace it."""
    environment = lock_environment(connection, deployment.environment_id)
    sequence = environment["last_sequence"] + 1
    moved = connection.execute(
        update(deployments)
        .where(deployments.c.id == deployment.id, has_status(IN_FLIGHT))
        .values(sequence=sequence)
        .returning(deployments.c.id)
    ).first()
    if moved is not None:
        counters = update(environments).where(environments.c.id == deployment.environment_id)
        connection.execute(counters.values(last_sequence=sequence))
    elif _is_deployed(connection, deployment):
        promote_again(connection, defer, deployment, now)


def _is_deployed(connection: Connection, deployment: Deployment) -> bool:
    deployed = exists().where(
        deployments.c.id == deployment.id, deployments.c.status == DeploymentStatus.DEPLOYED.value
    )
    return bool(connection.execute(select(deployed)).scalar_one())


def _make_current(connection: Connection, deployment: Deployment, now: datetime, **counters: int) -> None:
    values: dict[str, Any] = {"current_deployment_id": deployment.id, "current_at": now, **counters}
    connection.execute(update(environments).where(environments.c.id == deployment.environment_id).values(**values))


def _report_displaced(connection: Connection, defer: Callable[[Job], None], deployment_id: str | None) -> None:
    if deployment_id is not None:
        query = select(deployments).where(deployments.c.id == deployment_id)
        queue_report(connection, defer, deployment_of(connection.execute(query).mappings().one()))
