"""Creating deployments: numbers given out in order, and never two of one commit."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, insert, select, update

from domain.deployments import Deployment, DeploymentStatus, Version, next_version
from domain.environments import PRIORITY, EnvironmentKind
from domain.identifiers import new_deployment_id, random_code
from domain.ports.jobs import Job
from domain.records import NewDeployment
from store.environments import lock_environment
from store.outbox import queue_report
from store.rows import deployment_of, storable
from store.tables import LIVE_STATUSES, deployments, environments

_SHORT_CODE_LENGTH = 8


def create_deployment(
    connection: Connection, defer: Callable[[Job], None], wanted: NewDeployment, now: datetime
) -> Deployment | None:
    """Store it PENDING and ask for its jobs; None when the same commit is live and it is not forced."""
    environment = lock_environment(connection, wanted.environment_id)
    if not wanted.forced and _is_live(connection, wanted):
        return None
    version = next_version(_newest_version(environment), now.astimezone(UTC).date())
    row = _row_of(wanted, version, environment["last_sequence"] + 1) | {"created_at": now}
    deployment = deployment_of(
        connection.execute(insert(deployments).values(**row).returning(deployments)).mappings().one()
    )
    _count(connection, deployment)
    priority = PRIORITY[EnvironmentKind(environment["kind"])]
    defer(Job(kind="deployment", key=deployment.id, lock=deployment.environment_id, priority=priority))
    queue_report(connection, defer, deployment)
    return deployment


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
        "triggered_by": storable(wanted.triggered_by),
    }


def _count(connection: Connection, deployment: Deployment) -> None:
    connection.execute(
        update(environments)
        .where(environments.c.id == deployment.environment_id)
        .values(
            last_sequence=deployment.sequence,
            last_version_day=deployment.version.day,
            last_version_number=deployment.version.number,
        )
    )
