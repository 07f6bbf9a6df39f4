"""Environments: which branch leads to one, and which deployment is current in it."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, exists, select, update

from domain.deployments import Deployment, DeploymentStatus
from domain.environments import PRIORITY, Environment
from domain.errors import NotFound
from domain.identifiers import EnvironmentId, ProjectId
from domain.source import BranchName
from store.rows import environment_of
from store.tables import deployments, environments


def get_environment(connection: Connection, environment_id: EnvironmentId) -> Environment:
    """Return it, or raise `NotFound` (`environment_not_found`)."""
    row = connection.execute(select(environments).where(environments.c.id == environment_id)).mappings().one_or_none()
    if row is None:
        raise _not_found(environment_id)
    return environment_of(row)


def list_environments(connection: Connection, project_id: ProjectId) -> tuple[Environment, ...]:
    """Return the project's environments, production first."""
    rows = connection.execute(select(environments).where(environments.c.project_id == project_id)).mappings()
    found = [environment_of(row) for row in rows]
    return tuple(sorted(found, key=lambda environment: (-PRIORITY[environment.kind], environment.slug)))


def track_branch(connection: Connection, environment_id: EnvironmentId, branch: BranchName | None) -> None:
    """Let pushes to `branch` deploy to the environment, or raise `NotFound` (`environment_not_found`)."""
    statement = update(environments).where(environments.c.id == environment_id).values(tracked_branch=branch)
    if connection.execute(statement).rowcount == 0:
        raise _not_found(environment_id)


def lock_environment(connection: Connection, environment_id: EnvironmentId) -> RowMapping:
    """Return the row, locked until the transaction ends: its counters are given out by one transaction at a time.

    The lock lets other transactions refer to the row meanwhile (`FOR NO KEY UPDATE`).
    """
    query = select(environments).where(environments.c.id == environment_id).with_for_update(key_share=True)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise _not_found(environment_id)
    return row


def make_current(connection: Connection, deployment: Deployment, now: datetime) -> bool:
    """Make a DEPLOYED deployment current unless a newer one is: compare and set on its sequence."""
    is_deployed = exists().where(
        deployments.c.id == deployment.id, deployments.c.status == DeploymentStatus.DEPLOYED.value
    )
    statement = (
        update(environments)
        .where(
            environments.c.id == deployment.environment_id,
            environments.c.current_sequence < deployment.sequence,
            is_deployed,
        )
        .values(current_deployment_id=deployment.id, current_sequence=deployment.sequence, current_at=now)
    )
    if connection.execute(statement).rowcount == 1:
        return True
    return get_environment(connection, deployment.environment_id).current_deployment_id == deployment.id


def make_current_again(connection: Connection, deployment: Deployment, now: datetime) -> None:
    """Make it current under a fresh sequence, so that no build begun before can displace it."""
    sequence = lock_environment(connection, deployment.environment_id)["last_sequence"] + 1
    connection.execute(
        update(environments)
        .where(environments.c.id == deployment.environment_id)
        .values(
            last_sequence=sequence,
            current_sequence=sequence,
            current_deployment_id=deployment.id,
            current_at=now,
        )
    )


def _not_found(environment_id: str) -> NotFound:
    return NotFound(
        "environment_not_found", f"There is no environment {environment_id[:80]}: it may have been removed."
    )
