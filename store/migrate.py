"""Migrations: bringing a database to the schema this version works with."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from store.engine import begin, create_engine, libpq_url

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 7_306_090_211_874_533_101
"""Any number no other program takes an advisory lock on."""


def migrate(database_url: str, install_queue_schema: Callable[[str], None]) -> None:
    """Bring the database to the newest revision, then let the job queue install what it needs.

    Several processes may do this at once: one works, the others wait and find nothing left to do.

    Args:
        database_url: the database; it must exist.
        install_queue_schema: given the database's libpq URL; must do nothing when all is there.

    Raises:
        TemporarilyUnavailable: `database_unavailable`.
    """
    engine = create_engine(database_url, application_name="pushwright migrate", statement_timeout=timedelta(0))
    try:
        _migrate(engine, lambda: install_queue_schema(libpq_url(database_url)))
    finally:
        engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for a connection; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _migrate(engine: Engine, install_queue_schema: Callable[[], None]) -> None:
    with begin(engine) as guard:
        guard.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)"))
        guard.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # A connection of its own: the schema is committed before the queue's tables are made, the lock is held on.
        with begin(engine) as connection:
            command.upgrade(alembic_config(connection), "head")
        install_queue_schema()
