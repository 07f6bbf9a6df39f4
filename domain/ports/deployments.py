"""Deployments: rows that only ever move along the transition table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.builds import TaskManifest
from domain.deployments import Deployment, DeploymentStatus, Failure, GitHubTraces
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId, RepositoryId
from domain.records import ImageOrigin, LogChunk, NewDeployment, PendingReport
from domain.source import CommitSha


class Deployments(Protocol):
    """Deployments: rows that only ever move along the transition table."""

    def create(self, wanted: NewDeployment, now: datetime) -> Deployment | None:
        """Store it PENDING with the next version and sequence of its environment, and ask for its job.

        One that is held gets no job; earlier held ones of the environment are canceled as superseded.
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
        """Return the newest PENDING deployment of the environment created after this one; held ones do not count."""

    def begin_attempt(self, deployment_id: DeploymentId) -> Deployment | None:
        """Take the deployment over (attempt + 1) and return it; None when it is final already, or held."""

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
        """Make an earlier DEPLOYED deployment current, ahead of everything begun before now, and queue its report."""

    def move_ahead(self, deployment_id: DeploymentId, now: datetime) -> None:
        """Let a deployment under way become current ahead of everything begun before now; of an ended one, nothing.

        One that was deployed meanwhile is made current.
        """

    def save_manifest(self, deployment_id: DeploymentId, document: str, task_ids: Sequence[str]) -> None:
        """Keep the task manifest with the deployment."""

    def save_origin(self, deployment_id: DeploymentId, origin: ImageOrigin) -> None:
        """Keep where the deployment's image came from."""

    def find_reusable(self, environment_id: EnvironmentId, build_key: str) -> tuple[Deployment, TaskManifest] | None:
        """Return the environment's newest DEPLOYED deployment of which the same went into the image; None for none."""

    def list_task_ids(self, deployment_id: DeploymentId) -> tuple[str, ...]:
        """Return the ids of the deployment's tasks, empty before it was indexed."""

    def append_log(self, deployment_id: DeploymentId, lines: Sequence[tuple[str, str, str]]) -> None:
        """Add `(phase, step, text)` lines at the end of the log."""

    def read_log(self, deployment_id: DeploymentId, offset: int) -> tuple[LogChunk, ...]:
        """Return the log from line `offset` on."""

    def approve(self, deployment_id: DeploymentId, approved_by: str) -> Deployment:
        """Let a held deployment go: ask for its job; `Conflict` (`deployment_not_held`) when it does not wait."""

    def list_of_commit(self, repository_id: RepositoryId, sha: CommitSha) -> tuple[Deployment, ...]:
        """Return the newest deployment of the commit in each environment.

        Only environments of projects connected to the repository count.
        """

    def find_newest(self, environment_id: EnvironmentId) -> Deployment | None:
        """Return the environment's newest deployment, None before the first."""

    def is_current(self, deployment_id: DeploymentId) -> bool:
        """Whether its environment runs it now."""

    def list_unreported(self, deployment_id: DeploymentId) -> tuple[PendingReport, ...]:
        """Return the outbox rows of the deployment that were not sent, oldest first, counting one more attempt."""

    def queue_refused_reports(self, before: datetime) -> int:
        """Ask once more for reports that GitHub refused, were begun and asked for before that moment.

        Only those of repositories that may deploy again; returns how many deployments they are of.
        """

    def mark_reported(self, deployment_id: DeploymentId, status: DeploymentStatus, traces: GitHubTraces) -> None:
        """GitHub has been told of `status`: close every outbox row up to it and keep what GitHub has of it."""
