"""Deployments: rows that only ever move along the transition table."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, or_, select
from sqlalchemy.dialects import postgresql

from domain.builds import TaskManifest
from domain.deployments import Deployment, DeploymentStatus, Failure, GitHubTraces
from domain.errors import Conflict, InvalidInput, NotFound
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId, RepositoryId
from domain.ports.jobs import Job
from domain.records import ImageOrigin, LogChunk, NewDeployment, PendingReport
from domain.source import CommitSha
from store import images, logs, outbox, promotion
from store.creation import create_deployment, deployment_job
from store.environments import get_environment, lock_environment
from store.rows import deployment_of, storable
from store.tables import connections, deployments, environments
from store.transitions import IS_IN_FLIGHT, cancel, change, changes_to, move

MAX_REASON: Final = 200
"""How many characters the reason of a cancellation may have."""


class PostgresDeployments:
    """The `Deployments` of one transaction."""

    def __init__(self, connection: Connection, defer: Callable[[Job], None]) -> None:
        self._connection = connection
        self._defer = defer

    def create(self, wanted: NewDeployment, now: datetime) -> Deployment | None:
        """Store it PENDING with the next version and sequence of its environment, and ask for its job.

        One that is held gets no job; earlier held ones of the environment are canceled as superseded.
        None when the same commit is in flight or deployed in the environment and it is not forced.
        """
        return create_deployment(self._connection, self._defer, wanted, now)

    def get(self, deployment_id: DeploymentId) -> Deployment:
        """Return it, or raise `NotFound` (`deployment_not_found`)."""
        deployment = self._find(_select().where(deployments.c.id == deployment_id))
        if deployment is None:
            raise _not_found(deployment_id)
        return deployment

    def get_by_reference(self, reference: str) -> Deployment:
        """Return the newest deployment with this id, short code or commit id.

        Raises:
            NotFound: `deployment_not_found`.
        """
        names = (deployments.c.id, deployments.c.short_code, deployments.c.sha)
        query = _select().where(or_(*(name == storable(reference) for name in names)))
        deployment = self._find(query.order_by(deployments.c.created_at.desc()).limit(1))
        if deployment is None:
            raise _not_found(reference)
        return deployment

    def find_by_short_code(self, project_id: ProjectId, short_code: str) -> Deployment | None:
        """Return the project's deployment with this short code, None when it has none."""
        return self._find(
            _select().where(deployments.c.project_id == project_id, deployments.c.short_code == short_code)
        )

    def find_current(self, environment_id: EnvironmentId) -> Deployment | None:
        """Return the promoted deployment, None before the first."""
        query = _select().join(environments, environments.c.current_deployment_id == deployments.c.id)
        return self._find(query.where(environments.c.id == environment_id))

    def find_newest(self, environment_id: EnvironmentId) -> Deployment | None:
        """Return the environment's newest deployment, None before the first."""
        query = _select().where(deployments.c.environment_id == environment_id)
        return self._find(query.order_by(deployments.c.sequence.desc()).limit(1))

    def is_current(self, deployment_id: DeploymentId) -> bool:
        """Whether its environment runs it now."""
        current = exists().where(
            deployments.c.id == deployment_id,
            environments.c.id == deployments.c.environment_id,
            environments.c.current_deployment_id == deployments.c.id,
        )
        return bool(self._connection.execute(select(current)).scalar_one())

    def list_of_commit(self, repository_id: RepositoryId, sha: CommitSha) -> tuple[Deployment, ...]:
        """Return the newest deployment of the commit in each environment.

        Only environments of projects connected to the repository count.
        """
        query = (
            _select()
            .join(environments, environments.c.id == deployments.c.environment_id)
            .join(connections, connections.c.project_id == environments.c.project_id)
            .where(connections.c.repository_id == repository_id, deployments.c.sha == sha)
            .ext(postgresql.distinct_on(deployments.c.environment_id))
            .order_by(deployments.c.environment_id, deployments.c.sequence.desc())
        )
        return tuple(deployment_of(row) for row in self._connection.execute(query).mappings())

    def list_recent(self, project_id: ProjectId | None, limit: int) -> tuple[Deployment, ...]:
        """Return the newest deployments of the project, of all projects for None, newest first."""
        query = _select().order_by(deployments.c.created_at.desc(), deployments.c.sequence.desc()).limit(limit)
        if project_id is not None:
            query = query.where(deployments.c.project_id == project_id)
        return tuple(deployment_of(row) for row in self._connection.execute(query).mappings())

    def find_newer_waiting(self, deployment: Deployment) -> Deployment | None:
        """Return the newest PENDING deployment of the environment created after this one.

        One that is held waits for a person, not for its turn: nothing makes way for it.
        """
        query = _select().where(
            deployments.c.environment_id == deployment.environment_id,
            deployments.c.sequence > deployment.sequence,
            deployments.c.status == DeploymentStatus.PENDING.value,
            ~deployments.c.held,
        )
        return self._find(query.order_by(deployments.c.sequence.desc()).limit(1))

    def begin_attempt(self, deployment_id: DeploymentId) -> Deployment | None:
        """Take the deployment over (attempt + 1) and return it; None when it is final already, or held."""
        may_begin = (deployments.c.id == deployment_id, IS_IN_FLIGHT, ~deployments.c.held)
        begun = change(self._connection, may_begin, {"attempt": deployments.c.attempt + 1})
        if not begun:
            self.get(deployment_id)
        return next(iter(begun), None)

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
        if status is DeploymentStatus.DEPLOYED:
            # Promotion follows in the same transaction. Who needs both locks an environment before its deployments.
            lock_environment(self._connection, deployment.environment_id)
        changes = changes_to(status, now, failure) | ({} if image is None else {"image": image})
        owned = (deployments.c.id == deployment.id, deployments.c.attempt == deployment.attempt)
        return next(iter(move(self._connection, self._defer, owned, status, changes)), None)

    def cancel(self, deployment_id: DeploymentId, reason: str, now: datetime) -> Deployment:
        """Cancel it; `Conflict` (`deployment_final`) when it has ended.

        Raises:
            InvalidInput: `cancel_reason_too_long`.
        """
        if len(reason) > MAX_REASON:
            raise InvalidInput("cancel_reason_too_long", f"The reason must have at most {MAX_REASON} characters.")
        failure = Failure("canceled", reason or "Canceled.")
        canceled = cancel(self._connection, self._defer, (deployments.c.id == deployment_id,), failure, now)
        if not canceled:
            ended = self.get(deployment_id)
            raise Conflict(
                "deployment_final",
                f"Deployment {ended.version} is {ended.status.value}: it cannot be canceled any more.",
            )
        return canceled[0]

    def approve(self, deployment_id: DeploymentId, approved_by: str) -> Deployment:
        """Let a held deployment go: ask for its job; `Conflict` (`deployment_not_held`) when it does not wait."""
        waits = (deployments.c.id == deployment_id, deployments.c.held, IS_IN_FLIGHT)
        changes = {"held": False, "approved_by": storable(approved_by)}
        approved = next(iter(change(self._connection, waits, changes)), None)
        if approved is None:
            other = self.get(deployment_id)
            raise Conflict(
                "deployment_not_held",
                f"Deployment {other.version} is {other.status.value} and does not wait for an approval.",
            )
        environment = get_environment(self._connection, approved.environment_id)
        self._defer(deployment_job(approved, environment.kind))
        outbox.queue_report(self._connection, self._defer, approved)
        return approved

    def promote(self, deployment: Deployment, now: datetime) -> bool:
        """Make it current unless a newer one is; False then. Repeating it changes nothing."""
        return promotion.promote(self._connection, self._defer, deployment, now)

    def promote_again(self, deployment_id: DeploymentId, now: datetime) -> Deployment:
        """Make an earlier DEPLOYED deployment current, ahead of everything begun before now, and queue its report.

        Raises:
            Conflict: `deployment_not_deployed`, it did not become an image.
        """
        deployment = self.get(deployment_id)
        if deployment.status is not DeploymentStatus.DEPLOYED:
            raise Conflict(
                "deployment_not_deployed",
                f"Deployment {deployment.version} is {deployment.status.value}: only a DEPLOYED one can be promoted.",
            )
        promotion.promote_again(self._connection, self._defer, deployment, now)
        return deployment

    def move_ahead(self, deployment_id: DeploymentId, now: datetime) -> None:
        """Let a deployment under way become current ahead of everything begun before now; of an ended one, nothing.

        One that was deployed meanwhile is made current.
        """
        promotion.move_ahead(self._connection, self._defer, self.get(deployment_id), now)

    def save_manifest(self, deployment_id: DeploymentId, document: str, task_ids: Sequence[str]) -> None:
        """Keep the task manifest with the deployment."""
        images.save_manifest(self._connection, deployment_id, document, task_ids)

    def save_origin(self, deployment_id: DeploymentId, origin: ImageOrigin) -> None:
        """Keep where the deployment's image came from."""
        images.save_origin(self._connection, deployment_id, origin)

    def find_reusable(self, environment_id: EnvironmentId, build_key: str) -> tuple[Deployment, TaskManifest] | None:
        """Return the environment's newest DEPLOYED deployment of which the same went into the image; None for none."""
        return images.find_reusable(self._connection, environment_id, build_key)

    def list_task_ids(self, deployment_id: DeploymentId) -> tuple[str, ...]:
        """Return the ids of the deployment's tasks, empty before it was indexed."""
        return images.list_task_ids(self._connection, deployment_id)

    def append_log(self, deployment_id: DeploymentId, lines: Sequence[logs.StoredLine]) -> None:
        """Add `(phase, step, text)` lines at the end of the log."""
        if not logs.append_log(self._connection, deployment_id, lines):
            raise _not_found(deployment_id)

    def read_log(self, deployment_id: DeploymentId, offset: int) -> tuple[LogChunk, ...]:
        """Return the log from line `offset` on."""
        return logs.read_log(self._connection, deployment_id, offset)

    def list_unreported(self, deployment_id: DeploymentId) -> tuple[PendingReport, ...]:
        """Return the outbox rows of the deployment that were not sent, oldest first, counting one more attempt."""
        return outbox.list_unreported(self._connection, deployment_id)

    def queue_refused_reports(self, before: datetime) -> int:
        """Ask once more for reports that GitHub refused, were begun and asked for before that moment.

        Only those of repositories that may deploy again; returns how many deployments they are of.
        """
        return outbox.queue_refused(self._connection, self._defer, before)

    def mark_reported(self, deployment_id: DeploymentId, status: DeploymentStatus, traces: GitHubTraces) -> None:
        """GitHub has been told of `status`: close every outbox row up to it and keep what GitHub has of it."""
        outbox.mark_reported(self._connection, deployment_id, status, traces)

    def _find(self, query: Select[Any]) -> Deployment | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else deployment_of(row)


def _select() -> Select[Any]:
    return select(deployments)


def _not_found(deployment_id: str) -> NotFound:
    return NotFound(
        "deployment_not_found",
        f"There is no deployment {deployment_id[:80]}: pushwright deployments list shows those there are.",
    )
