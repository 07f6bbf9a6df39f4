"""Targets: what routing must know about a repository, in two queries."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, lateral, select, true, union

from domain.deployments import DeploymentStatus
from domain.environments import PRIORITY, ConnectionState
from domain.identifiers import RepositoryId
from domain.routing import KnownDeployment, Target
from domain.source import CommitSha
from store.rows import environment_of, project_of
from store.tables import connections, deployments, environments, projects

NEWEST: Final = 20
"""How many of an environment's deployments routing sees besides those of the commits asked about."""


def list_targets(connection: Connection, repository_id: RepositoryId, shas: Sequence[CommitSha]) -> tuple[Target, ...]:
    """Return every environment of every project connected to the repository, by project, production first."""
    query = _ENVIRONMENTS.where(connections.c.repository_id == repository_id)
    rows = connection.execute(query).mappings().all()
    if not rows:
        return ()
    known = _list_known(connection, repository_id, shas)
    targets = [_target_of(row, tuple(known[row["id"]])) for row in rows]
    return tuple(sorted(targets, key=_order))


def _list_known(
    connection: Connection, repository_id: RepositoryId, shas: Sequence[CommitSha]
) -> dict[str, list[KnownDeployment]]:
    columns = [deployments.c[name] for name in ("id", "environment_id", "sha", "before", "status", "sequence")]
    of_environment = select(*columns).where(deployments.c.environment_id == environments.c.id).correlate(environments)
    newest = of_environment.order_by(deployments.c.sequence.desc()).limit(NEWEST)
    wanted = lateral(union(newest, of_environment.where(deployments.c.sha.in_(shas))))
    query = (
        select(wanted)
        .select_from(connections)
        .join(environments, environments.c.project_id == connections.c.project_id)
        .join(wanted, true())
        .where(connections.c.repository_id == repository_id)
        .order_by(wanted.c.sequence.desc())
    )
    known: dict[str, list[KnownDeployment]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        known[row["environment_id"]].append(
            KnownDeployment(row["id"], row["sha"], row["before"], DeploymentStatus(row["status"]))
        )
    return known


_PROJECT_COLUMNS: Final = ("id", "slug", "config_path", "install_command", "pre_build_command", "queue_policy")
_ENVIRONMENTS: Final = (
    select(environments, connections.c.state, *(projects.c[name].label(f"project.{name}") for name in _PROJECT_COLUMNS))
    .join(projects, projects.c.id == environments.c.project_id)
    .join(connections, connections.c.project_id == projects.c.id)
)


def _target_of(row: RowMapping, known: tuple[KnownDeployment, ...]) -> Target:
    project = project_of({name: row[f"project.{name}"] for name in _PROJECT_COLUMNS})
    return Target(project, environment_of(row), ConnectionState(row["state"]), known)


def _order(target: Target) -> tuple[str, int, str]:
    return target.project.slug, -PRIORITY[target.environment.kind], target.environment.slug
