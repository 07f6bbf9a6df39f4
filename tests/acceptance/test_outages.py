"""What the service stands on goes away and comes back: nothing is lost, and nobody has to do anything."""

import time
from pathlib import Path

import httpx
import pytest

from github_app.simulator.faults import Fault, FaultKind, FaultTarget
from github_app.simulator.server import SimulatedGitHub
from store.cluster import Cluster
from store.embedded import EmbeddedPostgres
from tests.acceptance.project import ProjectFactory
from tests.acceptance.service import RunningService, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

AWAY_SECONDS = 3


@pytest.fixture
def cluster(settings: dict[str, str]) -> Cluster:
    """The service's PostgreSQL, to be stopped and started like one an operator restarts."""
    directory = (Path(settings["DATA_DIR"]) / "postgres").absolute()
    return Cluster(directory, EmbeddedPostgres(directory).socket)


def test_postgresql_is_restarted_in_the_middle_of_a_build(
    projects: ProjectFactory, service: RunningService, cluster: Cluster
) -> None:
    project = projects.make("database-away")
    project.change_settings("--pre-build-command", f"sleep 8; echo database-away slept at {time.time_ns()}")
    sha = project.push_commit()
    wait_until(lambda: project.statuses() == ["BUILDING"], "the build runs")

    cluster.stop()
    assert httpx.get(f"{service.url}/readyz", timeout=30).status_code == 503
    time.sleep(AWAY_SECONDS)
    cluster.start()

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    assert len(project.deployments()) == 1
    assert project.current_commit() == sha


def test_a_delivery_while_postgresql_is_away_is_refused_and_taken_when_it_is_back(
    projects: ProjectFactory, github: SimulatedGitHub, cluster: Cluster
) -> None:
    project = projects.make("refused-delivery")
    sha = project.commit()
    cluster.stop()
    project.push()
    refused = github.deliveries[-1]
    cluster.start()

    github.simulation.courier.redeliver(refused.id)

    assert refused.status_code == 503
    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)


def test_github_fails_for_a_while(projects: ProjectFactory, github: SimulatedGitHub) -> None:
    project = projects.make("github-away")
    github.simulation.faults.add(Fault(kind=FaultKind.SERVER_ERROR, count=8, target=FaultTarget.API))

    sha = project.push_commit()

    assert project.deploy(sha).status == "DEPLOYED", project.log(sha)
    wait_until(
        lambda: [c["conclusion"] for c in github.check_runs if c["head_sha"] == sha] == ["success"],
        "GitHub is told after all",
        seconds=60,
    )
