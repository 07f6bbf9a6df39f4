"""Rows as domain values."""

from collections.abc import Mapping
from typing import Any

from domain.builds import Problem
from domain.deployments import (
    DeployedPullRequest,
    Deployment,
    DeploymentStatus,
    Failure,
    GitHubTraces,
    Version,
)
from domain.environments import (
    BuildSettings,
    Connection,
    ConnectionState,
    Environment,
    EnvironmentKind,
    ForkPolicy,
    GitSettings,
    PreviewBranch,
    Project,
    QueuePolicy,
)
from domain.events import Account
from domain.pull_requests import Author, PreviewKey
from domain.records import DecisionRecord, StoredDelivery, StoredInstallation, StoredRepository
from domain.source import Commit, Repository, RepositoryAddress

Row = Mapping[Any, Any]
"""Column values by name."""


def deployment_of(row: Row) -> Deployment:
    """Return the deployment a row of `deployments` holds."""
    return Deployment(
        commit=Commit(row["sha"], row["message"], row["author_name"]),
        version=Version(row["version_day"], row["version_number"]),
        status=DeploymentStatus(row["status"]),
        triggered_by=Author(row["triggered_by_login"], row["triggered_by_avatar"]),
        pull_request=_deployed_pull_request_of(row),
        failure=_failure_of(row),
        image_of=Version.parse(row["image_of"]) if row["image_of"] else None,
        on_github=GitHubTraces(row["check_run_id"], row["github_deployment_id"], row["github_deployment_state"]),
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
    "held",
    "image",
    "forced",
    "started_at",
    "installed_at",
    "built_at",
    "finished_at",
)


def _deployed_pull_request_of(row: Row) -> DeployedPullRequest | None:
    if row["pull_request_number"] is None:
        return None
    return DeployedPullRequest(
        number=row["pull_request_number"],
        title=row["pull_request_title"],
        state=row["pull_request_state"],
        trusted=row["pull_request_trusted"],
        base_sha=row["pull_request_base_sha"],
    )


def _failure_of(row: Row) -> Failure | None:
    if row["failure_code"] is None:
        return None
    problems = tuple(Problem(**problem) for problem in row["failure_problems"] or ())
    return Failure(row["failure_code"], row["failure_sentence"], problems)


def project_of(row: Row) -> Project:
    """Return the project a row of `projects` holds."""
    return Project(
        id=row["id"],
        slug=row["slug"],
        settings=settings_of(row),
        queue_policy=QueuePolicy(row["queue_policy"]),
        git=_git_settings_of(row),
    )


def settings_of(row: Row) -> BuildSettings:
    """Return the build settings a row of `projects` holds."""
    return BuildSettings(row["config_path"], row["install_command"], row["pre_build_command"])


def _git_settings_of(row: Row) -> GitSettings:
    return GitSettings(
        previews=row["previews"],
        drafts=row["drafts"],
        fork_policy=ForkPolicy(row["fork_policy"]),
        ignored_paths=tuple(row["ignored_paths"]),
        submodules=row["submodules"],
    )


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
        preview=_preview_branch_of(row),
    )


def _preview_branch_of(row: Row) -> PreviewBranch | None:
    if row["branch"] is None:
        return None
    return PreviewBranch(
        parent_id=row["parent_id"],
        key=PreviewKey(row["head_repository_id"], row["branch"]),
        active_at=row["active_at"],
        keep=row["keep"],
        archived_at=row["archived_at"],
    )


def installation_of(row: Row) -> StoredInstallation:
    """Return the installation a row of `installations` holds."""
    known = row["account_id"] is not None
    account = Account(row["account_id"], row["account_login"], row["account_kind"]) if known else None
    return StoredInstallation(row["id"], account, row["suspended_at"], row["deleted_at"])


def repository_of(row: Row) -> Repository:
    """Return the repository whose facts the row has."""
    return Repository(row["repository_id"], row["full_name"], row["default_branch"], row["private"])


def stored_repository_of(row: Row) -> StoredRepository:
    """Return the repository of a row that has the slugs of its projects too."""
    return StoredRepository(address_of(row), repository_of(row), row["accessible"], tuple(row["project_slugs"]))


def address_of(row: Row) -> RepositoryAddress:
    """Return how GitHub is asked about the repository of the row."""
    return RepositoryAddress(row["installation_id"], row["repository_id"])


def connection_of(row: Row) -> Connection:
    """Return the connection a row holds that has its derived state and its repository's installation."""
    return Connection(row["project_id"], address_of(row), ConnectionState(row["state"]))


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
        return {"failure_code": None, "failure_sentence": None, "failure_problems": None}
    return {
        "failure_code": failure.code,
        "failure_sentence": storable(failure.sentence),
        "failure_problems": [_columns_of(problem) for problem in failure.problems] or None,
    }


def _columns_of(problem: Problem) -> dict[str, Any]:
    return {
        "file": storable(problem.file),
        "line": problem.line,
        "message": storable(problem.message),
        "traceback": storable(problem.traceback),
    }


def pull_request_columns(pull_request: DeployedPullRequest | None) -> dict[str, Any]:
    """Return the column values of `deployments` that store the pull request."""
    if pull_request is None:
        return {}
    return {
        "pull_request_number": pull_request.number,
        "pull_request_title": storable(pull_request.title),
        "pull_request_state": pull_request.state,
        "pull_request_trusted": pull_request.trusted,
        "pull_request_base_sha": pull_request.base_sha,
    }
