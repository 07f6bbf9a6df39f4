"""Deployments move along the transition table, and only for the attempt that owns them."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from domain.builds import Problem
from domain.deployments import TRANSITIONS, Deployment, DeploymentStatus, Failure
from domain.errors import Conflict, InvalidInput, NotFound
from domain.identifiers import DeploymentId
from domain.ports.store import Store
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import NOW, PATH_TO, REPOSITORY, Shop, add_project, at_once, sha_of

LATER = NOW + timedelta(minutes=1)


def advance(store: Store, deployment: Deployment, status: DeploymentStatus) -> Deployment | None:
    with store.transaction() as work:
        return work.deployments.advance(deployment, status, LATER)


@pytest.mark.parametrize(("source", "target"), list(product(DeploymentStatus, repeat=2)))
def test_the_table_is_kept(shop: Shop, store: Store, source: DeploymentStatus, target: DeploymentStatus) -> None:
    deployment = shop.create_in(source)
    moved = advance(store, deployment, target)
    assert (moved is not None) == (target in TRANSITIONS[source])
    assert shop.read(deployment) == (moved or deployment)


def test_each_phase_has_its_moment(shop: Shop, store: Store) -> None:
    deployment = shop.create()
    for minute, status in enumerate(PATH_TO[DeploymentStatus.DEPLOYED]):
        with store.transaction() as work:
            work.deployments.advance(deployment, status, NOW + timedelta(minutes=minute))
    done = shop.read(deployment)
    moments = (done.started_at, done.installed_at, done.built_at, done.finished_at)
    assert moments == tuple(NOW + timedelta(minutes=minute) for minute in range(4))


def test_an_attempt_that_begins_again_forgets_how_far_the_last_one_got(shop: Shop, store: Store) -> None:
    moved = advance(store, shop.create_in(DeploymentStatus.DEPLOYING), DeploymentStatus.INSTALLING)
    assert moved is not None
    assert (moved.started_at, moved.installed_at, moved.built_at) == (LATER, None, None)


def test_failure_and_image_are_kept(shop: Shop, store: Store) -> None:
    failed, built = shop.create(), shop.create_in(DeploymentStatus.DEPLOYING)
    problems = (
        Problem("trigger/a.py", 3, "No module named x\x00", "Traceback …"),
        Problem("trigger/b.py", None, "bad"),
    )
    failure = Failure("task_import_failed", "Two task files do not import.", problems)
    with store.transaction() as work:
        work.deployments.advance(failed, DeploymentStatus.FAILED, NOW, failure=failure)
        work.deployments.advance(built, DeploymentStatus.DEPLOYED, NOW, image="shop@sha256:1")
    assert shop.read(failed).failure == replace(
        failure, problems=(replace(problems[0], message="No module named x\ufffd"), problems[1])
    )
    assert shop.read(built).image == "shop@sha256:1"


def test_a_lost_attempt_changes_nothing(shop: Shop, store: Store, queue: RecordingJobQueue) -> None:
    mine = shop.create_in(DeploymentStatus.BUILDING)
    with store.transaction() as work:
        theirs = work.deployments.begin_attempt(mine.id)
    jobs = len(queue.jobs)
    assert theirs is not None
    assert all(advance(store, mine, status) is None for status in DeploymentStatus)
    assert shop.read(mine) == theirs
    assert len(queue.jobs) == jobs


def test_one_of_many_attempts_finishes(shop: Shop, store: Store) -> None:
    deployment = shop.create_in(DeploymentStatus.DEPLOYING)
    moved = at_once(lambda _: advance(store, deployment, DeploymentStatus.DEPLOYED), range(20))
    assert len([one for one in moved if one is not None]) == 1


def test_attempts_are_counted(shop: Shop, store: Store) -> None:
    deployment = shop.create()
    with store.transaction() as work:
        begun = [work.deployments.begin_attempt(deployment.id) for _ in range(2)]
    assert [one.attempt for one in begun if one] == [1, 2]


def test_no_attempt_begins_on_what_has_ended(shop: Shop, store: Store) -> None:
    deployment = shop.create_in(DeploymentStatus.FAILED)
    with store.transaction() as work:
        assert work.deployments.begin_attempt(deployment.id) is None
    assert shop.read(deployment) == deployment


def test_cancel_ends_it_for_every_attempt(shop: Shop, store: Store) -> None:
    deployment = shop.create_in(DeploymentStatus.BUILDING)
    with store.transaction() as work:
        work.deployments.begin_attempt(deployment.id)
        canceled = work.deployments.cancel(deployment.id, "Wrong branch.", LATER)
    assert canceled.status is DeploymentStatus.CANCELED
    assert (canceled.failure, canceled.finished_at) == (Failure("canceled", "Wrong branch."), LATER)


@pytest.mark.parametrize("status", [DeploymentStatus.DEPLOYED, DeploymentStatus.CANCELED])
def test_what_has_ended_is_not_canceled(shop: Shop, store: Store, status: DeploymentStatus) -> None:
    deployment = shop.create_in(status)
    with pytest.raises(Conflict) as caught, store.transaction() as work:
        work.deployments.cancel(deployment.id, "", NOW)
    assert caught.value.code == "deployment_final"
    assert shop.read(deployment) == deployment


def test_a_reason_has_a_limit(shop: Shop, store: Store) -> None:
    deployment = shop.create()
    with store.transaction() as work:
        with pytest.raises(InvalidInput, match="200"):
            work.deployments.cancel(deployment.id, "x" * 201, NOW)
        assert work.deployments.cancel(deployment.id, "x" * 200, NOW).is_final


@pytest.mark.parametrize(
    "method", ["get", "get_by_reference", "begin_attempt", "promote_again", "cancel", "append_log"]
)
def test_an_unknown_deployment_is_not_found(store: Store, method: str) -> None:
    more = {"promote_again": (NOW,), "cancel": ("", NOW), "append_log": ([("build", "", "x")],)}.get(method, ())
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        getattr(work.deployments, method)(DeploymentId("deployment_nobody"), *more)
    assert caught.value.code == "deployment_not_found"


def test_the_newest_waiting_one_is_found(shop: Shop, store: Store) -> None:
    first, _, third = shop.create(), shop.create(), shop.create()
    shop.create(environment=shop.staging)
    shop.create_in(DeploymentStatus.FAILED)
    with store.transaction() as work:
        assert work.deployments.find_newer_waiting(first) == third
        assert work.deployments.find_newer_waiting(third) is None


def test_a_deployment_is_found_by_whatever_a_person_calls_it(shop: Shop, store: Store) -> None:
    failed = shop.create_in(DeploymentStatus.FAILED, 1)
    with store.transaction() as work:
        again = work.deployments.create(shop.wanted(1), LATER)
        assert again is not None
        assert work.deployments.get_by_reference(failed.id) == failed
        assert work.deployments.get_by_reference(failed.short_code) == failed
        assert work.deployments.get_by_reference(failed.commit.sha) == again


def test_the_newest_of_an_environment_is_found(shop: Shop, store: Store) -> None:
    shop.create()
    newest = shop.create_in(DeploymentStatus.FAILED)
    with store.transaction() as work:
        assert work.deployments.find_newest(shop.production.id) == newest
        assert work.deployments.find_newest(shop.staging.id) is None


def test_a_commit_is_listed_with_its_newest_deployment_in_each_connected_environment(shop: Shop, store: Store) -> None:
    shop.connect()
    unconnected = add_project(store, "unconnected")
    unconnected.create(1)
    shop.create_in(DeploymentStatus.FAILED, 1)
    again, staged = shop.create(1), shop.create(1, environment=shop.staging)
    shop.create(2)
    with store.transaction() as work:
        assert work.deployments.list_of_commit(REPOSITORY.id, sha_of(1)) == (again, staged)
        assert work.deployments.list_of_commit(REPOSITORY.id, sha_of(3)) == ()


def test_lists_and_short_codes(shop: Shop, store: Store) -> None:
    made = [shop.create() for _ in range(3)]
    with store.transaction() as work:
        assert work.deployments.list_recent(None, 2) == (made[2], made[1])
        assert work.deployments.list_recent(shop.project.id, 10) == tuple(reversed(made))
        assert work.deployments.find_by_short_code(shop.project.id, made[0].short_code) == made[0]
        assert work.deployments.find_by_short_code(shop.project.id, "nobody") is None
