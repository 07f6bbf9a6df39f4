"""What a build leaves behind: its log and its task manifest."""

import pytest
from sqlalchemy import Engine, text

from domain.ports.store import Store
from domain.records import LogChunk
from store.engine import begin
from tests.fakes.shop import Shop, at_once


def lines(*texts: str) -> list[tuple[str, str, str]]:
    return [("build", "step 1", one) for one in texts]


@pytest.fixture
def deployment_id(shop: Shop) -> str:
    return shop.create().id


def append(store: Store, deployment_id: str, *texts: str) -> None:
    with store.transaction() as work:
        work.deployments.append_log(deployment_id, lines(*texts))


def read(store: Store, deployment_id: str, offset: int = 0) -> tuple[LogChunk, ...]:
    with store.transaction() as work:
        return work.deployments.read_log(deployment_id, offset)


def test_a_log_begins_empty(store: Store, deployment_id: str) -> None:
    assert read(store, deployment_id) == ()


def test_lines_come_back_in_order_with_their_numbers(store: Store, deployment_id: str) -> None:
    append(store, deployment_id, "a", "b")
    append(store, deployment_id)
    append(store, deployment_id, "c\x00")
    assert read(store, deployment_id) == (
        LogChunk(0, tuple(lines("a", "b"))),
        LogChunk(2, tuple(lines("c\ufffd"))),
    )


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(-1, [(0, "ab"), (2, "cd")]), (1, [(1, "b"), (2, "cd")]), (2, [(2, "cd")]), (3, [(3, "d")]), (4, []), (99, [])],
)
def test_reading_from_any_line(store: Store, deployment_id: str, offset: int, expected: list[tuple[int, str]]) -> None:
    append(store, deployment_id, "a", "b")
    append(store, deployment_id, "c", "d")
    found = read(store, deployment_id, offset)
    assert [(chunk.offset, "".join(line[2] for line in chunk.lines)) for chunk in found] == expected


def test_writers_at_the_same_time_lose_and_mix_nothing(store: Store, deployment_id: str) -> None:
    at_once(lambda number: append(store, deployment_id, f"{number}a", f"{number}b"), range(40))
    chunks = read(store, deployment_id)
    assert [chunk.offset for chunk in chunks] == list(range(0, 80, 2))
    assert all(first[2][:-1] == second[2][:-1] for first, second in (chunk.lines for chunk in chunks))


def test_the_end_of_a_long_log_is_read_without_its_beginning(store: Store, engine: Engine, deployment_id: str) -> None:
    with store.transaction() as work:
        for number in range(500):
            work.deployments.append_log(deployment_id, lines(*(f"{number} {line}" for line in range(20))))
    reads = {offset: _rows_fetched(engine, store, deployment_id, offset) for offset in (9_990, 0)}
    assert reads[0] >= 500
    assert reads[9_990] < 10


def _rows_fetched(engine: Engine, store: Store, deployment_id: str, offset: int) -> int:
    """Count the rows of the log the server fetched to answer."""
    before = _rows_ever_fetched(engine)
    read(store, deployment_id, offset)
    return _rows_ever_fetched(engine) - before


def _rows_ever_fetched(engine: Engine) -> int:
    fetched = "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_user_tables WHERE relname = 'log_chunks'"
    with begin(engine) as connection:
        # The pool's one connection has done all the reading: what it counted is published when this ends.
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with begin(engine) as connection:
        return int(connection.execute(text(fetched)).scalar_one())


def test_a_manifest_is_kept_and_replaced(store: Store, deployment_id: str) -> None:
    with store.transaction() as work:
        assert work.deployments.list_task_ids(deployment_id) == ()
        work.deployments.save_manifest(deployment_id, "{}", ["old"])
        work.deployments.save_manifest(deployment_id, '{"tasks": []}', ["a", "b"])
        assert work.deployments.list_task_ids(deployment_id) == ("a", "b")
