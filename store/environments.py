"""Environments: which there are, and which branch leads to one."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, case, func, select, update

from domain.environments import PRIORITY, Environment
from domain.errors import NotFound
from domain.identifiers import EnvironmentId, ProjectId
from domain.source import BranchName
from store.rows import environment_of
from store.tables import environments


def get_environment(connection: Connection, environment_id: EnvironmentId) -> Environment:
    """Return it, or raise `NotFound` (`environment_not_found`)."""
    row = connection.execute(select(environments).where(environments.c.id == environment_id)).mappings().one_or_none()
    if row is None:
        raise _not_found(environment_id)
    return environment_of(row)


def list_environments(connection: Connection, project_id: ProjectId) -> tuple[Environment, ...]:
    """Return the project's environments but the previews of branches, production first."""
    query = select(environments).where(environments.c.project_id == project_id, environments.c.branch.is_(None))
    found = [environment_of(row) for row in connection.execute(query).mappings()]
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


def active_since(now: datetime) -> ColumnElement[datetime | None]:
    """Return the value of `active_at` after something happened: later than before in a preview, NULL elsewhere."""
    return case((environments.c.branch.is_not(None), func.greatest(environments.c.active_at, now)))


def _not_found(environment_id: str) -> NotFound:
    return NotFound(
        "environment_not_found", f"There is no environment {environment_id[:80]}: it may have been removed."
    )
