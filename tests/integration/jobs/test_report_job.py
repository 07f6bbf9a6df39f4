"""GitHub is told the truth of the row, once per change that it has not seen."""

from datetime import timedelta

import pytest

from domain.deployments import DeploymentStatus
from domain.errors import NotFound, TemporarilyUnavailable
from tests.fakes.forge import ADDRESS
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


def test_the_report_says_whether_it_is_current(world: World) -> None:
    world.push(SHA_A)
    world.report(world.deployments()[0])
    world.deploy()
    world.report(world.deployments()[0])

    assert [report.is_current for report in world.forge.reports] == [False, True]


def test_without_budget_a_report_waits_and_does_not_count_as_begun(world: World) -> None:
    world.push(SHA_A)
    block(world, timedelta(minutes=3))

    with pytest.raises(TemporarilyUnavailable) as caught:
        world.report(world.deployments()[0])

    assert caught.value.code == "github_writes_paced"
    assert caught.value.retry_after is not None
    world.clock.offset = timedelta(minutes=4)
    world.report(world.deployments()[0])
    assert world.forge.searches == [False]


def test_when_github_says_there_were_too_many_writes_all_of_the_installation_wait(world: World) -> None:
    world.track_staging("main")
    world.push(SHA_A)
    first, second = world.deployments()
    world.forge.failures = [
        TemporarilyUnavailable("github_rate_limited", "Too many.", retry_after=timedelta(minutes=1))
    ]
    with pytest.raises(TemporarilyUnavailable):
        world.report(first)

    with pytest.raises(TemporarilyUnavailable) as caught:
        world.report(second)

    assert caught.value.code == "github_writes_paced"


def test_the_budget_is_eighty_a_minute(world: World) -> None:
    with world.store.transaction() as work:
        assert work.installations.reserve_writes(ADDRESS.installation_id, 79, world.clock.now()) is None
    world.push(SHA_A)

    with pytest.raises(TemporarilyUnavailable):
        world.report(world.deployments()[0])


def test_what_github_refused_is_told_when_it_sees_us_again(world: World) -> None:
    world.push(SHA_A)
    world.forge.failures = [NotFound("repository_not_accessible", "The App does not see it.")]
    world.report(world.deployments()[0])
    world.clock.offset = timedelta(minutes=11)

    before = len(world.queue.of_kind("report"))
    world.keep_house("reconcile")

    assert [job.key for job in world.queue.of_kind("report")[before:]] == [world.deployments()[0].id]


def block(world: World, time: timedelta) -> None:
    with world.store.transaction() as work:
        work.installations.block_writes(ADDRESS.installation_id, world.clock.now() + time)
