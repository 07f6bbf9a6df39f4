"""Creating deployments: numbers given out in order, never two of one commit, and what waits for approval held."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, exists, insert, select, update

from domain.deployments import Deployment, DeploymentStatus, Failure, Version, next_version
from domain.environments import PRIORITY, EnvironmentKind
from domain.identifiers import new_deployment_id, random_code
from domain.ports.jobs import Job
from domain.records import NewDeployment
from store.environments import active_since, lock_environment
from store.outbox import queue_report
from store.rows import deployment_of, pull_request_columns, storable
from store.tables import LIVE_STATUSES, connections, deployments, environments
from store.transitions import cancel, in_environment

_SHORT_CODE_LENGTH: Final = 8
_SUPERSEDED: Final = Failure("superseded", "A newer commit took the place of this one, which waited for approval.")


def create_deployment(
    connection: Connection, defer: Callable[[Job], None], wanted: NewDeployment, now: datetime
) -> Deployment | None:
    """Store it PENDING and ask for its jobs; None when the same commit is live and it is not forced.

    What was held before it is canceled: nobody approves a commit any more after which another came.
    """
    environment = lock_environment(connection, wanted.environment_id)
    if not wanted.forced and _is_live(connection, wanted):
        return None
    cancel(connection, defer, (in_environment(wanted.environment_id), deployments.c.held), _SUPERSEDED, now)
    version = next_version(_newest_version(environment), now.astimezone(UTC).date())
    row = _row_of(wanted, version, environment["last_sequence"] + 1) | {"created_at": now}
    deployment = deployment_of(
        connection.execute(insert(deployments).values(**row).returning(deployments)).mappings().one()
    )
    _count(connection, deployment)
    if not deployment.held:
        defer(deployment_job(deployment, EnvironmentKind(environment["kind"])))
    queue_report(connection, defer, deployment)
    return deployment


def deployment_job(deployment: Deployment, kind: EnvironmentKind) -> Job:
    """Return the job that brings it to its environment: one at a time there, production served first."""
    return Job(kind="deployment", key=deployment.id, lock=deployment.environment_id, priority=PRIORITY[kind])


def _is_live(connection: Connection, wanted: NewDeployment) -> bool:
    same = exists().where(
        deployments.c.environment_id == wanted.environment_id,
        deployments.c.sha == wanted.commit.sha,
        deployments.c.status.in_(LIVE_STATUSES),
    )
    return bool(connection.execute(select(same)).scalar_one())


def _newest_version(environment: RowMapping) -> Version | None:
    day = environment["last_version_day"]
    return None if day is None else Version(day, environment["last_version_number"])


def _row_of(wanted: NewDeployment, version: Version, sequence: int) -> dict[str, Any]:
    return {
        "id": new_deployment_id(),
        "project_id": wanted.project_id,
        "environment_id": wanted.environment_id,
        "sha": wanted.commit.sha,
        "message": storable(wanted.commit.message),
        "author_name": storable(wanted.commit.author_name),
        "ref": wanted.ref,
        "before": wanted.before,
        "version_day": version.day,
        "version_number": version.number,
        "short_code": random_code(_SHORT_CODE_LENGTH),
        "sequence": sequence,
        "forced": wanted.forced,
        "status": DeploymentStatus.PENDING.value,
        "triggered_via": "git_integration:github",
        "triggered_by_login": storable(wanted.triggered_by.login),
        "triggered_by_avatar": storable(wanted.triggered_by.avatar_url),
        "held": wanted.held,
        "pull_request_repository_id": _repository_of(wanted),
        **pull_request_columns(wanted.pull_request),
    }


def _repository_of(wanted: NewDeployment) -> Any:  # noqa: ANN401 - a value or the query that finds it
    """Return where the pull request is: the repository its project is connected to at this moment."""
    if wanted.pull_request is None:
        return None
    of_project = connections.c.project_id == wanted.project_id
    return select(connections.c.repository_id).where(of_project).scalar_subquery()


def _count(connection: Connection, deployment: Deployment) -> None:
    connection.execute(
        update(environments)
        .where(environments.c.id == deployment.environment_id)
        .values(
            last_sequence=deployment.sequence,
            last_version_day=deployment.version.day,
            last_version_number=deployment.version.number,
            active_at=active_since(deployment.created_at),
        )
    )
