"""Fixtures every tier may use: the embedded PostgreSQL and an empty, migrated database per test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, make_url

from github_app.simulator.keys import generate_private_key
from store.embedded import EmbeddedPostgres
from store.encryption import KEY_BYTES, Cipher
from store.engine import create_engine, libpq_url
from store.migrate import migrate
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.openapi_oracle import OpenApiOracle, load_oracle

_GITHUB_DESCRIPTION = (
    Path(__file__).parents[1] / "tools/npm/node_modules/@octokit/openapi/generated/api.github.com.json"
)
_TEMPLATE = "template_migrated"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever needs the server, so that `-m "not postgres"` leaves it out."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def oracle() -> OpenApiOracle:
    """GitHub's own description of its API, to judge every exchange with the simulator."""
    return load_oracle(_GITHUB_DESCRIPTION)


@pytest.fixture(scope="session")
def private_key() -> str:
    """A GitHub App's private key, PEM."""
    return generate_private_key()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of the embedded server's own database; the server stops when the session ends."""
    with server_directory() as directory, EmbeddedPostgres(directory) as server:
        yield server.url


@pytest.fixture
def empty_server_directory() -> Iterator[Path]:
    """A place for another embedded server."""
    with server_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A database with every migration and without rows, to be copied."""
    _create_database(postgres_server, _TEMPLATE, template="template0")
    url = _with_database(postgres_server, _TEMPLATE)
    migrate(url, lambda _url: None)
    return url


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """An empty migrated database of the test's own (`postgresql+psycopg://…`)."""
    with _new_database(postgres_server, make_url(postgres_template).database or "") as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: str) -> Iterator[str]:
    """A database of the test's own without any table."""
    with _new_database(postgres_server, "template0") as url:
        yield url


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    created = create_engine(postgres_url)
    yield created
    created.dispose()


@pytest.fixture
def queue() -> RecordingJobQueue:
    return RecordingJobQueue()


@pytest.fixture
def store(engine: Engine, queue: RecordingJobQueue) -> PostgresStore:
    """The real store on an empty database; its jobs are in the fixture `queue`."""
    return PostgresStore(engine, queue, Cipher(bytes(KEY_BYTES)))


@contextmanager
def server_directory() -> Iterator[Path]:
    """Give a directory the server's own user may reach: pytest closes its own to everybody else."""
    with TemporaryDirectory(prefix="pushwright-tests-") as directory:
        yield Path(directory)


@contextmanager
def _new_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _create_database(server, name, template=template)
    yield _with_database(server, name)
    _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _create_database(server: str, name: str, *, template: str) -> None:
    # Copying the files is quicker here than writing the copy to the log.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    _execute(server, statement.format(sql.Identifier(name), sql.Identifier(template)))


def _execute(server: str, statement: sql.Composable) -> None:
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(statement)


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
