"""GitHub is told the truth of the row, once per change that it has not seen."""

import pytest

from domain.deployments import DeploymentStatus
from domain.errors import TemporarilyUnavailable
from tests.fakes.world import SHA_A, World

pytestmark = pytest.mark.postgres


def test_waiting_changes_become_one_report_of_the_last_status(world: World) -> None:
    world.push(SHA_A)
    deployment = world.deploy(world.deployments()[0])

    world.report(deployment)

    assert [report.deployment.status for report in world.forge.reports] == [DeploymentStatus.DEPLOYED]
    assert world.forge.reports[0].task_ids == ("hello",)
    assert world.read(deployment).on_github.check_run_id == 42


def test_nothing_new_is_not_told_again(world: World) -> None:
    world.push(SHA_A)
    world.report(world.deployments()[0])

    world.report(world.deployments()[0])

    assert len(world.forge.reports) == 1


def test_a_report_begun_before_looks_for_the_check_run_it_may_have_made(world: World) -> None:
    world.push(SHA_A)
    world.forge.failures = [TemporarilyUnavailable("github_unavailable", "The connection was closed.")]
    with pytest.raises(TemporarilyUnavailable):
        world.report(world.deployments()[0])

    world.report(world.deployments()[0])

    assert world.forge.searches == [True]


def test_the_first_report_does_not_search(world: World) -> None:
    world.push(SHA_A)

    world.report(world.deployments()[0])

    assert world.forge.searches == [False]
