"""Migrations are one line of revisions."""

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_mock_engine

from store.migrate import alembic_config
from store.tables import LIVE_STATUSES, metadata


def test_there_is_one_head() -> None:
    config: Config = alembic_config(create_mock_engine("postgresql+psycopg://", lambda *_: None))  # type: ignore[arg-type]  # never connected
    assert ScriptDirectory.from_config(config).get_heads() == ["0004"]


def test_live_statuses_are_those_that_make_a_second_deployment_pointless() -> None:
    assert LIVE_STATUSES == ("PENDING", "INSTALLING", "BUILDING", "DEPLOYING", "DEPLOYED")


def test_every_moment_has_a_time_zone() -> None:
    moments = [column for table in metadata.tables.values() for column in table.c if column.name.endswith("_at")]
    assert len(moments) > 10
    assert all(getattr(column.type, "timezone", False) for column in moments)
