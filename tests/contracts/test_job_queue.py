"""What every `JobQueue` does: a job is asked for inside a transaction and shares its fate."""

import asyncio
import json
from collections.abc import Mapping

import psycopg
import pytest
from sqlalchemy import Engine, text

from domain.ports.jobs import Job
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from store.engine import libpq_url

pytestmark = pytest.mark.postgres

JOB = Job("deployment", "deployment_1", "env_1", priority=30)


@pytest.fixture
def with_queue_schema(postgres_url: str) -> None:
    asyncio.run(install_queue_schema(libpq_url(postgres_url)))


@pytest.mark.usefixtures("with_queue_schema")
def test_a_job_is_there_when_its_transaction_commits(engine: Engine) -> None:
    with engine.begin() as connection:

        def execute(sql: str, parameters: Mapping[str, object]) -> None:
            connection.exec_driver_sql(sql, dict(parameters))

        ProcrastinateQueue().defer(execute, JOB)

    assert waiting(engine) == [("deployment", "deployment", "env_1", 30, {"key": "deployment_1"})]


@pytest.mark.usefixtures("with_queue_schema")
def test_a_job_is_gone_when_its_transaction_is_rolled_back(engine: Engine) -> None:
    with engine.connect() as connection:

        def execute(sql: str, parameters: Mapping[str, object]) -> None:
            connection.exec_driver_sql(sql, dict(parameters))

        ProcrastinateQueue().defer(execute, JOB)
        connection.rollback()

    assert waiting(engine) == []


@pytest.mark.usefixtures("with_queue_schema")
def test_installing_the_schema_again_changes_nothing(postgres_url: str, engine: Engine) -> None:
    asyncio.run(install_queue_schema(libpq_url(postgres_url)))

    assert waiting(engine) == []


@pytest.mark.usefixtures("with_queue_schema")
def test_the_end_of_a_job_wakes_the_worker_of_the_one_that_waits_for_its_lock(
    postgres_url: str, engine: Engine
) -> None:
    with engine.begin() as connection:

        def execute(sql: str, parameters: Mapping[str, object]) -> None:
            connection.exec_driver_sql(sql, dict(parameters))

        for _ in range(2):
            ProcrastinateQueue().defer(execute, JOB)
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = 1"))

    with psycopg.connect(libpq_url(postgres_url), autocommit=True) as listener:
        listener.execute('LISTEN "procrastinate_queue_v1#deployment"')
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM procrastinate_jobs WHERE id = 1"))
        heard = next(listener.notifies(timeout=10))

    assert json.loads(heard.payload)["type"] == "job_inserted"


def waiting(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT queue_name, task_name, lock, priority, args FROM procrastinate_jobs"))
        return [tuple(row) for row in rows]
