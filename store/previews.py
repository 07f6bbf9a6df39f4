"""Previews: environments of one branch each, which come and go with pull requests."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, or_, select, update
from sqlalchemy.dialects import postgresql

from domain.deployments import Failure
from domain.environments import Environment, EnvironmentKind
from domain.errors import NotFound
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId, RepositoryId, new_environment_id
from domain.ports.jobs import Job
from domain.pull_requests import PreviewKey, PullRequest
from domain.targets import PreviewTarget
from store.environments import active_since
from store.preview_targets import list_preview_targets
from store.rows import environment_of, storable
from store.tables import environments
from store.transitions import cancel, in_environment


class PostgresPreviews:
    """The `Previews` of one transaction."""

    def __init__(self, connection: Connection, defer: Callable[[Job], None], limit: int) -> None:
        self._connection = connection
        self._defer = defer
        self._limit = limit

    def list_targets(
        self, repository_id: RepositoryId, pull_request: PullRequest, key: PreviewKey | None
    ) -> tuple[PreviewTarget, ...]:
        """Return every project connected to the repository, with the preview the key names; by project."""
        return list_preview_targets(self._connection, repository_id, pull_request, key, self._limit)

    def ensure(self, project_id: ProjectId, key: PreviewKey, now: datetime) -> Environment:
        """Return the project's preview of this key, alive: made when there is none, taken out of the archive.

        Raises:
            NotFound: `environment_not_found`, the project has no preview environment.
        """
        row = {
            "id": new_environment_id(),
            "project_id": project_id,
            "kind": EnvironmentKind.PREVIEW.value,
            "slug": key.slug,
            "parent_id": self._lock_parent(project_id),
            "head_repository_id": key.head_repository_id,
            "branch": key.branch,
            "active_at": now,
        }
        alive = {"archived_at": None, "active_at": active_since(now)}
        statement = postgresql.insert(environments).values(**row)
        on_key = statement.on_conflict_do_update(index_elements=_KEY, set_=alive).returning(environments)
        return environment_of(self._connection.execute(on_key).mappings().one())

    def touch(self, environment_id: EnvironmentId, now: datetime) -> None:
        """Keep that something happened in the preview."""
        self._change(environment_id, active_at=active_since(now))

    def archive(self, environment_id: EnvironmentId, reason: str, now: datetime) -> tuple[DeploymentId, ...]:
        """Archive it and cancel what is in flight for it with this reason; returns what was canceled."""
        # The row is locked from here on: no deployment can be created between this and the end.
        self._change(environment_id, archived_at=func.coalesce(environments.c.archived_at, now))
        failure = Failure("canceled", storable(reason) or "The preview was archived.")
        canceled = cancel(self._connection, self._defer, (in_environment(environment_id),), failure, now)
        return tuple(deployment.id for deployment in canceled)

    def keep(self, environment_id: EnvironmentId, *, keep: bool) -> None:
        """Let it stay although nothing happens in it, or not."""
        self._change(environment_id, keep=keep)

    def list_all(self, project_id: ProjectId, *, archived: bool = False) -> tuple[Environment, ...]:
        """Return the project's previews, newest activity first; the archived ones too when asked for."""
        query = _PREVIEWS.where(environments.c.project_id == project_id)
        if not archived:
            query = query.where(_IS_ALIVE)
        return self._list(query.order_by(environments.c.active_at.desc(), environments.c.slug))

    def get_by_slug(self, project_id: ProjectId, slug: str) -> Environment:
        """Return the preview called so, or the one whose branch is called so; `NotFound` (`preview_not_found`).

        Of branches of one name in several repositories the one is meant in which something happened last.
        """
        name = storable(slug)
        is_slug = environments.c.slug == name
        query = _PREVIEWS.where(
            environments.c.project_id == project_id, or_(is_slug, environments.c.branch == name)
        ).order_by(is_slug.desc(), environments.c.archived_at.is_(None).desc(), environments.c.active_at.desc())
        found = self._list(query.limit(1))
        if not found:
            raise _not_found(slug)
        return found[0]

    def list_idle(self, since: datetime) -> tuple[Environment, ...]:
        """Return living previews without the keep switch in which nothing happened after `since`."""
        query = _PREVIEWS.where(_IS_ALIVE, ~environments.c.keep, environments.c.active_at <= since)
        return self._list(query.order_by(environments.c.active_at, environments.c.slug))

    def _lock_parent(self, project_id: ProjectId) -> EnvironmentId:
        """Return the project's preview environment, locked: previews of a project are made one after the other.

        Two that make one preview at once would else meet in one unique index and find out in another.
        """
        query = select(environments.c.id).where(
            environments.c.project_id == project_id,
            environments.c.kind == EnvironmentKind.PREVIEW.value,
            environments.c.branch.is_(None),
        )
        parent_id: EnvironmentId | None = self._connection.execute(
            query.with_for_update(key_share=True)
        ).scalar_one_or_none()
        if parent_id is None:
            raise NotFound(
                "environment_not_found",
                f"Project {project_id[:80]} has no preview environment: it may have been removed.",
            )
        return parent_id

    def _change(self, environment_id: EnvironmentId, **values: object) -> None:
        statement = update(environments).where(environments.c.id == environment_id, _HAS_BRANCH).values(**values)
        if self._connection.execute(statement).rowcount == 0:
            raise _not_found(environment_id)

    def _list(self, query: Select[Any]) -> tuple[Environment, ...]:
        return tuple(environment_of(row) for row in self._connection.execute(query).mappings())


_KEY: Final = [environments.c.project_id, environments.c.head_repository_id, environments.c.branch]
_HAS_BRANCH: Final = environments.c.branch.is_not(None)
_IS_ALIVE: Final = environments.c.archived_at.is_(None)
_PREVIEWS: Final[Select[Any]] = select(environments).where(_HAS_BRANCH)


def _not_found(name: str) -> NotFound:
    return NotFound(
        "preview_not_found", f"There is no preview {name[:80]}: pushwright previews list shows those there are."
    )
