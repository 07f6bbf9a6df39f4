"""Targets: what routing of pushes must know about a repository, in two queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Select, lateral, select, true, union

from domain.deployments import DeploymentStatus
from domain.environments import PRIORITY, ConnectionState, EnvironmentKind, Project
from domain.identifiers import RepositoryId
from domain.source import CommitSha
from domain.targets import KnownDeployment, Target
from store.connections import CONNECTED, STATE_COLUMN
from store.rows import Row, environment_of, project_of
from store.tables import connections, deployments, environments, projects

NEWEST: Final = 20
"""How many of an environment's deployments routing sees besides those of the commits asked about."""
Known = Mapping[str, Sequence[KnownDeployment]]
"""Deployments by their environment, newest first."""
_HAS_BRANCHES: Final = environments.c.kind != EnvironmentKind.PREVIEW.value


def list_targets(connection: Connection, repository_id: RepositoryId, shas: Sequence[CommitSha]) -> tuple[Target, ...]:
    """Return every environment pushes may reach, of every project connected to it, by project, production first."""
    of_repository = (connections.c.repository_id == repository_id, _HAS_BRANCHES)
    rows = connection.execute(_ENVIRONMENTS.where(*of_repository)).mappings().all()
    if not rows:
        return ()
    known = list_known(connection, _OF_CONNECTED, of_repository, shas)
    targets = [_target_of(row, known) for row in rows]
    return tuple(sorted(targets, key=_order))


def list_known(
    connection: Connection,
    source: FromClause,
    conditions: Sequence[ColumnElement[bool]],
    shas: Sequence[CommitSha],
) -> Known:
    """Return the newest deployments of environments and those of the commits.

    Args:
        connection: an open transaction.
        source: `environments`, joined with what the conditions need.
        conditions: which environments.
        shas: commits whose deployments are wanted however old they are.
    """
    columns = [deployments.c[name] for name in ("id", "environment_id", "sha", "before", "status", "held", "sequence")]
    of_environment = select(*columns).where(deployments.c.environment_id == environments.c.id).correlate(environments)
    newest = of_environment.order_by(deployments.c.sequence.desc()).limit(NEWEST)
    wanted = lateral(union(newest, of_environment.where(deployments.c.sha.in_(shas))))
    query = (
        select(wanted).select_from(source.join(wanted, true())).where(*conditions).order_by(wanted.c.sequence.desc())
    )
    known: dict[str, list[KnownDeployment]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        known[row["environment_id"]].append(
            KnownDeployment(
                row["id"], row["sha"], row["before"], DeploymentStatus(row["status"]), row["held"], row["sequence"]
            )
        )
    return known


def columns_of_project() -> list[ColumnElement[Any]]:
    """Return the columns of a project, named so that they do not meet those of something else in one row."""
    return [column.label(f"project.{column.name}") for column in projects.c]


def project_in(row: Row) -> Project:
    """Return the project whose columns (`columns_of_project`) the row has."""
    return project_of({column.name: row[f"project.{column.name}"] for column in projects.c})


_OF_CONNECTED: Final = connections.join(environments, environments.c.project_id == connections.c.project_id)
_ENVIRONMENTS: Final[Select[Any]] = select(
    environments, STATE_COLUMN, deployments.c.sha.label("current_sha"), *columns_of_project()
).select_from(
    CONNECTED.join(projects, projects.c.id == connections.c.project_id)
    .join(environments, environments.c.project_id == projects.c.id)
    .outerjoin(deployments, deployments.c.id == environments.c.current_deployment_id)
)


def _target_of(row: Row, known: Known) -> Target:
    return Target(
        project=project_in(row),
        environment=environment_of(row),
        connection=ConnectionState(row["state"]),
        deployments=tuple(known.get(row["id"], ())),
        current_sha=row["current_sha"],
    )


def _order(target: Target) -> tuple[str, int, str]:
    return target.project.slug, -PRIORITY[target.environment.kind], target.environment.slug
