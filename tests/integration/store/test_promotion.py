"""Promotion: the newest deployment is current, whatever the order they end in."""

import random

import pytest

from domain.deployments import Deployment, DeploymentStatus
from domain.errors import Conflict
from domain.identifiers import DeploymentId
from domain.ports.store import Store
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import NOW, Shop, at_once


def promote(store: Store, deployment: Deployment) -> bool:
    with store.transaction() as work:
        return work.deployments.promote(deployment, NOW)


@pytest.fixture
def pair(shop: Shop) -> tuple[Deployment, Deployment]:
    older, newer = (shop.create_in(DeploymentStatus.DEPLOYED) for _ in range(2))
    return older, newer


def test_an_environment_begins_without_a_current_deployment(shop: Shop, store: Store) -> None:
    with store.transaction() as work:
        assert work.deployments.find_current(shop.production.id) is None


def test_the_newer_one_takes_over(shop: Shop, store: Store, pair: tuple[Deployment, Deployment]) -> None:
    assert [promote(store, one) for one in pair] == [True, True]
    with store.transaction() as work:
        assert work.deployments.find_current(shop.production.id) == pair[1]


def test_an_older_one_that_ends_later_does_not(shop: Shop, store: Store, pair: tuple[Deployment, Deployment]) -> None:
    older, newer = pair
    assert promote(store, newer)
    assert not promote(store, older)
    assert (shop.current().current_deployment_id, shop.current().current_sequence) == (newer.id, newer.sequence)


def test_promoting_twice_is_promoting_once(shop: Shop, store: Store, pair: tuple[Deployment, Deployment]) -> None:
    assert [promote(store, pair[0]) for _ in range(2)] == [True, True]
    assert shop.current().current_sequence == pair[0].sequence


def test_threads_in_any_order_end_with_the_newest(shop: Shop, store: Store) -> None:
    made = [shop.create_in(DeploymentStatus.DEPLOYED) for _ in range(12)]
    at_once(lambda one: promote(store, one), random.sample(made, len(made)))
    assert shop.current().current_deployment_id == made[-1].id


@pytest.mark.parametrize("status", sorted(set(DeploymentStatus) - {DeploymentStatus.DEPLOYED}))
def test_only_what_is_deployed_becomes_current(shop: Shop, store: Store, status: DeploymentStatus) -> None:
    deployment = shop.create_in(status)
    assert not promote(store, deployment)
    with pytest.raises(Conflict) as caught, store.transaction() as work:
        work.deployments.promote_again(deployment.id, NOW)
    assert caught.value.code == "deployment_not_deployed"


def test_going_back_outruns_builds_begun_before(shop: Shop, store: Store, pair: tuple[Deployment, Deployment]) -> None:
    older, newer = pair
    promote(store, newer)
    building = shop.create()
    with store.transaction() as work:
        assert work.deployments.promote_again(older.id, NOW) == older
    late = shop.advance(building, *_REST)
    assert not promote(store, late)
    assert shop.current().current_deployment_id == older.id


def test_builds_begun_after_going_back_take_over(shop: Shop, store: Store, pair: tuple[Deployment, Deployment]) -> None:
    with store.transaction() as work:
        work.deployments.promote_again(pair[0].id, NOW)
    assert promote(store, pair[0])
    assert promote(store, shop.create_in(DeploymentStatus.DEPLOYED))


def reports(queue: RecordingJobQueue) -> list[str]:
    return [job.key for job in queue.of_kind("report")]


def test_whoever_loses_its_place_is_reported_once_more(
    store: Store, pair: tuple[Deployment, Deployment], queue: RecordingJobQueue
) -> None:
    older, newer = pair
    promote(store, older)
    queue.jobs.clear()
    promote(store, newer)
    promote(store, newer)
    promote(store, older)
    assert reports(queue) == [older.id]


def test_going_back_reports_both(store: Store, pair: tuple[Deployment, Deployment], queue: RecordingJobQueue) -> None:
    older, newer = pair
    promote(store, newer)
    queue.jobs.clear()
    with store.transaction() as work:
        work.deployments.promote_again(older.id, NOW)
    assert reports(queue) == [newer.id, older.id]


def test_going_back_to_what_is_current_reports_it_alone(
    store: Store, pair: tuple[Deployment, Deployment], queue: RecordingJobQueue
) -> None:
    promote(store, pair[0])
    queue.jobs.clear()
    with store.transaction() as work:
        work.deployments.promote_again(pair[0].id, NOW)
    assert reports(queue) == [pair[0].id]


def test_only_what_its_environment_runs_is_current(store: Store, pair: tuple[Deployment, Deployment]) -> None:
    for one in pair:
        promote(store, one)
    with store.transaction() as work:
        assert [work.deployments.is_current(one.id) for one in pair] == [False, True]
        assert not work.deployments.is_current(DeploymentId("deployment_nobody"))


def test_what_is_moved_ahead_becomes_current_before_what_was_begun_since(store: Store, shop: Shop) -> None:
    older, newer = shop.create(), shop.create()
    with store.transaction() as work:
        work.deployments.move_ahead(older.id, NOW)

    assert shop.read(older).sequence == 3
    older, newer = (shop.advance(one, DeploymentStatus.INSTALLING, *_REST[1:]) for one in (older, newer))
    assert [promote(store, one) for one in (older, newer)] == [True, False]
    assert shop.create().sequence == 4


def test_moving_ahead_what_was_deployed_meanwhile_makes_it_current(
    store: Store, pair: tuple[Deployment, Deployment]
) -> None:
    promote(store, pair[1])
    with store.transaction() as work:
        work.deployments.move_ahead(pair[0].id, NOW)
        assert work.deployments.is_current(pair[0].id)


def test_moving_ahead_what_failed_meanwhile_changes_nothing(store: Store, shop: Shop) -> None:
    failed = shop.create_in(DeploymentStatus.FAILED)
    with store.transaction() as work:
        work.deployments.move_ahead(failed.id, NOW)
    assert shop.read(failed) == failed
    assert shop.current().current_deployment_id is None


_REST = (
    DeploymentStatus.INSTALLING,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
    DeploymentStatus.DEPLOYED,
)
