"""The engine: how PostgreSQL is reached, and what its failures are called here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, exc, make_url

from domain.errors import OperatorError, TemporarilyUnavailable

_DRIVER: Final = "postgresql+psycopg"
_CONNECT_SECONDS: Final = 5
_WAIT_FOR_CONNECTION_SECONDS: Final = 10
_MAX_CONNECTIONS: Final = 20


def create_engine(
    url: str,
    *,
    application_name: str = "pushwright",
    statement_timeout: timedelta = timedelta(seconds=30),
    max_connections: int = _MAX_CONNECTIONS,
) -> Engine:
    """Return an engine for `url`; nothing is connected yet.

    Args:
        url: `postgresql://…`, `postgres://…` or `postgresql+psycopg://…`.
        application_name: what `pg_stat_activity` shows.
        statement_timeout: a statement that takes longer is ended by the server; zero means never.
        max_connections: how many connections this process opens at most.

    Raises:
        OperatorError: `database_url_invalid`.
    """
    milliseconds = int(statement_timeout.total_seconds() * 1000)
    return sqlalchemy.create_engine(
        _parse_url(url).set(drivername=_DRIVER),
        pool_pre_ping=True,
        pool_size=max_connections,
        max_overflow=0,
        pool_timeout=_WAIT_FOR_CONNECTION_SECONDS,
        # Parameters hold variables' ciphertext and webhook bodies: they do not belong in an error's text.
        hide_parameters=True,
        connect_args={
            "application_name": application_name,
            "connect_timeout": _CONNECT_SECONDS,
            "options": f"-c timezone=UTC -c statement_timeout={milliseconds}"
            " -c idle_in_transaction_session_timeout=120000",
        },
    )


def libpq_url(url: str) -> str:
    """Return `url` in the form libpq and psycopg take, without SQLAlchemy's driver name."""
    return _parse_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """Open a transaction; what the driver raises in it leaves as an `OperatorError`.

    Raises:
        TemporarilyUnavailable: `database_unavailable`, PostgreSQL did not answer or ended the transaction.
        OperatorError: `database_refused`, it refused a statement; a bug or a schema that was not migrated.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise TemporarilyUnavailable(
            "database_unavailable",
            "PostgreSQL does not answer as it should: see that it runs and that PUSHWRIGHT_DATABASE_URL reaches it; "
            "work goes on by itself when it is back.",
        ) from error
    except exc.DBAPIError as error:
        raise _translate(error) from error


def _translate(error: exc.DBAPIError) -> OperatorError:
    if error.connection_invalidated:
        return TemporarilyUnavailable("database_unavailable", "The connection to PostgreSQL was lost.")
    state = getattr(error.orig, "sqlstate", None) or "unknown"
    return OperatorError(
        "database_refused",
        f"PostgreSQL refused a statement (SQLSTATE {state}). If the service was just updated, run "
        "pushwright migrate; otherwise this is a fault of Pushwright: its log has the details.",
    )


def _parse_url(url: str) -> URL:
    try:
        # SQLAlchemy does not know the spelling many hosting services give.
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except exc.ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise OperatorError(
            "database_url_invalid",
            "PUSHWRIGHT_DATABASE_URL is not a PostgreSQL URL: write it like postgresql://user:password@host:5432/name.",
        )
    return parsed
