"""The service is killed the hard way in the middle of its work, and started again: nothing is lost or doubled."""

import time

import pytest

from github_app.simulator.server import SimulatedGitHub
from tests.acceptance.project import ConnectedProject, ProjectFactory
from tests.acceptance.service import RunningService, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]


def test_killed_in_the_middle_of_a_build_it_goes_on(
    projects: ProjectFactory, service: RunningService, github: SimulatedGitHub
) -> None:
    project, sha = begin_build(projects, "killed-build")

    service.kill()
    service.start()

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    assert len(project.deployments()) == 1
    assert project.current_commit() == sha
    assert "Attempt 2" in project.log(sha)
    wait_until(
        lambda: [c["conclusion"] for c in github.check_runs if c["head_sha"] == sha] == ["success"],
        "one check run, completed",
        seconds=30,
    )


def test_killed_in_the_middle_of_deliveries_each_is_decided_once(
    projects: ProjectFactory, service: RunningService, github: SimulatedGitHub
) -> None:
    project = projects.make("killed-delivery")
    deliveries = len(github.deliveries)
    shas = [project.push_commit(f"Change {number}") for number in range(5)]
    assert [delivery.succeeded for delivery in github.deliveries[deliveries:]] == [True] * 5

    service.kill()
    service.start()

    assert [project.deploy(sha).status for sha in shas] == ["DEPLOYED"] * 5
    assert [deployment.commit.sha for deployment in project.deployments()] == shas[::-1]
    assert project.current_commit() == shas[-1]
    assert [record.status for record in project.decisions()] == ["done"] * 5


def test_a_delivery_that_came_while_the_service_was_away_can_be_sent_again(
    projects: ProjectFactory, service: RunningService, github: SimulatedGitHub
) -> None:
    project = projects.make("away")
    service.kill()
    sha = project.push_commit()
    missed = github.deliveries[-1]
    service.start()

    github.simulation.courier.redeliver(missed.id)

    assert not missed.succeeded
    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)


def test_it_ends_politely_on_sigterm_and_goes_on_where_it_was(
    projects: ProjectFactory, service: RunningService
) -> None:
    project, sha = begin_build(projects, "polite")

    assert service.stop() == 0
    service.start()

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)


def begin_build(projects: ProjectFactory, slug: str) -> tuple[ConnectedProject, str]:
    """Push a commit whose build takes a while (and is in no cache), and wait until it is in the middle of it."""
    project = projects.make(slug)
    project.change_settings("--pre-build-command", f"sleep 8; echo {slug} slept at {time.time_ns()}")
    sha = project.push_commit()
    wait_until(lambda: project.statuses() == ["BUILDING"], "the build runs")
    return project, sha
