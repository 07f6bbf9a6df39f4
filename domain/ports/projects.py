"""Projects, their environments and what they are connected to."""

from collections.abc import Sequence
from typing import Protocol

from domain.environments import BuildSettings, Connection, Environment, GitSettings, Project
from domain.identifiers import EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.records import DecidedHead, TrackedBranch
from domain.source import BranchName, CommitSha, Repository, RepositoryAddress
from domain.targets import Target


class Projects(Protocol):
    """Projects, their environments and what they are connected to."""

    def add(self, project: Project, environments: Sequence[Environment]) -> None:
        """Store a new project; `Conflict` (`project_exists`) when the slug is taken."""

    def get(self, project_id: ProjectId) -> Project:
        """Return it, or raise `NotFound` (`project_not_found`)."""

    def get_by_slug(self, slug: str) -> Project:
        """Return it, or raise `NotFound` (`project_not_found`)."""

    def list_all(self) -> tuple[Project, ...]:
        """Return every project, by slug."""

    def connect(self, project_id: ProjectId, installation_id: InstallationId, repository: Repository) -> None:
        """Connect the repository; `Conflict` (`already_connected`) when the project has one."""

    def pause(self, project_id: ProjectId, *, paused: bool) -> None:
        """Stop automatic deployments, or let them go on; `NotFound` (`project_not_connected`)."""

    def disconnect(self, project_id: ProjectId) -> None:
        """Forget the connection; deployments and settings stay."""

    def find_connection(self, project_id: ProjectId) -> Connection | None:
        """Return the project's connection, None when it has none.

        Its state is derived: whether the installation is suspended or gone, the repository seen and not archived,
        and the project not paused.
        """

    def track(self, environment_id: EnvironmentId, branch: BranchName | None) -> None:
        """Let pushes to `branch` deploy to the environment; None stops it."""

    def change_settings(self, project_id: ProjectId, settings: BuildSettings) -> None:
        """Replace the build settings."""

    def change_git_settings(self, project_id: ProjectId, settings: GitSettings) -> None:
        """Replace the git settings."""

    def list_environments(self, project_id: ProjectId) -> tuple[Environment, ...]:
        """Return the project's environments, production first; previews of branches are not among them."""

    def get_environment(self, environment_id: EnvironmentId) -> Environment:
        """Return it, or raise `NotFound` (`environment_not_found`)."""

    def list_targets(self, address: RepositoryAddress, shas: Sequence[CommitSha]) -> tuple[Target, ...]:
        """Return every environment of every project connected to the repository, keyed by its numeric id.

        Args:
            address: the repository (the installation may have changed since).
            shas: commits whose deployments routing must know of, besides the newest ones.
        """

    def list_connected(self, repository_id: RepositoryId) -> tuple[Project, ...]:
        """Return the projects connected to the repository, by slug."""

    def list_tracked_branches(self) -> tuple[TrackedBranch, ...]:
        """Return every branch that an environment of an active connection tracks, each once per repository."""

    def find_head(self, repository_id: RepositoryId, branch: BranchName) -> DecidedHead | None:
        """Return where the branch was when a push to it was decided about last, None before the first."""

    def begin_watching(self, repository_id: RepositoryId) -> bool:
        """Keep that the sweep compares the repository from now on; True when it did not, since it was connected."""

    def remember_head(self, repository_id: RepositoryId, branch: BranchName, head: DecidedHead) -> None:
        """Keep that a push to the branch was decided about, and where that brought it."""
