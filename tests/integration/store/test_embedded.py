"""The embedded server: shared, outliving those who are killed, stopped by the last who leaves."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.errors import OperatorError
from store.embedded import EmbeddedPostgres
from store.engine import libpq_url

pytestmark = pytest.mark.postgres

HOLD = """
import sys, time
from pathlib import Path
from store.embedded import EmbeddedPostgres
lease = EmbeddedPostgres(Path(sys.argv[1]))
print(lease.start(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def directory(empty_server_directory: Path) -> Iterator[Path]:
    path = empty_server_directory / "database"
    yield path
    with EmbeddedPostgres(path):
        pass


def start_time(url: str) -> object:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
    assert row is not None
    return row[0]


def postmaster(directory: Path) -> int:
    return int((directory / "cluster" / "postmaster.pid").read_text().partition("\n")[0])


@contextlib.contextmanager
def other_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a lease until it is killed."""
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql+psycopg://")
            yield process
        finally:
            process.kill()


def test_it_stops_with_its_only_user_and_keeps_what_was_stored(directory: Path) -> None:
    with EmbeddedPostgres(directory) as first, psycopg.connect(libpq_url(first.url)) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    with pytest.raises(psycopg.OperationalError):
        start_time(first.url)
    with EmbeddedPostgres(directory) as again, psycopg.connect(libpq_url(again.url)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_users_share_it_and_the_last_one_stops_it(directory: Path) -> None:
    first, second = EmbeddedPostgres(directory), EmbeddedPostgres(directory)
    assert start_time(first.start()) == start_time(second.start())
    first.release()
    first.release()
    assert start_time(second.url)
    second.release()
    with pytest.raises(psycopg.OperationalError):
        start_time(second.url)


def test_it_outlives_a_killed_service_and_is_attached_to_again(directory: Path) -> None:
    with EmbeddedPostgres(directory) as mine:
        started = start_time(mine.url)
        with other_process(directory) as service:
            mine.release()
            service.send_signal(signal.SIGKILL)
            service.wait()
            assert start_time(mine.url) == started
        with EmbeddedPostgres(directory) as again:
            assert start_time(again.url) == started


def test_a_killed_user_does_not_keep_it_running(directory: Path) -> None:
    with EmbeddedPostgres(directory) as mine, other_process(directory) as service:
        service.kill()
        service.wait()
    with pytest.raises(psycopg.OperationalError):
        start_time(mine.url)


def test_a_killed_server_is_started_again(directory: Path) -> None:
    with EmbeddedPostgres(directory) as mine:
        started = start_time(mine.url)
        os.kill(postmaster(directory), signal.SIGKILL)
        with EmbeddedPostgres(directory):
            assert start_time(mine.url) != started


def test_a_process_that_got_the_servers_old_id_is_not_taken_for_it(directory: Path) -> None:
    with EmbeddedPostgres(directory):
        lock_file = (directory / "cluster" / "postmaster.pid").read_text()
    _, _, rest = lock_file.partition("\n")
    (directory / "cluster" / "postmaster.pid").write_text(f"{os.getppid()}\n{rest}")
    with EmbeddedPostgres(directory) as again:
        assert start_time(again.url)


def test_a_cluster_that_was_begun_and_never_finished_is_made_anew(directory: Path) -> None:
    (directory / "cluster.new").mkdir(parents=True)
    (directory / "cluster.new" / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(directory) as server:
        assert start_time(server.url)


def test_a_directory_too_deep_for_a_socket_works(directory: Path) -> None:
    deep = directory / ("d" * 100)
    with EmbeddedPostgres(deep) as server:
        assert start_time(server.url)


def test_a_server_that_cannot_start_says_where_its_log_is(directory: Path) -> None:
    with EmbeddedPostgres(directory):
        pass
    settings = directory / "cluster" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nnonsense = 1\n")
    with pytest.raises(OperatorError) as caught:
        EmbeddedPostgres(directory).start()
    settings.write_text(good)
    assert caught.value.code == "embedded_database_failed"
    assert str(directory / "log") in caught.value.sentence
