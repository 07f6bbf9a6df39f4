"""Projects, their build settings and the repository each is connected to."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from domain import environments as values
from domain.environments import BuildSettings, ConnectionState, Environment, Project
from domain.errors import Conflict, NotFound
from domain.identifiers import EnvironmentId, InstallationId, ProjectId
from domain.routing import Target
from domain.source import BranchName, CommitSha, Repository, RepositoryAddress
from store.environments import get_environment, list_environments, track_branch
from store.rows import connection_of, project_of
from store.tables import connections, environments, installations, projects, repositories
from store.targets import list_targets


class PostgresProjects:
    """The `Projects` of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, project: Project, environments: Sequence[Environment]) -> None:
        """Store a new project; `Conflict` (`project_exists`) when the slug is taken."""
        statement = postgresql.insert(projects).values(
            id=project.id,
            slug=project.slug,
            queue_policy=project.queue_policy.value,
            **_settings_columns(project.settings),
        )
        on_slug = statement.on_conflict_do_nothing(index_elements=[projects.c.slug]).returning(projects.c.id)
        if self._connection.execute(on_slug).first() is None:
            raise Conflict("project_exists", f"There is a project {project.slug} already: choose another name.")
        self._add_environments(environments)

    def get(self, project_id: ProjectId) -> Project:
        """Return it, or raise `NotFound` (`project_not_found`)."""
        return self._read(projects.c.id == project_id, project_id)

    def get_by_slug(self, slug: str) -> Project:
        """Return it, or raise `NotFound` (`project_not_found`)."""
        return self._read(projects.c.slug == slug, slug)

    def list_all(self) -> tuple[Project, ...]:
        """Return every project, by slug."""
        rows = self._connection.execute(select(projects).order_by(projects.c.slug)).mappings()
        return tuple(project_of(row) for row in rows)

    def remember_repository(self, installation_id: InstallationId, repository: Repository) -> None:
        """Keep what GitHub said last of the repository: its names, and the installation that sees it."""
        self._connection.execute(_REMEMBER_INSTALLATION, {"id": installation_id})
        facts = {
            "installation_id": installation_id,
            "full_name": repository.full_name,
            "default_branch": repository.default_branch,
            "private": repository.private,
        }
        statement = postgresql.insert(repositories).values(id=repository.id, **facts)
        changes = {**facts, "seen_at": func.now()}
        self._connection.execute(statement.on_conflict_do_update(index_elements=[repositories.c.id], set_=changes))

    def connect(self, project_id: ProjectId, installation_id: InstallationId, repository: Repository) -> None:
        """Connect the repository; `Conflict` (`already_connected`) when the project has one."""
        project = self.get(project_id)
        self.remember_repository(installation_id, repository)
        statement = postgresql.insert(connections).values(
            project_id=project_id, repository_id=repository.id, state=ConnectionState.ACTIVE.value
        )
        on_project = statement.on_conflict_do_nothing(index_elements=[connections.c.project_id]).returning(
            connections.c.state
        )
        if self._connection.execute(on_project).first() is None:
            raise Conflict(
                "already_connected",
                f"Project {project.slug} has a repository already: disconnect that one first.",
            )

    def disconnect(self, project_id: ProjectId) -> None:
        """Forget the connection; deployments and settings stay."""
        self._connection.execute(delete(connections).where(connections.c.project_id == project_id))

    def find_connection(self, project_id: ProjectId) -> values.Connection | None:
        """Return the project's connection, None when it has none."""
        query = (
            select(connections, repositories.c.installation_id)
            .join(repositories, repositories.c.id == connections.c.repository_id)
            .where(connections.c.project_id == project_id)
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else connection_of(row)

    def track(self, environment_id: EnvironmentId, branch: BranchName | None) -> None:
        """Let pushes to `branch` deploy to the environment; None stops it."""
        track_branch(self._connection, environment_id, branch)

    def change_settings(self, project_id: ProjectId, settings: BuildSettings) -> None:
        """Replace the build settings."""
        statement = update(projects).where(projects.c.id == project_id).values(**_settings_columns(settings))
        if self._connection.execute(statement).rowcount == 0:
            raise _not_found(project_id)

    def list_environments(self, project_id: ProjectId) -> tuple[Environment, ...]:
        """Return the project's environments, production first."""
        return list_environments(self._connection, project_id)

    def get_environment(self, environment_id: EnvironmentId) -> Environment:
        """Return it, or raise `NotFound` (`environment_not_found`)."""
        return get_environment(self._connection, environment_id)

    def list_targets(self, address: RepositoryAddress, shas: Sequence[CommitSha]) -> tuple[Target, ...]:
        """Return every environment of every project connected to the repository, keyed by its numeric id.

        Args:
            address: the repository (the installation may have changed since).
            shas: commits whose deployments routing must know of, besides the newest ones.
        """
        return list_targets(self._connection, address.repository_id, shas)

    def _add_environments(self, new: Sequence[Environment]) -> None:
        rows = [
            {
                "id": environment.id,
                "project_id": environment.project_id,
                "kind": environment.kind.value,
                "slug": environment.slug,
                "tracked_branch": environment.tracked_branch,
            }
            for environment in new
        ]
        if rows:
            self._connection.execute(insert(environments), rows)

    def _read(self, condition: ColumnElement[bool], name: str) -> Project:
        row = self._connection.execute(select(projects).where(condition)).mappings().one_or_none()
        if row is None:
            raise _not_found(name)
        return project_of(row)


_REMEMBER_INSTALLATION = postgresql.insert(installations).on_conflict_do_nothing(index_elements=[installations.c.id])


def _settings_columns(settings: BuildSettings) -> dict[str, Any]:
    return {
        "config_path": settings.config_path,
        "install_command": settings.install_command,
        "pre_build_command": settings.pre_build_command,
    }


def _not_found(name: str) -> NotFound:
    return NotFound(
        "project_not_found",
        f"There is no project {name[:80]}: check the spelling, or create it with pushwright project create.",
    )
