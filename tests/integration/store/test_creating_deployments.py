"""Creating deployments: numbers in order, no commit twice, jobs in the same transaction."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from domain.deployments import FINAL, IN_FLIGHT, DeployedPullRequest, DeploymentStatus, Version
from domain.errors import NotFound, OperatorError
from domain.identifiers import EnvironmentId
from domain.ports.jobs import Job
from domain.ports.store import Store
from domain.source import Commit
from store.engine import begin
from store.tables import deployments
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import NOW, Shop, at_once, sha_of

TODAY = date(2026, 11, 24)


def test_a_deployment_begins_pending_with_the_first_numbers(shop: Shop) -> None:
    wanted = replace(shop.wanted(1), before=sha_of(9))
    created = shop.find_created(wanted)
    assert created is not None
    assert (created.version, created.sequence, created.attempt) == (Version(TODAY, 1), 1, 0)
    assert (created.status, created.created_at, created.before) == (DeploymentStatus.PENDING, NOW, sha_of(9))
    assert (created.commit, created.ref, created.triggered_by) == (wanted.commit, wanted.ref, wanted.triggered_by)
    assert len(created.short_code) == 8
    assert shop.read(created) == created


def test_the_pull_request_is_kept_as_it_was_then(shop: Shop) -> None:
    wanted = shop.wanted_preview(shop.ensure(), sha_of(5), number=3)
    made_for = DeployedPullRequest(3, "a\x00b", "open", trusted=False, base_sha=sha_of(9))
    created = shop.find_created(replace(wanted, pull_request=made_for))
    assert created is not None
    assert created.pull_request == replace(made_for, title="a\ufffdb")
    assert shop.read(created) == created


def test_it_asks_for_its_job_and_its_report(shop: Shop, queue: RecordingJobQueue) -> None:
    created = shop.create()
    assert queue.jobs == [
        Job("deployment", created.id, shop.production.id, 30),
        Job("report", created.id, f"report:{created.id}"),
    ]


def test_production_is_served_before_staging(shop: Shop, queue: RecordingJobQueue) -> None:
    shop.create(environment=shop.staging)
    shop.create()
    staging, production = queue.of_kind("deployment")
    assert production.priority > staging.priority


def test_environments_count_for_themselves(shop: Shop) -> None:
    in_production, in_staging = shop.create(1), shop.create(1, environment=shop.staging)
    assert in_production.sequence == in_staging.sequence == 1


def test_versions_start_anew_each_day_in_utc_and_never_go_back(shop: Shop) -> None:
    before_midnight = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    moments = (before_midnight, before_midnight + timedelta(minutes=1), before_midnight)
    versions = [str(made.version) for moment in moments if (made := shop.find_created(shop.wanted(), moment))]
    assert versions == ["20261124.1", "20261125.1", "20261125.2"]


def test_twenty_threads_get_numbers_without_gaps(shop: Shop) -> None:
    made = at_once(shop.create, range(40))
    assert sorted(one.sequence for one in made) == list(range(1, 41))
    assert sorted(one.version.number for one in made) == list(range(1, 41))
    assert len({one.short_code for one in made}) == 40


def test_twenty_threads_with_one_commit_make_one_deployment(shop: Shop, queue: RecordingJobQueue) -> None:
    made = at_once(lambda _: shop.find_created(shop.wanted(1)), range(20))
    assert len([one for one in made if one is not None]) == 1
    assert len(queue.of_kind("deployment")) == 1


@pytest.mark.parametrize("status", sorted({*IN_FLIGHT, DeploymentStatus.DEPLOYED}))
def test_a_live_commit_is_not_deployed_again(shop: Shop, status: DeploymentStatus) -> None:
    shop.create_in(status, 1)
    assert shop.find_created(shop.wanted(1)) is None


@pytest.mark.parametrize("status", sorted(FINAL - {DeploymentStatus.DEPLOYED}))
def test_a_commit_that_did_not_succeed_is_deployed_again(shop: Shop, status: DeploymentStatus) -> None:
    first = shop.create_in(status, 1)
    again = shop.find_created(shop.wanted(1))
    assert again is not None
    assert again.sequence == first.sequence + 1


def test_force_deploys_a_live_commit_again(shop: Shop) -> None:
    first = shop.create(1)
    assert shop.create_forced(1).id != first.id


def test_a_forced_deployment_counts_as_live(shop: Shop) -> None:
    shop.create_forced(1)
    assert shop.find_created(shop.wanted(1)) is None


def test_a_double_is_impossible_in_the_database_itself(shop: Shop, engine: Engine) -> None:
    first = shop.create(1)
    other = {"id": "other", "sequence": 2, "version_number": 2, "short_code": "other"}
    with begin(engine) as connection:
        row = dict(connection.execute(select(deployments).where(deployments.c.id == first.id)).mappings().one())
    with pytest.raises(OperatorError) as caught, begin(engine) as connection:
        connection.execute(insert(deployments).values(**(row | other)))
    assert caught.value.code == "database_refused"


def test_a_failed_transaction_leaves_no_number_used(shop: Shop, store: Store) -> None:
    with contextlib.suppress(KeyError), store.transaction() as work:
        assert work.deployments.create(shop.wanted(), NOW)
        raise KeyError
    assert shop.create().sequence == 1


def test_foreign_text_is_stored_whatever_it_contains(shop: Shop) -> None:
    commit = Commit(sha_of(1), "a\x00b \ud800 '; DROP TABLE deployments; --", "Zoë 🚀")
    created = shop.find_created(replace(shop.wanted(), commit=commit))
    assert created is not None
    assert created.commit == Commit(sha_of(1), "a\ufffdb ? '; DROP TABLE deployments; --", "Zoë 🚀")


def test_an_unknown_environment_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound) as caught:
        shop.find_created(replace(shop.wanted(), environment_id=EnvironmentId("env_nowhere")))
    assert caught.value.code == "environment_not_found"
