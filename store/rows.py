"""Rows as domain values."""

from collections.abc import Mapping
from typing import Any

from domain.deployments import Deployment, DeploymentStatus, Failure, Version
from domain.environments import (
    BuildSettings,
    Connection,
    ConnectionState,
    Environment,
    EnvironmentKind,
    Project,
    QueuePolicy,
)
from domain.records import DecisionRecord, StoredDelivery
from domain.source import Commit, RepositoryAddress

Row = Mapping[Any, Any]
"""Column values by name."""


def deployment_of(row: Row) -> Deployment:
    """Return the deployment a row of `deployments` holds."""
    return Deployment(
        commit=Commit(row["sha"], row["message"], row["author_name"]),
        version=Version(row["version_day"], row["version_number"]),
        status=DeploymentStatus(row["status"]),
        failure=_failure_of(row),
        **{name: row[name] for name in _DEPLOYMENT_COLUMNS},
    )


_DEPLOYMENT_COLUMNS = (
    "id",
    "project_id",
    "environment_id",
    "ref",
    "short_code",
    "sequence",
    "created_at",
    "attempt",
    "before",
    "triggered_via",
    "triggered_by",
    "image",
    "started_at",
    "installed_at",
    "built_at",
    "finished_at",
    "check_run_id",
)


def _failure_of(row: Row) -> Failure | None:
    return None if row["failure_code"] is None else Failure(row["failure_code"], row["failure_sentence"])


def project_of(row: Row) -> Project:
    """Return the project a row of `projects` holds."""
    return Project(row["id"], row["slug"], settings_of(row), QueuePolicy(row["queue_policy"]))


def settings_of(row: Row) -> BuildSettings:
    """Return the build settings a row of `projects` holds."""
    return BuildSettings(row["config_path"], row["install_command"], row["pre_build_command"])


def environment_of(row: Row) -> Environment:
    """Return the environment a row of `environments` holds."""
    return Environment(
        id=row["id"],
        project_id=row["project_id"],
        kind=EnvironmentKind(row["kind"]),
        slug=row["slug"],
        tracked_branch=row["tracked_branch"],
        current_deployment_id=row["current_deployment_id"],
        current_sequence=row["current_sequence"],
    )


def connection_of(row: Row) -> Connection:
    """Return the connection a row of `connections` joined with `repositories` holds."""
    address = RepositoryAddress(row["installation_id"], row["repository_id"])
    return Connection(row["project_id"], address, ConnectionState(row["state"]))


def delivery_of(row: Row) -> StoredDelivery:
    """Return the delivery a row of `deliveries` holds."""
    return StoredDelivery(
        id=row["id"],
        event_name=row["event_name"],
        subject=row["subject"],
        body=row["body"],
        status=row["status"],
        received_at=row["received_at"],
        failure=row["failure"],
    )


def decision_of(row: Row) -> DecisionRecord:
    """Return the recorded decision a row of `decisions` holds, with the slugs joined to it."""
    return DecisionRecord(
        outcome=row["outcome"],
        reason=row["reason"],
        sentence=row["sentence"],
        hint=row["hint"],
        deployment_id=row["deployment_id"],
        project_slug=row["project_slug"],
        environment_slug=row["environment_slug"],
    )


def storable(text: str) -> str:
    """Return `text` as PostgreSQL can hold it: without NUL and lone surrogates, which foreign text may contain."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def failure_columns(failure: Failure | None) -> dict[str, Any]:
    """Return the column values that store `failure`."""
    if failure is None:
        return {"failure_code": None, "failure_sentence": None}
    return {"failure_code": failure.code, "failure_sentence": storable(failure.sentence)}
