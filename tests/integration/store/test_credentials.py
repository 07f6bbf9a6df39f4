"""Credentials: sealed at rest, replaced as a whole; a round trip ends once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text, update

from domain.errors import OperatorError
from domain.ports.secrets import AppCredentials, Purpose, RoundTrip
from domain.ports.store import Store
from domain.secrets import Secret
from store.encryption import Cipher
from store.engine import begin
from store.tables import round_trips, sealed_values
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import NOW, at_once

APP = AppCredentials(
    app_id=12,
    slug="pushwright-acme",
    private_key=Secret("-----BEGIN RSA PRIVATE KEY-----"),
    webhook_secret=Secret("webhook-s3cret"),
    client_id="Iv1.abc",
    client_secret=Secret("client-s3cret"),
    previous_webhook_secret=Secret("previous-s3cret"),
)
TRIP = RoundTrip(Purpose.INSTALL, "a" * 64, "b" * 64, "/projects/shop", NOW + timedelta(hours=1), 7)


def save(store: Store, app: AppCredentials = APP) -> None:
    with store.transaction() as work:
        work.credentials.save_app(app)


def find(store: Store) -> AppCredentials | None:
    with store.transaction() as work:
        return work.credentials.find_app()


def begin_trip(store: Store, trip: RoundTrip = TRIP) -> None:
    with store.transaction() as work:
        work.credentials.begin_trip(trip)


def end_trip(store: Store, state_hash: str = TRIP.state_hash, minutes: int = 0) -> RoundTrip | None:
    with store.transaction() as work:
        return work.credentials.end_trip(state_hash, NOW + timedelta(minutes=minutes))


def test_there_is_no_app_before_one_is_kept(store: Store) -> None:
    assert find(store) is None


def test_the_app_comes_back_as_it_was_kept(store: Store) -> None:
    save(store)
    assert find(store) == APP


def test_another_app_takes_its_place_as_a_whole(store: Store) -> None:
    save(store)
    other = replace(APP, app_id=13, webhook_secret=Secret("new"), previous_webhook_secret=None)
    save(store, other)
    assert find(store) == other


def test_the_database_does_not_contain_the_secrets(store: Store, engine: Engine) -> None:
    save(store)
    with begin(engine) as connection:
        rows = connection.execute(select(sealed_values)).mappings().all()
    assert sorted(row["place"] for row in rows) == [
        "github_app:client_secret",
        "github_app:previous_webhook_secret",
        "github_app:private_key",
        "github_app:webhook_secret",
    ]
    assert not any(secret in str(rows) for secret in ("s3cret", "PRIVATE"))


def test_a_secret_moved_to_another_place_is_refused(store: Store, engine: Engine) -> None:
    save(store, replace(APP, previous_webhook_secret=None))
    with begin(engine) as connection:
        moved = update(sealed_values).where(sealed_values.c.place == "github_app:client_secret")
        connection.execute(moved.values(place="github_app:previous_webhook_secret"))
    with pytest.raises(OperatorError) as caught:
        find(store)
    assert caught.value.code == "decryption_failed"


def test_another_service_key_is_named(store: Store, engine: Engine) -> None:
    save(store)
    with pytest.raises(OperatorError) as caught:
        find(PostgresStore(engine, RecordingJobQueue(), Cipher(b"k" * 32)))
    assert caught.value.code == "encryption_key_unknown"


def test_a_second_app_is_impossible_in_the_database_itself(store: Store, engine: Engine) -> None:
    save(store)
    with pytest.raises(OperatorError) as caught, begin(engine) as connection:
        connection.execute(text("INSERT INTO github_app (one, app_id, slug, client_id) VALUES (false, 1, 'x', 'y')"))
    assert caught.value.code == "database_refused"


@pytest.mark.parametrize("trip", [TRIP, replace(TRIP, purpose=Purpose.SIGN_IN, installation_id=None)])
def test_a_trip_ends_once(store: Store, trip: RoundTrip) -> None:
    begin_trip(store, trip)
    assert [end_trip(store) for _ in range(2)] == [trip, None]


def test_of_twenty_who_end_a_trip_at_once_one_does(store: Store) -> None:
    begin_trip(store)
    assert len([trip for trip in at_once(lambda _: end_trip(store), range(20)) if trip]) == 1


@pytest.mark.parametrize("state_hash", ["c" * 64, "", "a\x00", "' OR true --"])
def test_an_unknown_state_ends_nothing(store: Store, state_hash: str) -> None:
    begin_trip(store)
    assert end_trip(store, state_hash) is None
    assert end_trip(store) == TRIP


def test_a_trip_expires(store: Store) -> None:
    begin_trip(store)
    assert end_trip(store, minutes=60) is None


def test_expired_trips_are_forgotten(store: Store, engine: Engine) -> None:
    begin_trip(store)
    end_trip(store, "c" * 64, minutes=60)
    with begin(engine) as connection:
        assert connection.execute(select(round_trips)).all() == []
