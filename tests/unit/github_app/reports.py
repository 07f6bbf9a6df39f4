"""Reports to be told, built from literals."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from domain.deployments import Deployment, DeploymentStatus, Version
from domain.environments import Environment, EnvironmentKind, PreviewBranch
from domain.identifiers import DeploymentId, EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.ports.forge import DeploymentReport
from domain.pull_requests import PreviewKey
from domain.source import BranchName, Commit, CommitSha, RepositoryAddress

AT = datetime(2026, 11, 24, 12, 5, 6, tzinfo=UTC)
ADDRESS = RepositoryAddress(InstallationId(3), RepositoryId(7))
PROJECT, PLACE = ProjectId("proj_1"), EnvironmentId("env_1")
PREVIEW = PreviewBranch(EnvironmentId("env_0"), PreviewKey(RepositoryId(7), BranchName("feature")), AT)


def report(status: DeploymentStatus, **changes: Any) -> DeploymentReport:  # noqa: ANN401 - any field of a deployment
    deployment = Deployment(
        id=DeploymentId("deployment_1"),
        project_id=PROJECT,
        environment_id=PLACE,
        commit=Commit(CommitSha("a" * 40)),
        ref="refs/heads/main",
        version=Version(date(2026, 11, 24), 3),
        short_code="abcd1234",
        sequence=1,
        status=status,
        created_at=AT,
    )
    environment = Environment(PLACE, PROJECT, EnvironmentKind.PRODUCTION, "production")
    return DeploymentReport(ADDRESS, replace(deployment, **changes), "shop", environment, "https://ci.example/d/1")


def of_preview(report: DeploymentReport, archived_at: datetime | None = None) -> DeploymentReport:
    """Return the report as one about a preview."""
    preview = replace(PREVIEW, archived_at=archived_at)
    environment = Environment(PLACE, PROJECT, EnvironmentKind.PREVIEW, "preview-feature", preview=preview)
    return replace(report, environment=environment)


def archived(report: DeploymentReport) -> DeploymentReport:
    """Return the report as one about an archived preview."""
    return of_preview(report, AT)
