"""The App is looked up where it may be, and known as soon as it is there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import OperatorError
from domain.secrets import Secret
from operations.app_lookup import AppLookup, AppSettings
from tests.fakes.credentials import CredentialsStore
from tests.fakes.services import APP


class SettableClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def test_an_app_of_the_settings_needs_no_store() -> None:
    store = CredentialsStore()
    lookup = AppLookup(store, SettableClock(), AppSettings(APP))

    assert (lookup.get(), lookup.is_set, store.transactions) == (APP, True, 0)


def test_without_an_app_it_is_said_what_to_do() -> None:
    with pytest.raises(OperatorError) as refused:
        AppLookup(CredentialsStore(), SettableClock(), AppSettings(None)).get()

    assert refused.value.code == "github_app_missing"
    assert "pushwright github app" in refused.value.sentence


def test_an_app_that_appears_is_known_at_once() -> None:
    store = CredentialsStore()
    lookup = AppLookup(store, SettableClock(), AppSettings(None))
    before = lookup.find()
    store.credentials.app = APP

    assert (before, lookup.find(), lookup.is_set) == (None, APP, False)


def test_a_known_app_is_asked_about_every_thirty_seconds() -> None:
    store, clock = CredentialsStore(), SettableClock()
    store.credentials.app = APP
    lookup = AppLookup(store, clock, AppSettings(None))
    lookup.find()
    store.credentials.app = replace(APP, webhook_secret=Secret("the new one"))
    clock.moment += timedelta(seconds=29)
    kept = lookup.get()
    clock.moment += timedelta(seconds=1)

    assert (kept.webhook_secret, lookup.get().webhook_secret) == (APP.webhook_secret, Secret("the new one"))


@pytest.mark.parametrize("stored", [False, True])
def test_the_webhook_secret_before_the_rotation_is_accepted_too(*, stored: bool) -> None:
    store = CredentialsStore()
    store.credentials.app = APP if stored else None
    settings = AppSettings(None if stored else APP, previous_webhook_secret=Secret("the one before"))

    secrets = AppLookup(store, SettableClock(), settings).webhook_secrets()
    assert secrets == (APP.webhook_secret, Secret("the one before"))
