"""Check runs: made once, kept true, found again after a crash."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.deployments import Deployment, DeploymentStatus, Failure, Version
from domain.environments import Environment, EnvironmentKind
from domain.errors import NotFound, OperatorError, TemporarilyUnavailable
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.ports.forge import DeploymentReport
from domain.source import Commit, CommitSha
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from tests.integration.github_app.hosting import Developer, Hosted

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def make_report(hosted: Hosted, sha: CommitSha, name: str = "deployment_1") -> DeploymentReport:
    deployment = Deployment(
        id=DeploymentId(name),
        project_id=ProjectId("proj_1"),
        environment_id=EnvironmentId("env_1"),
        commit=Commit(sha),
        ref="refs/heads/main",
        version=Version(date(2026, 11, 24), 1),
        short_code="abcd1234",
        sequence=1,
        status=DeploymentStatus.PENDING,
        created_at=AT,
    )
    environment = Environment(EnvironmentId("env_1"), ProjectId("proj_1"), EnvironmentKind.PRODUCTION, "production")
    return DeploymentReport(hosted.address, deployment, "shop", environment, "https://ci.example/1")


def moved(report: DeploymentReport, **changes: object) -> DeploymentReport:
    return replace(report, deployment=replace(report.deployment, **changes))


@pytest.fixture
def report(hosted: Hosted, developer: Developer) -> DeploymentReport:
    return make_report(hosted, developer.publish())


def test_a_deployment_has_one_check_run_to_its_end(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    run_id = forge.report(report, look_for_existing=False)
    building = moved(report, status=DeploymentStatus.BUILDING, started_at=AT, check_run_id=run_id)
    failed = moved(building, status=DeploymentStatus.FAILED, finished_at=AT, failure=Failure("no_tasks", "No tasks."))
    assert forge.report(building, look_for_existing=False) == run_id
    assert forge.report(failed, look_for_existing=False) == run_id
    (run,) = hosted.github.check_runs
    assert (run["id"], run["status"], run["conclusion"]) == (run_id, "completed", "failure")
    assert (run["external_id"], run["head_sha"]) == ("deployment_1", report.deployment.commit.sha)
    assert "No tasks." in run["output"]["summary"]


@pytest.mark.parametrize("status", DeploymentStatus)
def test_github_accepts_every_status(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport, status: DeploymentStatus
) -> None:
    run_id = forge.report(moved(report, status=status, started_at=AT, finished_at=AT), look_for_existing=False)
    assert [run["id"] for run in hosted.github.check_runs] == [run_id]


def test_a_check_run_made_before_a_crash_is_found_again(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    ids = [
        forge.report(make_report(hosted, report.deployment.commit.sha, f"d{n}"), look_for_existing=False)
        for n in range(3)
    ]
    again = make_report(hosted, report.deployment.commit.sha, "d1")
    assert forge.report(again, look_for_existing=True) == ids[1]
    assert len(hosted.github.check_runs) == 3


def test_it_is_found_beyond_the_first_page(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    sha = report.deployment.commit.sha
    first = forge.report(make_report(hosted, sha, "first"), look_for_existing=False)
    for number in range(100):
        forge.report(make_report(hosted, sha, f"d{number}"), look_for_existing=False)
    assert forge.report(make_report(hosted, sha, "first"), look_for_existing=True) == first


def test_none_found_means_a_new_one(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    forge.report(report, look_for_existing=True)
    assert len(hosted.github.check_runs) == 1


def test_creating_is_never_repeated_blindly(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="check-runs"))
    with pytest.raises(TemporarilyUnavailable):
        forge.report(report, look_for_existing=False)
    assert hosted.requested("check-runs") == ["POST 502"]


def test_a_renamed_repository_is_still_told(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    run_id = forge.report(report, look_for_existing=False)
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    done = moved(report, status=DeploymentStatus.DEPLOYED, finished_at=AT, check_run_id=run_id)
    assert forge.report(done, look_for_existing=False) == run_id
    assert hosted.github.check_runs[0]["conclusion"] == "success"


def test_a_check_run_that_is_gone_is_made_anew(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    assert forge.report(moved(report, check_run_id=999_999), look_for_existing=False) != 999_999
    assert len(hosted.github.check_runs) == 1


def test_a_missing_permission_is_named(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    hosted.github.install("acme", permissions={"contents": "read", "metadata": "read"})
    installation = hosted.github.simulation.state.installations
    reader = make_reader(hosted, report, max(installation))
    with pytest.raises(OperatorError, match="permission") as caught:
        forge.report(reader, look_for_existing=False)
    assert caught.value.code == "github_permission_missing"


def make_reader(hosted: Hosted, report: DeploymentReport, installation_id: int) -> DeploymentReport:
    return replace(report, address=replace(hosted.address, installation_id=installation_id))


def test_a_deleted_repository_is_no_access(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    forge.report(report, look_for_existing=False)
    hosted.github.simulation.delete_repository(hosted.repository.id)
    with pytest.raises(NotFound) as caught:
        forge.report(report, look_for_existing=False)
    assert caught.value.code == "repository_not_accessible"
