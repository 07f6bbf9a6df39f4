"""Migrations: what they make is what the tables say, forwards, backwards and at the same time."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, inspect

from store.engine import begin, create_engine, libpq_url
from store.migrate import alembic_config, migrate
from store.tables import metadata
from tests.fakes.shop import at_once


def differences(connection: Connection) -> list[object]:
    return compare_metadata(
        MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True}), metadata
    )


def checks(connection: Connection) -> dict[str, set[str | None]]:
    """Alembic does not compare CHECK constraints and index conditions: their names and texts, by table."""
    inspector = inspect(connection)
    return {
        table: {check["sqltext"] for check in inspector.get_check_constraints(table)}
        | {str(index.get("dialect_options")) for index in inspector.get_indexes(table)}
        for table in metadata.tables
    }


def test_the_migrated_schema_is_the_one_of_the_tables(engine: Engine) -> None:
    with begin(engine) as connection:
        assert differences(connection) == []


def test_checks_and_partial_indexes_are_the_same_too(engine: Engine, empty_database_url: str) -> None:
    direct = create_engine(empty_database_url)
    with begin(direct) as connection:
        metadata.create_all(connection)
        expected = checks(connection)
    direct.dispose()
    with begin(engine) as connection:
        assert checks(connection) == expected


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    with begin(engine) as connection:
        command.downgrade(alembic_config(connection), "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        command.upgrade(alembic_config(connection), "head")
        assert differences(connection) == []


def test_the_queue_is_installed_after_the_tables_with_a_plain_url(postgres_url: str) -> None:
    urls: list[str] = []
    migrate(postgres_url, urls.append)
    assert urls == [libpq_url(postgres_url)]
    assert urls[0].startswith("postgresql://")


def test_processes_that_migrate_at_once_wait_for_each_other(empty_database_url: str) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def install(_url: str) -> None:
        inside.append(1)
        seen.append(len(inside))
        inside.pop()

    at_once(lambda _: migrate(empty_database_url, install), range(4))
    assert seen == [1, 1, 1, 1]
