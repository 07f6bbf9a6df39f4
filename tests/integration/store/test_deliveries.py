"""Deliveries: one row per GUID, one job per row, one recorded decision."""

import contextlib
from datetime import timedelta

import pytest

from domain.decisions import (
    ApproveDeployment,
    ArchivePreview,
    CancelDeployment,
    Decision,
    Ignore,
    Note,
    PromoteDeployment,
    Redeploy,
    RejectPreview,
    StartDeployment,
    StartPreview,
)
from domain.deployments import Failure
from domain.errors import Conflict, NotFound
from domain.identifiers import DeliveryId, DeploymentId, EnvironmentId, ProjectId
from domain.ports.jobs import Job
from domain.ports.store import Store
from domain.pull_requests import Author
from domain.reasons import Reason
from domain.records import DeliveryRecord, NewDelivery, StoredDelivery
from domain.source import Commit
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import KEY, NOW, Shop, at_once, pull_request_of, sha_of

GUID = DeliveryId("72d3162e-cc78-11e3-81ab-4c9367dc0958")


SUBJECT = "repository:7"
PROJECT = ProjectId("proj_shop")
PRODUCTION = EnvironmentId("env_shop_production")
DEPLOYMENT = DeploymentId("deployment_1")
COMMIT = Commit(sha_of(1))


def add(store: Store, guid: str = GUID, minutes: int = 0) -> bool:
    received_at = NOW + timedelta(minutes=minutes)
    with store.transaction() as work:
        return work.deliveries.add(NewDelivery(DeliveryId(guid), "push", SUBJECT, b'{"ref": "\x00\xff"}', received_at))


def read(store: Store) -> StoredDelivery:
    with store.transaction() as work:
        return work.deliveries.get(GUID)


def records(store: Store) -> tuple[DeliveryRecord, ...]:
    with store.transaction() as work:
        return work.deliveries.list_recent(10)


def test_a_new_delivery_is_kept_byte_for_byte_with_its_job(store: Store, queue: RecordingJobQueue) -> None:
    assert add(store)
    assert read(store) == StoredDelivery(GUID, "push", SUBJECT, b'{"ref": "\x00\xff"}', "received", NOW)
    assert queue.jobs == [Job("delivery", GUID, "delivery:repository:7")]


def test_the_same_guid_again_changes_nothing(store: Store, queue: RecordingJobQueue) -> None:
    add(store)
    before = read(store)
    assert not add(store, minutes=5)
    assert read(store) == before
    assert len(queue.jobs) == 1


def test_one_of_a_hundred_threads_adds_a_guid(store: Store, queue: RecordingJobQueue) -> None:
    assert at_once(lambda _: add(store), range(100)).count(True) == 1
    assert len(queue.jobs) == 1


def test_a_delivery_whose_transaction_fails_is_not_there(store: Store) -> None:
    with contextlib.suppress(KeyError), store.transaction() as work:
        assert work.deliveries.add(NewDelivery(GUID, "push", SUBJECT, b"", NOW))
        raise KeyError
    assert records(store) == ()


def test_statuses_from_received_to_done(store: Store) -> None:
    add(store)
    with store.transaction() as work:
        work.deliveries.begin(GUID)
        assert work.deliveries.lock_for_decision(GUID).status == "processing"
        work.deliveries.finish(GUID, [])
    record = records(store)[0]
    assert record.status == "done"
    assert record.finished_at is not None


def test_decisions_are_kept_in_words(store: Store, shop: Shop) -> None:
    add(store)
    deployment = shop.create()
    start = StartDeployment(shop.project.id, shop.production.id, deployment.commit)
    ignore = Ignore(Reason.NOT_TRACKED, shop.project.id, detail="Tracked: main.")
    with store.transaction() as work:
        work.deliveries.finish(GUID, [(start, deployment.id), (ignore, None)])
    started, ignored = records(store)[0].decisions
    assert (started.outcome, started.deployment_id, started.environment_slug) == ("start", deployment.id, "production")
    assert (ignored.outcome, ignored.reason, ignored.environment_slug) == ("ignore", "not_tracked", None)
    assert (ignored.project_slug, ignored.sentence, ignored.hint) == ("shop", ignore.sentence, ignore.hint)


def test_a_promotion_is_kept_too(store: Store, shop: Shop) -> None:
    add(store)
    deployment = shop.create()
    promote = PromoteDeployment(shop.project.id, shop.production.id, deployment.id)
    with store.transaction() as work:
        work.deliveries.finish(GUID, [(promote, deployment.id)])
    decision = records(store)[0].decisions[0]
    assert (decision.outcome, decision.deployment_id) == ("promote", deployment.id)


def test_a_failure_keeps_its_sentence(store: Store) -> None:
    add(store)
    with store.transaction() as work:
        work.deliveries.fail(GUID, "The payload has no ref.\x00")
    assert (read(store).status, read(store).failure) == ("failed", "The payload has no ref.\ufffd")


def test_a_replayed_delivery_keeps_the_decisions_of_its_last_run(store: Store, queue: RecordingJobQueue) -> None:
    add(store)
    for reason in (Reason.TAG, Reason.PAUSED):
        with store.transaction() as work:
            work.deliveries.finish(GUID, [(Ignore(reason), None)])
            work.deliveries.replay(GUID)
    record = records(store)[0]
    assert [decision.reason for decision in record.decisions] == ["paused"]
    assert (record.status, record.finished_at) == ("received", None)
    assert len(queue.jobs) == 3


def test_a_delivery_in_progress_is_not_replayed(store: Store) -> None:
    add(store)
    with store.transaction() as work:
        work.deliveries.begin(GUID)
    with pytest.raises(Conflict) as caught, store.transaction() as work:
        work.deliveries.replay(GUID)
    assert caught.value.code == "delivery_in_progress"


@pytest.mark.parametrize("method", ["get", "lock_for_decision", "begin", "replay"])
def test_an_unknown_delivery_is_not_found(store: Store, method: str) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        getattr(work.deliveries, method)(DeliveryId("nobody"))
    assert caught.value.code == "delivery_not_found"


def test_lists_are_newest_first_and_bounded(store: Store) -> None:
    for minutes, guid in enumerate(("one", "two", "three")):
        add(store, guid, minutes)
    with store.transaction() as work:
        assert [record.id for record in work.deliveries.list_recent(2)] == ["three", "two"]


def test_ids_that_never_arrived_are_told_from_those_that_did(store: Store) -> None:
    add(store)
    with store.transaction() as work:
        assert work.deliveries.find_unknown([GUID, DeliveryId("missed")]) == {"missed"}
        assert work.deliveries.find_unknown([]) == frozenset()


DECISIONS = (
    StartDeployment(PROJECT, PRODUCTION, COMMIT),
    Redeploy(PROJECT, PRODUCTION, DEPLOYMENT, Author("ada")),
    StartPreview(PROJECT, None, KEY, pull_request_of(), held=True),
    RejectPreview(PROJECT, None, KEY, pull_request_of(), Failure("preview_limit_reached", "Too many.")),
    PromoteDeployment(PROJECT, PRODUCTION, DEPLOYMENT),
    ArchivePreview(PROJECT, PRODUCTION),
    CancelDeployment(PROJECT, PRODUCTION, DEPLOYMENT, "ada"),
    ApproveDeployment(PROJECT, PRODUCTION, DEPLOYMENT, "ada"),
    Note("The App was suspended.", "Unsuspend it."),
    Ignore(Reason.DRAFT, PROJECT),
)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: type(decision).__name__)
def test_every_kind_of_decision_is_kept_in_its_own_words(store: Store, decision: Decision) -> None:
    add(store)
    with store.transaction() as work:
        work.deliveries.finish(GUID, [(decision, None)])
    kept = records(store)[0].decisions[0]
    assert (kept.outcome, kept.reason, kept.sentence, kept.hint) == (
        decision.outcome.value,
        str(decision.reason),
        decision.sentence,
        decision.hint,
    )
    assert kept.project_slug == ("shop" if decision.project_id else None)
    assert kept.environment_slug == ("production" if decision.environment_id else None)


def test_a_preview_that_a_decision_made_is_named_by_its_deployment(store: Store, shop: Shop) -> None:
    add(store)
    deployment = shop.create(environment=shop.ensure())
    with store.transaction() as work:
        work.deliveries.finish(GUID, [(StartPreview(PROJECT, None, KEY, pull_request_of()), deployment.id)])
    assert records(store)[0].decisions[0].environment_slug == KEY.slug
