"""The path everything hangs on: a signed push goes in, an image that runs its tasks comes out, GitHub is told."""

import json
import subprocess
from itertools import pairwise

import pytest

from github_app.simulator.server import SimulatedGitHub
from tests.acceptance.project import ProjectFactory
from tests.acceptance.service import RunningService, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

REQUESTS = {
    "hello-tasks": {"task": "greet", "payload": {"name": "Ada"}},
    "requirements-tasks": {"task": "dates/parse", "payload": {"text": "24 November 2026"}},
}


@pytest.mark.parametrize("example", sorted(REQUESTS))
def test_a_push_becomes_an_image_whose_task_runs(
    projects: ProjectFactory, machine: dict[str, str], example: str
) -> None:
    project = projects.make(f"path-{example}", example)
    sha = project.push_commit()

    deployment = project.deploy(sha)

    assert deployment.status == "DEPLOYED", project.log(sha)
    assert project.current_commit() == sha
    assert deployment.image is not None
    run = subprocess.run(
        [machine["DOCKER"], "run", "--rm", "-i", "--network=none", "--read-only", deployment.image],
        input=json.dumps({**REQUESTS[example], "context": {}}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout.splitlines()[-1])["status"] == "succeeded"


def test_github_is_told_the_final_status_in_one_check_run(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("told")
    sha = project.push_commit()
    project.deploy(sha)

    check = wait_until(
        lambda: next((c for c in github.check_runs if c["head_sha"] == sha and c["status"] == "completed"), None),
        "the check run is completed",
        seconds=30,
    )

    assert check is not None
    assert check["conclusion"] == "success"
    assert [c["head_sha"] for c in github.check_runs].count(sha) == 1


def test_quick_pushes_are_deployed_one_after_the_other_and_the_last_is_current(projects: ProjectFactory) -> None:
    project = projects.make("queue")
    shas = [project.push_commit(f"Change {number}") for number in range(3)]
    ended = [project.deploy(sha) for sha in shas]

    assert [deployment.status for deployment in ended] == ["DEPLOYED"] * 3
    assert [deployment.version.number for deployment in ended] == [1, 2, 3]
    for earlier, later in pairwise(ended):
        assert earlier.finished_at is not None
        assert later.started_at is not None
        assert earlier.finished_at <= later.started_at
    assert project.current_commit() == shas[-1]


def test_one_branch_for_production_and_staging_makes_two_deployments(
    projects: ProjectFactory, service: RunningService
) -> None:
    project = projects.make("both")
    project.deploy(project.push_commit())
    service.succeed("project", "track", "both", "--staging", "main")

    project.push_commit()
    wait_until(lambda: len(project.deployments()) == 3, "both environments deploy")

    assert len({deployment.environment_id for deployment in project.deployments()[:2]}) == 2


def test_build_variables_reach_the_build_and_stay_out_of_its_log(
    projects: ProjectFactory, service: RunningService
) -> None:
    project = projects.make("variables")
    service.succeed("env", "set", "variables", "production", "TRIGGER_BUILD_CANARY", stdin="a-very-secret-value\n")
    project.change_settings("--pre-build-command", 'test -n "$CANARY" && echo "canary is $CANARY"')

    sha = project.push_commit()

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    assert "canary is" in project.log(sha)
    assert "a-very-secret-value" not in project.log(sha)


def test_explain_says_what_a_push_would_do(projects: ProjectFactory, service: RunningService) -> None:
    project = projects.make("explained")
    sha = project.commit()
    project.push("HEAD:refs/heads/other")

    rows = service.list_json("explain", "--repo", "acme/explained", "--ref", "other", "--sha", sha)

    assert [(row["outcome"], row["reason"]) for row in rows] == [("ignore", "not_tracked")]
    assert "main" in rows[0]["sentence"]


def test_the_commands_show_what_happened(projects: ProjectFactory, service: RunningService) -> None:
    project = projects.make("shown")
    sha = project.push_commit()
    deployment = project.deploy(sha)

    listed = service.list_json("deployments", "list", "--project", "shown")
    log = service.succeed("deployments", "logs", deployment.short_code)
    deliveries = service.list_json("deliveries", "list")

    assert [(row["sha"], row["status"]) for row in listed] == [(sha, "DEPLOYED")]
    assert "uv sync --locked" in log
    assert log.rstrip().endswith(str(deployment.image))
    assert [row["outcome"] for row in deliveries if row.get("project") == "shown"] == ["start"]
