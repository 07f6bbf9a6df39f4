"""Check runs and GitHub's deployments: made once, kept true, found again after a crash."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.builds import Problem
from domain.deployments import Deployment, DeploymentStatus, Failure, GitHubTraces, Version
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


def told(forge: GitHubForge, report: DeploymentReport, **changes: object) -> DeploymentReport:
    """Report the deployment as it is after `changes`, and return the report with what GitHub has now."""
    changed = moved(report, **changes)
    return moved(changed, on_github=forge.report(changed, look_for_existing=False))


def test_a_deployment_has_one_check_run_to_its_end(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    waiting = told(forge, report)
    building = told(forge, waiting, status=DeploymentStatus.BUILDING, started_at=AT)
    told(forge, building, status=DeploymentStatus.FAILED, finished_at=AT, failure=Failure("no_tasks", "No tasks."))
    (run,) = hosted.github.check_runs
    assert run["id"] == waiting.deployment.on_github.check_run_id
    assert (run["status"], run["conclusion"]) == ("completed", "failure")
    assert (run["external_id"], run["head_sha"]) == ("deployment_1", report.deployment.commit.sha)
    assert "No tasks." in run["output"]["summary"]


@pytest.mark.parametrize("changes", [{}, {"held": True}], ids=["free", "held"])
@pytest.mark.parametrize("status", DeploymentStatus)
def test_github_accepts_every_status(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport, status: DeploymentStatus, changes: dict[str, Any]
) -> None:
    told(forge, report, status=status, started_at=AT, finished_at=AT, **changes)
    (run,) = hosted.github.check_runs
    (deployment,) = hosted.github.deployments
    assert run["external_id"] == deployment["payload"]["pushwright_deployment"] == "deployment_1"


def test_an_approved_deployment_goes_on(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    held = told(forge, report, held=True)
    assert hosted.github.check_runs[0]["conclusion"] == "action_required"
    building = told(forge, held, held=False, status=DeploymentStatus.BUILDING)
    assert (hosted.github.check_runs[0]["status"], hosted.github.check_runs[0]["conclusion"]) == ("in_progress", None)
    told(forge, building, status=DeploymentStatus.DEPLOYED, finished_at=AT)
    assert hosted.github.check_runs[0]["conclusion"] == "success"


def states(hosted: Hosted) -> list[str]:
    return [status["state"] for status in hosted.github.deployment_statuses]


def test_github_is_told_each_state_of_its_deployment_once(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    waiting = told(forge, report)
    installing = told(forge, waiting, status=DeploymentStatus.INSTALLING)
    building = told(forge, installing, status=DeploymentStatus.BUILDING)
    deployed = told(forge, replace(building, is_current=True), status=DeploymentStatus.DEPLOYED, finished_at=AT)
    told(forge, replace(deployed, is_current=False))
    assert len(hosted.github.deployments) == 1
    assert hosted.github.deployments[0]["environment"] == "shop/production"
    assert states(hosted) == ["queued", "in_progress", "success", "inactive"]


def test_what_was_made_before_a_crash_is_found_again(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    sha = report.deployment.commit.sha
    traces = [forge.report(make_report(hosted, sha, f"d{n}"), look_for_existing=False) for n in range(3)]
    assert forge.report(make_report(hosted, sha, "d1"), look_for_existing=True) == traces[1]
    assert (len(hosted.github.check_runs), len(hosted.github.deployments)) == (3, 3)


def test_it_is_found_beyond_the_first_page(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    sha = report.deployment.commit.sha
    names = ["first", *(f"d{number}" for number in range(101))]
    made = {name: forge.report(make_report(hosted, sha, name), look_for_existing=False) for name in names}
    for name in ("first", "d100"):
        assert forge.report(make_report(hosted, sha, name), look_for_existing=True) == made[name]


def test_none_found_means_a_new_one(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    forge.report(report, look_for_existing=True)
    assert (len(hosted.github.check_runs), len(hosted.github.deployments)) == (1, 1)


def test_a_deployment_that_is_gone_is_made_anew(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    lost = GitHubTraces(deployment_id=999_999, deployment_state="queued")
    traces = forge.report(moved(report, on_github=lost, status=DeploymentStatus.BUILDING), look_for_existing=False)
    assert [made["id"] for made in hosted.github.deployments] == [traces.deployment_id]
    assert states(hosted) == ["in_progress"]


def test_creating_is_never_repeated_blindly(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="check-runs"))
    with pytest.raises(TemporarilyUnavailable):
        forge.report(report, look_for_existing=False)
    assert hosted.requested("check-runs") == ["POST 502"]


def test_a_renamed_repository_is_still_told(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    waiting = told(forge, report)
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    told(forge, waiting, status=DeploymentStatus.DEPLOYED, finished_at=AT)
    assert hosted.github.check_runs[0]["conclusion"] == "success"


def test_a_check_run_that_is_gone_is_made_anew(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    lost = GitHubTraces(check_run_id=999_999)
    traces = forge.report(moved(report, on_github=lost), look_for_existing=False)
    assert [run["id"] for run in hosted.github.check_runs] == [traces.check_run_id]


def test_a_missing_permission_is_named(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    hosted.github.install("acme", permissions={"contents": "read", "metadata": "read"})
    installation = hosted.github.simulation.state.installations
    reader = make_reader(hosted, report, max(installation))
    with pytest.raises(OperatorError, match="permission") as caught:
        forge.report(reader, look_for_existing=False)
    assert caught.value.code == "github_permission_missing"


def test_without_the_right_to_deploy_there_is_the_check_run(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    hosted.github.install("acme", permissions={"contents": "read", "metadata": "read", "checks": "write"})
    reader = make_reader(hosted, report, max(hosted.github.simulation.state.installations))
    traces = forge.report(reader, look_for_existing=False)
    assert [run["id"] for run in hosted.github.check_runs] == [traces.check_run_id]
    assert (traces.deployment_id, hosted.github.deployments) == (None, ())


def failed(report: DeploymentReport, problems: int) -> DeploymentReport:
    places = tuple(Problem("tasks/mail.py", line, f"wrong {line}") for line in range(1, problems + 1))
    return moved(report, status=DeploymentStatus.FAILED, finished_at=AT, failure=Failure("x", "Wrong.", places))


@pytest.mark.parametrize(("problems", "requests"), [(0, 0), (1, 1), (50, 1), (51, 2), (130, 3), (900, 4)])
def test_problems_are_shown_at_their_lines(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport, problems: int, requests: int
) -> None:
    forge.report(failed(report, problems), look_for_existing=False)
    assert hosted.requested("check-runs") == ["POST 201"] + ["PATCH 200"] * requests
    (run,) = hosted.github.check_runs
    lines = [annotation["start_line"] for annotation in hosted.github.annotations(run["id"])]
    assert (run["conclusion"], lines) == ("failure", list(range(1, min(problems, 200) + 1)))


def test_problems_are_shown_once_however_often_they_are_told(
    hosted: Hosted, forge: GitHubForge, report: DeploymentReport
) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="check-runs/"))
    with pytest.raises(TemporarilyUnavailable):
        forge.report(failed(report, 60), look_for_existing=False)
    for _ in range(2):
        forge.report(failed(report, 60), look_for_existing=True)
    (run,) = hosted.github.check_runs
    assert run["output"]["annotations_count"] == 60


def test_requests_are_counted(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    waiting = told(forge, report)
    assert hosted.api_requests() == [
        "POST /app/installations//access_tokens 201",
        "POST /check-runs 201",
        "POST /app/installations//access_tokens 201",
        "POST /deployments 201",
        "POST /deployments//statuses 201",
    ]
    building = told(forge, waiting, status=DeploymentStatus.BUILDING)
    told(forge, building, status=DeploymentStatus.DEPLOYING)
    assert hosted.api_requests()[5:] == [
        "PATCH /check-runs/ 200",
        "POST /deployments//statuses 201",
        "PATCH /check-runs/ 200",
    ]


def make_reader(hosted: Hosted, report: DeploymentReport, installation_id: int) -> DeploymentReport:
    return replace(report, address=replace(hosted.address, installation_id=installation_id))


def test_a_deleted_repository_is_no_access(hosted: Hosted, forge: GitHubForge, report: DeploymentReport) -> None:
    forge.report(report, look_for_existing=False)
    hosted.github.simulation.delete_repository(hosted.repository.id)
    with pytest.raises(NotFound) as caught:
        forge.report(report, look_for_existing=False)
    assert caught.value.code == "repository_not_accessible"
