"""Preview targets: what routing of pull requests must know about a repository, in a handful of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, func, select

from domain.environments import ConnectionState, EnvironmentKind
from domain.identifiers import RepositoryId
from domain.pull_requests import PreviewKey, PullRequest
from domain.targets import PreviewTarget
from store.connections import CONNECTED, STATE_COLUMN
from store.rows import environment_of
from store.tables import connections, deployments, environments, projects, pull_requests
from store.targets import Known, columns_of_project, list_known, project_in


def list_preview_targets(
    connection: Connection,
    repository_id: RepositoryId,
    pull_request: PullRequest,
    key: PreviewKey | None,
    preview_limit: int,
) -> tuple[PreviewTarget, ...]:
    """Return every project connected to the repository, with the preview the key names; by project."""
    rows = connection.execute(_PROJECTS, {"repository_id": repository_id}).mappings().all()
    if not rows:
        return ()
    project_ids = [row["project.id"] for row in rows]
    found = _Found(
        parents=_list_environments(connection, project_ids, environments.c.branch.is_(None)),
        previews={} if key is None else _list_environments(connection, project_ids, _is_of(key)),
        known={}
        if key is None
        else list_known(
            connection,
            environments,
            (environments.c.project_id.in_(project_ids), _is_of(key)),
            (pull_request.head.sha,),
        ),
        alive=_count_alive(connection, project_ids, key),
        shared_with=() if key is None else _list_sharing(connection, repository_id, pull_request.number, key),
    )
    return tuple(_target_of(row, found, preview_limit) for row in rows)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found for all projects, by project; deployments by environment."""

    parents: Mapping[str, RowMapping]
    previews: Mapping[str, RowMapping]
    known: Known
    alive: Mapping[str, int]
    shared_with: tuple[int, ...]


def _target_of(row: RowMapping, found: _Found, preview_limit: int) -> PreviewTarget:
    project = project_in(row)
    parent, preview = found.parents.get(project.id), found.previews.get(project.id)
    return PreviewTarget(
        project=project,
        connection=ConnectionState(row["state"]),
        parent=None if parent is None else environment_of(parent),
        existing=None if preview is None else environment_of(preview),
        deployments=() if preview is None else tuple(found.known.get(preview["id"], ())),
        current_sha=None if preview is None else preview["current_sha"],
        active_previews=found.alive.get(project.id, 0),
        preview_limit=preview_limit,
        shared_with=found.shared_with,
    )


_PROJECTS: Final[Select[Any]] = (
    select(STATE_COLUMN, *columns_of_project())
    .select_from(CONNECTED.join(projects, projects.c.id == connections.c.project_id))
    .where(connections.c.repository_id == bindparam("repository_id"))
    .order_by(projects.c.slug)
)


def _list_environments(
    connection: Connection, project_ids: Sequence[str], condition: ColumnElement[bool]
) -> dict[str, RowMapping]:
    query = (
        select(environments, deployments.c.sha.label("current_sha"))
        .outerjoin(deployments, deployments.c.id == environments.c.current_deployment_id)
        .where(environments.c.project_id.in_(project_ids), _IS_PREVIEW, condition)
    )
    return {row["project_id"]: row for row in connection.execute(query).mappings()}


def _count_alive(connection: Connection, project_ids: Sequence[str], key: PreviewKey | None) -> dict[str, int]:
    others = () if key is None else (~_is_of(key),)
    query = (
        select(environments.c.project_id, func.count().label("alive"))
        .where(
            environments.c.project_id.in_(project_ids),
            environments.c.branch.is_not(None),
            environments.c.archived_at.is_(None),
            *others,
        )
        .group_by(environments.c.project_id)
    )
    return {row.project_id: row.alive for row in connection.execute(query)}


def _list_sharing(connection: Connection, repository_id: RepositoryId, number: int, key: PreviewKey) -> tuple[int, ...]:
    query = select(pull_requests.c.number).where(
        pull_requests.c.repository_id == repository_id,
        pull_requests.c.head_repository_id == key.head_repository_id,
        pull_requests.c.head_branch == key.branch,
        pull_requests.c.is_open,
        pull_requests.c.number != number,
    )
    return tuple(connection.execute(query.order_by(pull_requests.c.number)).scalars())


_IS_PREVIEW: Final = environments.c.kind == EnvironmentKind.PREVIEW.value


def _is_of(key: PreviewKey) -> ColumnElement[bool]:
    return (environments.c.head_repository_id == key.head_repository_id) & (environments.c.branch == key.branch)
