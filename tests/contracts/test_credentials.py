"""What every `Credentials` does, the one in memory as well as the one in PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.ports.secrets import Purpose, RoundTrip
from domain.ports.store import Store
from domain.secrets import Secret
from store.unit_of_work import PostgresStore
from tests.fakes.credentials import CredentialsStore
from tests.fakes.services import APP

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRIP = RoundTrip(Purpose.INSTALL, "a" * 64, "b" * 64, "/projects/shop", NOW + timedelta(hours=1), installation_id=3)


@pytest.fixture(params=["fake", "real"])
def either(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def fake_store() -> Store:
    return CredentialsStore()


@pytest.fixture
def real_store(store: PostgresStore) -> Store:
    return store


def end(store: Store, now: datetime = NOW) -> RoundTrip | None:
    with store.transaction() as work:
        return work.credentials.end_trip(TRIP.state_hash, now)


def begin(store: Store) -> None:
    with store.transaction() as work:
        work.credentials.begin_trip(TRIP)


def test_there_is_no_app_before_one_is_saved(either: Store) -> None:
    with either.transaction() as work:
        assert work.credentials.find_app() is None


def test_a_saved_app_is_found_and_another_takes_its_place(either: Store) -> None:
    other = replace(APP, app_id=13, previous_webhook_secret=Secret("the one before"))
    with either.transaction() as work:
        work.credentials.save_app(APP)
    with either.transaction() as work:
        assert work.credentials.find_app() == APP
        work.credentials.save_app(other)
    with either.transaction() as work:
        assert work.credentials.find_app() == other


def test_a_trip_ends_once(either: Store) -> None:
    begin(either)

    assert (end(either), end(either)) == (TRIP, None)


def test_a_trip_that_has_expired_does_not_end(either: Store) -> None:
    begin(either)

    assert end(either, TRIP.expires_at) is None
    assert end(either) is None


def test_an_unknown_trip_does_not_end(either: Store) -> None:
    assert end(either) is None
