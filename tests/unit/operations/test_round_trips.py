"""A state works once, for an hour, for one purpose, in one browser; where it leads afterwards is here."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidInput
from domain.ports.secrets import Purpose
from domain.secrets import Secret
from operations.round_trips import Departure, Return, begin_trip, end_trip, find_session, new_session
from tests.fakes.credentials import CredentialsStore

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SESSION = Secret("s" * 43)


def refused(store: CredentialsStore, back: Return, purpose: Purpose = Purpose.SIGN_IN, now: datetime = NOW) -> str:
    with pytest.raises(InvalidInput) as caught:
        end_trip(store, back, {purpose}, now)
    return caught.value.code


def test_a_trip_ends_where_it_was_to_end() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.INSTALL, SESSION, "/projects/shop?tab=git", 3), NOW)
    trip = end_trip(store, Return(state, SESSION), {Purpose.INSTALL}, NOW)

    assert (trip.purpose, trip.return_to, trip.installation_id) == (Purpose.INSTALL, "/projects/shop?tab=git", 3)


def test_states_are_long_random_and_different() -> None:
    store = CredentialsStore()
    states = {begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW) for _ in range(100)}

    assert (len(states), {len(state) for state in states}) == (100, {43})


def test_a_state_does_not_work_twice() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW)
    end_trip(store, Return(state, SESSION), {Purpose.SIGN_IN}, NOW)

    assert refused(store, Return(state, SESSION)) == "github_state_invalid"


def test_a_state_does_not_work_after_an_hour() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW)

    assert refused(store, Return(state, SESSION), now=NOW + timedelta(hours=1)) == "github_state_invalid"


def test_a_state_does_not_work_in_another_browser_and_not_afterwards_either() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW)

    assert refused(store, Return(state, new_session())) == "github_state_invalid"
    assert refused(store, Return(state, SESSION)) == "github_state_invalid"


def test_a_state_does_not_work_for_something_else() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW)

    assert refused(store, Return(state, SESSION), Purpose.CREATE_APP) == "github_state_invalid"


def test_only_hashes_are_kept() -> None:
    store = CredentialsStore()
    state = begin_trip(store, Departure(Purpose.SIGN_IN, SESSION), NOW)
    kept = repr(store.credentials.trips)

    assert (state in kept, SESSION.reveal() in kept) == (False, False)


@pytest.mark.parametrize("cookie", [None, "", "short", "a" * 42, "a" * 44, "a" * 42 + "!", "é" * 43])
def test_a_cookie_of_another_form_is_nobodys(cookie: str | None) -> None:
    assert find_session(cookie) is None


def test_a_fresh_session_is_recognised() -> None:
    session = new_session()

    assert find_session(session.reveal()) == session
