"""The store: what is remembered, and which changes are allowed."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from domain.deployments import Deployment, DeploymentStatus, Failure
from domain.environments import BuildSettings, Connection, Environment, Project
from domain.identifiers import DeliveryId, DeploymentId, EnvironmentId, InstallationId, ProjectId
from domain.records import (
    DeliveryRecord,
    LogChunk,
    NewDelivery,
    NewDeployment,
    PendingReport,
    StoredDelivery,
)
from domain.routing import Decision, Target
from domain.secrets import Secret
from domain.source import (
    BranchName,
    CommitSha,
    Repository,
    RepositoryAddress,
)


class Deliveries(Protocol):
    """Webhook calls and what was decided about each."""

    def add(self, delivery: NewDelivery) -> bool:
        """Store it and ask for its job; False when this id is here already (then nothing happens)."""

    def get(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it, or raise `NotFound` (`delivery_not_found`)."""

    def lock_for_decision(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it with its row locked until the transaction ends."""

    def find_undecided(self, subject: str) -> DeliveryId | None:
        """Return the delivery about `subject` that has waited longest, None when all are decided."""

    def begin(self, delivery_id: DeliveryId) -> None:
        """Mark it as being processed."""

    def finish(self, delivery_id: DeliveryId, decisions: Sequence[tuple[Decision, DeploymentId | None]]) -> None:
        """Record its decisions, each with the deployment it led to, and mark it done."""

    def fail(self, delivery_id: DeliveryId, sentence: str) -> None:
        """Record why nothing could be decided."""

    def replay(self, delivery_id: DeliveryId) -> None:
        """Ask for its job once more; `Conflict` (`delivery_in_progress`) while it is being processed."""

    def list_recent(self, limit: int) -> tuple[DeliveryRecord, ...]:
        """Return the newest deliveries with their decisions, newest first."""


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

    def remember_repository(self, installation_id: InstallationId, repository: Repository) -> None:
        """Keep what GitHub said last of the repository: its names, and the installation that sees it."""

    def connect(self, project_id: ProjectId, installation_id: InstallationId, repository: Repository) -> None:
        """Connect the repository; `Conflict` (`already_connected`) when the project has one."""

    def disconnect(self, project_id: ProjectId) -> None:
        """Forget the connection; deployments and settings stay."""

    def find_connection(self, project_id: ProjectId) -> Connection | None:
        """Return the project's connection, None when it has none."""

    def track(self, environment_id: EnvironmentId, branch: BranchName | None) -> None:
        """Let pushes to `branch` deploy to the environment; None stops it."""

    def change_settings(self, project_id: ProjectId, settings: BuildSettings) -> None:
        """Replace the build settings."""

    def list_environments(self, project_id: ProjectId) -> tuple[Environment, ...]:
        """Return the project's environments, production first."""

    def get_environment(self, environment_id: EnvironmentId) -> Environment:
        """Return it, or raise `NotFound` (`environment_not_found`)."""

    def list_targets(self, address: RepositoryAddress, shas: Sequence[CommitSha]) -> tuple[Target, ...]:
        """Return every environment of every project connected to the repository, keyed by its numeric id.

        Args:
            address: the repository (the installation may have changed since).
            shas: commits whose deployments routing must know of, besides the newest ones.
        """


class Deployments(Protocol):
    """Deployments: rows that only ever move along the transition table."""

    def create(self, wanted: NewDeployment, now: datetime) -> Deployment | None:
        """Store it PENDING with the next version and sequence of its environment, and ask for its job.

        None when the same commit is in flight or deployed in the environment and it is not forced.
        """

    def get(self, deployment_id: DeploymentId) -> Deployment:
        """Return it, or raise `NotFound` (`deployment_not_found`)."""

    def get_by_reference(self, reference: str) -> Deployment:
        """Return the newest deployment with this id, short code or commit id.

        Raises:
            NotFound: `deployment_not_found`.
        """

    def find_by_short_code(self, project_id: ProjectId, short_code: str) -> Deployment | None:
        """Return the project's deployment with this short code, None when it has none."""

    def find_current(self, environment_id: EnvironmentId) -> Deployment | None:
        """Return the promoted deployment, None before the first."""

    def list_recent(self, project_id: ProjectId | None, limit: int) -> tuple[Deployment, ...]:
        """Return the newest deployments of the project, of all projects for None, newest first."""

    def find_newer_waiting(self, deployment: Deployment) -> Deployment | None:
        """Return the newest PENDING deployment of the environment created after this one."""

    def begin_attempt(self, deployment_id: DeploymentId) -> Deployment | None:
        """Take the deployment over (attempt + 1) and return it; None when it is final already."""

    def advance(
        self,
        deployment: Deployment,
        status: DeploymentStatus,
        now: datetime,
        *,
        failure: Failure | None = None,
        image: str | None = None,
    ) -> Deployment | None:
        """Move to `status` and queue the report to GitHub, if this attempt still owns it and the table allows it.

        Returns the deployment as it now is; None when another attempt took over or the status is final: then
        nothing was changed and the caller must stop.
        """

    def cancel(self, deployment_id: DeploymentId, reason: str, now: datetime) -> Deployment:
        """Cancel it; `Conflict` (`deployment_final`) when it has ended."""

    def promote(self, deployment: Deployment, now: datetime) -> bool:
        """Make it current unless a newer one is; False then. Repeating it changes nothing."""

    def promote_again(self, deployment_id: DeploymentId, now: datetime) -> Deployment:
        """Make an earlier DEPLOYED deployment current, ahead of everything begun before now."""

    def save_manifest(self, deployment_id: DeploymentId, document: str, task_ids: Sequence[str]) -> None:
        """Keep the task manifest with the deployment."""

    def list_task_ids(self, deployment_id: DeploymentId) -> tuple[str, ...]:
        """Return the ids of the deployment's tasks, empty before it was indexed."""

    def append_log(self, deployment_id: DeploymentId, lines: Sequence[tuple[str, str, str]]) -> None:
        """Add `(phase, step, text)` lines at the end of the log."""

    def read_log(self, deployment_id: DeploymentId, offset: int) -> tuple[LogChunk, ...]:
        """Return the log from line `offset` on."""

    def list_unreported(self, deployment_id: DeploymentId) -> tuple[PendingReport, ...]:
        """Return the outbox rows of the deployment that were not sent, oldest first, counting one more attempt."""

    def mark_reported(self, deployment_id: DeploymentId, status: DeploymentStatus, check_run_id: int) -> None:
        """GitHub has been told of `status`: close every outbox row up to it."""


class Variables(Protocol):
    """Environment variables; values are encrypted at rest."""

    def set(self, environment_id: EnvironmentId, key: str, value: Secret) -> None:
        """Store or replace one.

        Raises:
            InvalidInput: `variable_key_invalid`, `variable_reserved`, `variable_too_large`.
        """

    def remove(self, environment_id: EnvironmentId, key: str) -> None:
        """Remove one, or raise `NotFound` (`variable_not_found`)."""

    def reveal_all(self, environment_id: EnvironmentId) -> Mapping[str, Secret]:
        """Return every variable of the environment by key."""


class UnitOfWork(Protocol):
    """The store inside one transaction."""

    @property
    def deliveries(self) -> Deliveries: ...  # noqa: D102 - named for what it is
    @property
    def projects(self) -> Projects: ...  # noqa: D102 - named for what it is
    @property
    def deployments(self) -> Deployments: ...  # noqa: D102 - named for what it is
    @property
    def variables(self) -> Variables: ...  # noqa: D102 - named for what it is


class Store(Protocol):
    """PostgreSQL, as far as the jobs and pages need it."""

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """Open one transaction: committed when the block ends, rolled back when it raises.

        Raises:
            TemporarilyUnavailable: `database_unavailable`.
        """

    def ping(self) -> None:
        """Make sure that the database answers, or raise `TemporarilyUnavailable` (`database_unavailable`)."""
