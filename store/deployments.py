"""Deployments: rows that only ever move along the transition table."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, or_, select, update
from sqlalchemy.dialects import postgresql

from domain.deployments import IN_FLIGHT, Deployment, DeploymentStatus, Failure, sources_of
from domain.errors import Conflict, InvalidInput, NotFound
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.ports.jobs import Job
from domain.records import LogChunk, NewDeployment, PendingReport
from store import logs, outbox
from store.creation import create_deployment
from store.environments import make_current, make_current_again
from store.rows import deployment_of, failure_columns, storable
from store.tables import deployments, environments, task_manifests

MAX_REASON: Final = 200
"""How many characters the reason of a cancellation may have."""


class PostgresDeployments:
    """The `Deployments` of one transaction."""

    def __init__(self, connection: Connection, defer: Callable[[Job], None]) -> None:
        self._connection = connection
        self._defer = defer

    def create(self, wanted: NewDeployment, now: datetime) -> Deployment | None:
        """Store it PENDING with the next version and sequence of its environment, and ask for its job.

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

    def list_recent(self, project_id: ProjectId | None, limit: int) -> tuple[Deployment, ...]:
        """Return the newest deployments of the project, of all projects for None, newest first."""
        query = _select().order_by(deployments.c.created_at.desc(), deployments.c.sequence.desc()).limit(limit)
        if project_id is not None:
            query = query.where(deployments.c.project_id == project_id)
        return tuple(deployment_of(row) for row in self._connection.execute(query).mappings())

    def find_newer_waiting(self, deployment: Deployment) -> Deployment | None:
        """Return the newest PENDING deployment of the environment created after this one."""
        query = _select().where(
            deployments.c.environment_id == deployment.environment_id,
            deployments.c.sequence > deployment.sequence,
            deployments.c.status == DeploymentStatus.PENDING.value,
        )
        return self._find(query.order_by(deployments.c.sequence.desc()).limit(1))

    def begin_attempt(self, deployment_id: DeploymentId) -> Deployment | None:
        """Take the deployment over (attempt + 1) and return it; None when it is final already."""
        begun = self._update(
            (deployments.c.id == deployment_id, _has_status(IN_FLIGHT)), {"attempt": deployments.c.attempt + 1}
        )
        if begun is None:
            self.get(deployment_id)
        return begun

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
        changes = _changes(status, now, failure) | ({} if image is None else {"image": image})
        owned = deployments.c.attempt == deployment.attempt
        return self._move((deployments.c.id == deployment.id, owned), status, changes)

    def cancel(self, deployment_id: DeploymentId, reason: str, now: datetime) -> Deployment:
        """Cancel it; `Conflict` (`deployment_final`) when it has ended.

        Raises:
            InvalidInput: `cancel_reason_too_long`.
        """
        if len(reason) > MAX_REASON:
            raise InvalidInput("cancel_reason_too_long", f"The reason must have at most {MAX_REASON} characters.")
        failure = Failure("canceled", reason or "Canceled.")
        status = DeploymentStatus.CANCELED
        canceled = self._move((deployments.c.id == deployment_id,), status, _changes(status, now, failure))
        if canceled is None:
            ended = self.get(deployment_id)
            raise Conflict(
                "deployment_final",
                f"Deployment {ended.version} is {ended.status.value}: it cannot be canceled any more.",
            )
        return canceled

    def promote(self, deployment: Deployment, now: datetime) -> bool:
        """Make it current unless a newer one is; False then. Repeating it changes nothing."""
        return make_current(self._connection, deployment, now)

    def promote_again(self, deployment_id: DeploymentId, now: datetime) -> Deployment:
        """Make an earlier DEPLOYED deployment current, ahead of everything begun before now.

        Raises:
            Conflict: `deployment_not_deployed`, it did not become an image.
        """
        deployment = self.get(deployment_id)
        if deployment.status is not DeploymentStatus.DEPLOYED:
            raise Conflict(
                "deployment_not_deployed",
                f"Deployment {deployment.version} is {deployment.status.value}: only a DEPLOYED one can be promoted.",
            )
        make_current_again(self._connection, deployment, now)
        return deployment

    def save_manifest(self, deployment_id: DeploymentId, document: str, task_ids: Sequence[str]) -> None:
        """Keep the task manifest with the deployment."""
        manifest = {"document": storable(document), "task_ids": [storable(task_id) for task_id in task_ids]}
        statement = postgresql.insert(task_manifests).values(deployment_id=deployment_id, **manifest)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[task_manifests.c.deployment_id], set_=manifest)
        )

    def list_task_ids(self, deployment_id: DeploymentId) -> tuple[str, ...]:
        """Return the ids of the deployment's tasks, empty before it was indexed."""
        query = select(task_manifests.c.task_ids).where(task_manifests.c.deployment_id == deployment_id)
        return tuple(self._connection.execute(query).scalar_one_or_none() or ())

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

    def mark_reported(self, deployment_id: DeploymentId, status: DeploymentStatus, check_run_id: int) -> None:
        """GitHub has been told of `status`: close every outbox row up to it."""
        outbox.mark_reported(self._connection, deployment_id, status, check_run_id)

    def _find(self, query: Select[Any]) -> Deployment | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else deployment_of(row)

    def _move(
        self, conditions: Sequence[ColumnElement[bool]], status: DeploymentStatus, changes: dict[str, Any]
    ) -> Deployment | None:
        moved = self._update((*conditions, _has_status(sources_of(status))), changes)
        if moved is not None:
            outbox.queue_report(self._connection, self._defer, moved)
        return moved

    def _update(self, conditions: Sequence[ColumnElement[bool]], changes: dict[str, Any]) -> Deployment | None:
        statement = update(deployments).where(*conditions).values(**changes).returning(deployments)
        row = self._connection.execute(statement).mappings().one_or_none()
        return None if row is None else deployment_of(row)


_MOMENTS: Final = {
    DeploymentStatus.INSTALLING: "started_at",
    DeploymentStatus.BUILDING: "installed_at",
    DeploymentStatus.DEPLOYING: "built_at",
}


def _changes(status: DeploymentStatus, now: datetime, failure: Failure | None) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": status.value, _MOMENTS.get(status, "finished_at"): now}
    if status is DeploymentStatus.INSTALLING:
        # An attempt that begins again has not got as far as the one before.
        changes |= {"installed_at": None, "built_at": None}
    return changes if failure is None else changes | failure_columns(failure)


def _has_status(statuses: frozenset[DeploymentStatus]) -> ColumnElement[bool]:
    return deployments.c.status.in_(sorted(status.value for status in statuses))


def _select() -> Select[Any]:
    return select(deployments)


def _not_found(deployment_id: str) -> NotFound:
    return NotFound(
        "deployment_not_found",
        f"There is no deployment {deployment_id[:80]}: pushwright deployments list shows those there are.",
    )
