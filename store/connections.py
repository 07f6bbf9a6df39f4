"""Connections: which repository a project has, and whether it may deploy, told from what is known of GitHub."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql

from domain import environments as values
from domain.environments import ConnectionState
from domain.errors import Conflict, NotFound
from domain.identifiers import ProjectId, RepositoryId
from store.rows import connection_of
from store.tables import connections, installations, repositories

_state: ColumnElement[str] = case(
    (or_(installations.c.deleted_at.is_not(None), ~repositories.c.accessible), ConnectionState.ACCESS_LOST.value),
    (installations.c.suspended_at.is_not(None), ConnectionState.SUSPENDED.value),
    (repositories.c.archived, ConnectionState.ARCHIVED.value),
    (connections.c.paused, ConnectionState.PAUSED.value),
    else_=ConnectionState.ACTIVE.value,
)
CONNECTED: Final[FromClause] = connections.join(repositories, repositories.c.id == connections.c.repository_id).join(
    installations, installations.c.id == repositories.c.installation_id
)
"""Connections with their repository and the installation that sees it."""
STATE_COLUMN: Final = _state.label("state")
"""The state of a connection, over `CONNECTED`. What has to be mended on GitHub is told before what was chosen here."""
IS_ACTIVE: Final = _state == ConnectionState.ACTIVE.value


def find_connection(connection: Connection, project_id: ProjectId) -> values.Connection | None:
    """Return the project's connection with its derived state, None when it has none."""
    query: Select[Any] = (
        select(connections.c.project_id, connections.c.repository_id, repositories.c.installation_id, STATE_COLUMN)
        .select_from(CONNECTED)
        .where(connections.c.project_id == project_id)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else connection_of(row)


def add_connection(connection: Connection, project: values.Project, repository_id: RepositoryId) -> None:
    """Connect the repository, which must be known; `Conflict` (`already_connected`) when the project has one."""
    statement = postgresql.insert(connections).values(project_id=project.id, repository_id=repository_id)
    on_project = statement.on_conflict_do_nothing(index_elements=[connections.c.project_id]).returning(
        connections.c.project_id
    )
    if connection.execute(on_project).first() is None:
        raise Conflict(
            "already_connected",
            f"Project {project.slug} has a repository already: disconnect that one first.",
        )


def pause(connection: Connection, project: values.Project, *, paused: bool) -> None:
    """Stop automatic deployments, or let them go on; `NotFound` (`project_not_connected`)."""
    statement = update(connections).where(connections.c.project_id == project.id).values(paused=paused)
    if connection.execute(statement).rowcount == 0:
        raise NotFound(
            "project_not_connected",
            f"Project {project.slug} has no repository: connect one with pushwright project connect.",
        )


def begin_watching(connection: Connection, repository_id: RepositoryId) -> bool:
    """Mark the repository's connections as watched; True when none of them was."""
    rows = select(connections.c.watched_at).where(connections.c.repository_id == repository_id).with_for_update()
    moments = connection.execute(rows).scalars().all()
    unwatched = update(connections).where(
        connections.c.repository_id == repository_id, connections.c.watched_at.is_(None)
    )
    connection.execute(unwatched.values(watched_at=func.now()))
    return all(moment is None for moment in moments)


def remove_connection(connection: Connection, project_id: ProjectId) -> None:
    """Forget the connection, if there is one."""
    connection.execute(delete(connections).where(connections.c.project_id == project_id))
