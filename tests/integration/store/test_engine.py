"""Reaching PostgreSQL: sessions as they must be, failures by their name."""

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from domain.errors import OperatorError, TemporarilyUnavailable
from store.embedded import url_of
from store.encryption import Cipher
from store.engine import begin, create_engine
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue


def ask(connection: Connection, question: str) -> object:
    return connection.execute(text(question)).scalar_one()


def end_own_session(connection: Connection) -> None:
    connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_sessions_are_named_in_utc_and_bounded(engine: Engine) -> None:
    with begin(engine) as connection:
        assert ask(connection, "SHOW application_name") == "pushwright"
        assert ask(connection, "SHOW timezone") == "UTC"
        assert ask(connection, "SHOW statement_timeout") == "30s"


def test_a_server_that_is_not_there_is_temporarily_unavailable(tmp_path: Path) -> None:
    store = PostgresStore(create_engine(url_of(tmp_path, "none")), RecordingJobQueue(), Cipher(bytes(32)))
    with pytest.raises(TemporarilyUnavailable) as caught, store.transaction():
        pass
    assert caught.value.code == "database_unavailable"
    with pytest.raises(TemporarilyUnavailable):
        store.ping()


def test_a_server_that_answers_is_pinged(store: PostgresStore) -> None:
    assert store.ping() is None


def test_a_connection_that_breaks_is_temporarily_unavailable_and_replaced(engine: Engine) -> None:
    with pytest.raises(TemporarilyUnavailable), begin(engine) as connection:
        end_own_session(connection)
    with begin(engine) as connection:
        assert ask(connection, "SELECT 1") == 1


def test_a_connection_that_broke_in_the_pool_is_not_noticed(engine: Engine) -> None:
    other = create_engine(engine.url.render_as_string(hide_password=False))
    with begin(engine) as connection:
        session = ask(connection, "SELECT pg_backend_pid()")
    with begin(other) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 1000)"), {"pid": session})
    other.dispose()
    with begin(engine) as connection:
        assert ask(connection, "SELECT 1") == 1


def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    impatient = create_engine(postgres_url, statement_timeout=timedelta(milliseconds=50))
    with pytest.raises(TemporarilyUnavailable), begin(impatient) as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    impatient.dispose()


def test_a_refused_statement_is_the_operators_and_hides_its_values(engine: Engine) -> None:
    with pytest.raises(OperatorError) as caught, begin(engine) as connection:
        connection.execute(text("SELECT * FROM missing WHERE value = :value"), {"value": "s3cret"})
    assert caught.value.code == "database_refused"
    assert "42P01" in caught.value.sentence
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


def test_other_errors_pass_as_they_are_and_roll_back(store: PostgresStore) -> None:
    with pytest.raises(OperatorError, match="mine"), store.transaction():
        raise OperatorError("mine", "mine")


def test_a_transaction_that_raises_leaves_nothing(engine: Engine) -> None:
    with contextlib.suppress(KeyError), begin(engine) as connection:
        connection.execute(text("INSERT INTO installations (id) VALUES (1)"))
        raise KeyError
    with begin(engine) as connection:
        assert ask(connection, "SELECT count(*) FROM installations") == 0
