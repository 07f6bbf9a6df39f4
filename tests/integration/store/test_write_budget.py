"""The write budget: one for all processes, and what GitHub forbids is not granted."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from domain.identifiers import InstallationId
from domain.ports.store import Store
from store.engine import begin
from store.tables import granted_writes
from tests.fakes.shop import INSTALLATION, NOW, at_once

MINUTE = timedelta(minutes=1)


def reserve(store: Store, count: int, now: datetime = NOW) -> datetime | None:
    with store.transaction() as work:
        return work.installations.reserve_writes(INSTALLATION, count, now)


def test_eighty_a_minute_are_granted_and_the_next_one_is_told_when(store: Store) -> None:
    assert [reserve(store, 40) for _ in range(3)] == [None, None, NOW + MINUTE]
    assert reserve(store, 40, NOW + MINUTE) is None


def test_what_was_refused_took_nothing(store: Store) -> None:
    reserve(store, 79)
    assert reserve(store, 2) == NOW + MINUTE
    assert reserve(store, 1) is None


def test_five_hundred_an_hour_are_granted(store: Store) -> None:
    moments = [NOW + minute * MINUTE for minute in range(7)]
    assert [reserve(store, 80, moment) for moment in moments] == [None] * 6 + [NOW + timedelta(hours=1)]
    assert reserve(store, 20, moments[-1]) is None


def test_each_installation_has_its_own_budget(store: Store) -> None:
    reserve(store, 80)
    with store.transaction() as work:
        assert work.installations.reserve_writes(InstallationId(8), 80, NOW) is None


def test_a_hundred_threads_share_one_budget(store: Store) -> None:
    answers = at_once(lambda _: reserve(store, 1), range(100))
    assert (answers.count(None), answers.count(NOW + MINUTE)) == (80, 20)


def test_nothing_is_granted_while_github_forbids_it(store: Store) -> None:
    until = NOW + timedelta(minutes=5)
    with store.transaction() as work:
        work.installations.block_writes(INSTALLATION, until)
        work.installations.block_writes(INSTALLATION, until - MINUTE)
    assert reserve(store, 1) == until
    assert reserve(store, 1, until) is None


def test_grants_that_no_window_sees_any_more_are_forgotten(store: Store, engine: Engine) -> None:
    reserve(store, 80)
    reserve(store, 1, NOW + timedelta(hours=1))
    with begin(engine) as connection:
        assert connection.execute(select(func.count()).select_from(granted_writes)).scalar_one() == 1
