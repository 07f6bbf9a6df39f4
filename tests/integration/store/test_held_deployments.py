"""Held deployments: no job without approval, and none of an outdated commit."""

from dataclasses import replace

import pytest

from domain.deployments import Deployment, DeploymentStatus, Failure
from domain.environments import Environment
from domain.errors import Conflict, NotFound
from domain.identifiers import DeploymentId
from domain.ports.jobs import Job
from domain.ports.store import Store
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import NOW, Shop, at_once, sha_of


@pytest.fixture
def preview(shop: Shop) -> Environment:
    return shop.ensure()


def hold(shop: Shop, preview: Environment, number: int = 5) -> Deployment:
    created = shop.find_created(replace(shop.wanted_preview(preview, sha_of(number)), held=True))
    assert created is not None
    return created


def approve(store: Store, deployment: Deployment) -> Deployment:
    with store.transaction() as work:
        return work.deployments.approve(deployment.id, "ada")


def test_what_is_held_is_reported_and_has_no_job(shop: Shop, preview: Environment, queue: RecordingJobQueue) -> None:
    held = hold(shop, preview)
    assert (held.held, held.status) == (True, DeploymentStatus.PENDING)
    assert queue.jobs == [Job("report", held.id, f"report:{held.id}")]


def test_approval_asks_for_the_job_as_if_it_had_just_been_created(
    shop: Shop, store: Store, preview: Environment, queue: RecordingJobQueue
) -> None:
    held = hold(shop, preview)
    queue.jobs.clear()
    approved = approve(store, held)
    assert approved == replace(held, held=False) == shop.read(held)
    assert queue.jobs == [
        Job("deployment", held.id, preview.id, 10),
        Job("report", held.id, f"report:{held.id}"),
    ]


def test_of_twenty_who_approve_at_once_one_does(
    shop: Shop, store: Store, preview: Environment, queue: RecordingJobQueue
) -> None:
    held = hold(shop, preview)

    def try_to_approve(_: int) -> bool:
        try:
            return not approve(store, held).held
        except Conflict:
            return False

    assert at_once(try_to_approve, range(20)).count(True) == 1
    assert len(queue.of_kind("deployment")) == 1


@pytest.mark.parametrize("ended", [True, False])
def test_what_does_not_wait_is_not_approved(shop: Shop, store: Store, preview: Environment, *, ended: bool) -> None:
    deployment = hold(shop, preview) if ended else shop.create(environment=preview)
    if ended:
        with store.transaction() as work:
            work.deployments.cancel(deployment.id, "", NOW)
    with pytest.raises(Conflict) as caught:
        approve(store, deployment)
    assert caught.value.code == "deployment_not_held"


def test_an_unknown_deployment_is_not_approved(store: Store) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        work.deployments.approve(DeploymentId("deployment_nobody"), "ada")
    assert caught.value.code == "deployment_not_found"


@pytest.mark.parametrize("held", [True, False])
def test_a_newer_commit_takes_the_place_of_what_is_held(
    shop: Shop, preview: Environment, queue: RecordingJobQueue, *, held: bool
) -> None:
    older = hold(shop, preview, 5)
    queue.jobs.clear()
    newer = shop.find_created(replace(shop.wanted_preview(preview, sha_of(6)), held=held))
    assert newer is not None
    failure = Failure("superseded", "A newer commit took the place of this one, which waited for approval.")
    assert (shop.read(older).status, shop.read(older).failure) == (DeploymentStatus.CANCELED, failure)
    assert [job.key for job in queue.of_kind("report")] == [older.id, newer.id]


def test_what_was_approved_and_what_is_held_elsewhere_stays(shop: Shop, store: Store, preview: Environment) -> None:
    other = hold(shop, shop.staging, 5)
    approved = approve(store, hold(shop, preview, 5))
    hold(shop, preview, 6)
    assert (shop.read(approved), shop.read(other)) == (approved, other)


def test_the_commit_that_is_held_is_not_held_twice(shop: Shop, preview: Environment) -> None:
    held = hold(shop, preview)
    assert shop.find_created(replace(shop.wanted_preview(preview, sha_of(5)), held=True)) is None
    assert shop.read(held) == held


def test_no_attempt_begins_before_the_approval(shop: Shop, store: Store, preview: Environment) -> None:
    held = hold(shop, preview)
    with store.transaction() as work:
        assert work.deployments.begin_attempt(held.id) is None
        work.deployments.approve(held.id, "ada")
        begun = work.deployments.begin_attempt(held.id)
    assert begun is not None
    assert begun.attempt == 1


def test_nothing_makes_way_for_what_is_held(shop: Shop, store: Store, preview: Environment) -> None:
    waiting = shop.create(environment=preview)
    hold(shop, preview)
    with store.transaction() as work:
        assert work.deployments.find_newer_waiting(waiting) is None
