"""Transitions: the guarded updates by which the status of deployments changes, each with its report."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, update

from domain.deployments import IN_FLIGHT, Deployment, DeploymentStatus, Failure, sources_of
from domain.identifiers import EnvironmentId
from domain.ports.jobs import Job
from store.outbox import queue_report
from store.rows import deployment_of, failure_columns
from store.tables import deployments


def change(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], changes: dict[str, Any]
) -> tuple[Deployment, ...]:
    """Change the deployments for which every condition holds, and return them as they are now, oldest first."""
    statement = update(deployments).where(*conditions).values(**changes).returning(deployments)
    changed = [deployment_of(row) for row in connection.execute(statement).mappings()]
    return tuple(sorted(changed, key=lambda deployment: deployment.sequence))


def move(
    connection: Connection,
    defer: Callable[[Job], None],
    conditions: Sequence[ColumnElement[bool]],
    status: DeploymentStatus,
    changes: dict[str, Any],
) -> tuple[Deployment, ...]:
    """Change those of the deployments that may go to `status`, and queue their reports."""
    moved = change(connection, (*conditions, has_status(sources_of(status))), {"status": status.value} | changes)
    for deployment in moved:
        queue_report(connection, defer, deployment)
    return moved


def cancel(
    connection: Connection,
    defer: Callable[[Job], None],
    conditions: Sequence[ColumnElement[bool]],
    failure: Failure,
    now: datetime,
) -> tuple[Deployment, ...]:
    """Cancel those of the deployments that are in flight, and return them."""
    status = DeploymentStatus.CANCELED
    return move(connection, defer, conditions, status, changes_to(status, now, failure))


def in_environment(environment_id: EnvironmentId) -> ColumnElement[bool]:
    """Return the condition that a deployment is one of the environment's."""
    return deployments.c.environment_id == environment_id


def has_status(statuses: frozenset[DeploymentStatus]) -> ColumnElement[bool]:
    """Return the condition that a deployment's status is one of these."""
    return deployments.c.status.in_(sorted(status.value for status in statuses))


def changes_to(status: DeploymentStatus, now: datetime, failure: Failure | None) -> dict[str, Any]:
    """Return the column values a deployment gets that moves to `status`, but for the status itself."""
    changes: dict[str, Any] = {_MOMENTS.get(status, "finished_at"): now}
    if status is DeploymentStatus.INSTALLING:
        # An attempt that begins again has not got as far as the one before.
        changes |= {"installed_at": None, "built_at": None}
    return changes if failure is None else changes | failure_columns(failure)


IS_IN_FLIGHT: Final = has_status(IN_FLIGHT)
"""The condition that a deployment has not ended."""
_MOMENTS: Final = {
    DeploymentStatus.INSTALLING: "started_at",
    DeploymentStatus.BUILDING: "installed_at",
    DeploymentStatus.DEPLOYING: "built_at",
}
