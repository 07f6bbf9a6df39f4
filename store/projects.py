"""Projects, their build settings and the repository each is connected to."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy.dialects import postgresql

from domain import environments as values
from domain.environments import BuildSettings, Environment, GitSettings, Project
from domain.errors import Conflict, NotFound
from domain.identifiers import EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.records import DecidedHead, TrackedBranch
from domain.source import BranchName, CommitSha, Repository, RepositoryAddress
from domain.targets import Target
from store import connections, tables
from store.environments import get_environment, list_environments, track_branch
from store.repositories import remember_repositories
from store.rows import project_of, storable
from store.tables import environments, projects
from store.targets import list_targets
from store.tracked_branches import find_head, list_tracked_branches, remember_head


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
            **_git_columns(project.git),
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

    def connect(self, project_id: ProjectId, installation_id: InstallationId, repository: Repository) -> None:
        """Connect the repository; `Conflict` (`already_connected`) when the project has one."""
        project = self.get(project_id)
        remember_repositories(self._connection, installation_id, (repository,))
        connections.add_connection(self._connection, project, repository.id)

    def pause(self, project_id: ProjectId, *, paused: bool) -> None:
        """Stop automatic deployments, or let them go on; `NotFound` (`project_not_connected`)."""
        connections.pause(self._connection, self.get(project_id), paused=paused)

    def disconnect(self, project_id: ProjectId) -> None:
        """Forget the connection; deployments and settings stay."""
        connections.remove_connection(self._connection, project_id)

    def find_connection(self, project_id: ProjectId) -> values.Connection | None:
        """Return the project's connection, None when it has none.

        Its state is derived: whether the installation is suspended or gone, the repository seen and not archived,
        and the project not paused.
        """
        return connections.find_connection(self._connection, project_id)

    def track(self, environment_id: EnvironmentId, branch: BranchName | None) -> None:
        """Let pushes to `branch` deploy to the environment; None stops it."""
        track_branch(self._connection, environment_id, branch)

    def change_settings(self, project_id: ProjectId, settings: BuildSettings) -> None:
        """Replace the build settings."""
        self._change(project_id, **_settings_columns(settings))

    def change_git_settings(self, project_id: ProjectId, settings: GitSettings) -> None:
        """Replace the git settings."""
        self._change(project_id, **_git_columns(settings))

    def list_environments(self, project_id: ProjectId) -> tuple[Environment, ...]:
        """Return the project's environments, production first; previews of branches are not among them."""
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

    def list_connected(self, repository_id: RepositoryId) -> tuple[Project, ...]:
        """Return the projects connected to the repository, by slug."""
        query = select(projects).join(tables.connections, tables.connections.c.project_id == projects.c.id)
        of_repository = query.where(tables.connections.c.repository_id == repository_id).order_by(projects.c.slug)
        return tuple(project_of(row) for row in self._connection.execute(of_repository).mappings())

    def list_tracked_branches(self) -> tuple[TrackedBranch, ...]:
        """Return every branch that an environment of an active connection tracks, each once per repository."""
        return list_tracked_branches(self._connection)

    def find_head(self, repository_id: RepositoryId, branch: BranchName) -> DecidedHead | None:
        """Return where the branch was when a push to it was decided about last, None before the first."""
        return find_head(self._connection, repository_id, branch)

    def begin_watching(self, repository_id: RepositoryId) -> bool:
        """Keep that the sweep compares the repository from now on; True when it did not, since it was connected."""
        return connections.begin_watching(self._connection, repository_id)

    def remember_head(self, repository_id: RepositoryId, branch: BranchName, head: DecidedHead) -> None:
        """Keep that a push to the branch was decided about, and where that brought it."""
        remember_head(self._connection, repository_id, branch, head)

    def _change(self, project_id: ProjectId, **columns: object) -> None:
        statement = update(projects).where(projects.c.id == project_id).values(**columns)
        if self._connection.execute(statement).rowcount == 0:
            raise _not_found(project_id)

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


def _settings_columns(settings: BuildSettings) -> dict[str, Any]:
    return {
        "config_path": settings.config_path,
        "install_command": settings.install_command,
        "pre_build_command": settings.pre_build_command,
    }


def _git_columns(settings: GitSettings) -> dict[str, Any]:
    return {
        "previews": settings.previews,
        "drafts": settings.drafts,
        "fork_policy": settings.fork_policy.value,
        "ignored_paths": [storable(path) for path in settings.ignored_paths],
        "submodules": settings.submodules,
    }


def _not_found(name: str) -> NotFound:
    return NotFound(
        "project_not_found",
        f"There is no project {name[:80]}: check the spelling, or create it with pushwright project create.",
    )
