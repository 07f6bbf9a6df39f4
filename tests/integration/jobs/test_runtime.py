"""Workers: housekeeping comes by itself, once for all processes, and what waits keeps its place."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.errors import OperatorError, TemporarilyUnavailable
from domain.identifiers import DeliveryId
from domain.ports.builds import PhaseLimits
from domain.records import NewDelivery
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.housekeeping import HousekeepingJob, HousekeepingSettings
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from jobs.report import ReportJob
from jobs.runtime import JobSet, Runtime, WorkerSettings
from store.encryption import KEY_BYTES, Cipher
from store.engine import libpq_url
from store.unit_of_work import PostgresStore
from tests.fakes.builds import FolderFetcher, ScriptedBuilder, SystemClock
from tests.fakes.forge import RecordingForge, push_body
from tests.fakes.world import SHA_A, SHA_B, add_shop

pytestmark = pytest.mark.postgres
OFTEN = HousekeepingSettings(
    redeliver_every=timedelta(seconds=2), reconcile_every=timedelta(hours=9), archive_idle_every=timedelta(hours=9)
)


class CountingHousekeeper(HousekeepingJob):
    """Writes down what it is asked for."""

    def __init__(self, ports: DeliveryPorts, asked: list[str]) -> None:
        super().__init__(ports, OFTEN)
        self._asked = asked

    def run(self, key: str) -> None:
        self._asked.append(key)


@dataclass
class Plant:
    """A database with its queue, and processes that work on it."""

    store: PostgresStore
    url: str
    directory: Path
    forge: RecordingForge = field(default_factory=RecordingForge)
    asked: list[str] = field(default_factory=list)

    def process(self, stop: asyncio.Event) -> Runtime:
        clock = SystemClock()
        ports = DeploymentPorts(self.store, self.forge, FolderFetcher(self.directory), ScriptedBuilder(), clock)
        job_set = JobSet(
            DeliveryJob(self.store, self.forge, clock),
            DeploymentJob(ports, PhaseLimits(), stop.is_set),
            ReportJob(self.store, self.forge, clock),
            CommentJob(self.store, self.forge, clock),
            CountingHousekeeper(DeliveryPorts(self.store, self.forge, clock), self.asked),
        )
        return Runtime(libpq_url(self.url), job_set, WorkerSettings())

    def run_until(self, is_done: Callable[[], bool], processes: int = 1) -> None:
        asyncio.run(self._run_until(is_done, processes))

    async def _run_until(self, is_done: Callable[[], bool], processes: int) -> None:
        stop = asyncio.Event()
        running = [asyncio.create_task(self.process(stop).run(stop)) for _ in range(processes)]
        async with asyncio.timeout(60):
            await asyncio.to_thread(_wait_until, is_done)
        stop.set()
        await asyncio.gather(*running)


@pytest.fixture
def plant(engine: Engine, postgres_url: str, tmp_path: Path) -> Plant:
    asyncio.run(install_queue_schema(libpq_url(postgres_url)))
    return Plant(PostgresStore(engine, ProcrastinateQueue(), Cipher(bytes(KEY_BYTES))), postgres_url, tmp_path)


def test_everything_is_looked_at_soon_after_the_start(plant: Plant) -> None:
    plant.run_until(lambda: {"redeliver", "reconcile", "archive_idle"} <= set(plant.asked))


def test_what_comes_again_comes_once_for_all_processes(plant: Plant) -> None:
    began = datetime.now(UTC)

    plant.run_until(lambda: plant.asked.count("redeliver") >= 5, processes=2)

    # Each of the two asks at its start; then there are five turns in ten seconds, not ten.
    seconds = (datetime.now(UTC) - began).total_seconds()
    assert plant.asked.count("redeliver") <= 2 + seconds / 2 + 1
    assert plant.asked.count("reconcile") == 2


def test_a_delivery_that_waits_for_github_is_decided_before_the_next_of_its_repository(plant: Plant) -> None:
    add_shop(plant.store)
    plant.forge.heads["main"] = SHA_B
    pause = timedelta(seconds=2)
    plant.forge.failures = [TemporarilyUnavailable("github_rate_limited", "Too many.", retry_after=pause)]
    for number, sha, before in ((1, SHA_A, "0" * 40), (2, SHA_B, SHA_A)):
        with plant.store.transaction() as work:
            delivery = DeliveryId(f"00000000-0000-4000-8000-{number:012}")
            work.deliveries.add(
                NewDelivery(delivery, "push", "repository:7", push_body(sha, before=before), datetime.now(UTC))
            )
    began = datetime.now(UTC)

    plant.run_until(lambda: _is_decided(plant.store))

    assert datetime.now(UTC) - began >= pause
    with plant.store.transaction() as work:
        created = sorted(work.deployments.list_recent(None, 10), key=lambda one: one.sequence)
    assert [one.commit.sha for one in created] == [SHA_A, SHA_B]


def _wait_until(is_done: Callable[[], bool]) -> None:
    while not is_done():
        time.sleep(0.1)


def _is_decided(store: PostgresStore) -> bool:
    with store.transaction() as work:
        return all(record.status == "done" for record in work.deliveries.list_recent(10))


def test_housekeeping_without_an_app_waits_for_its_next_turn(plant: Plant) -> None:
    plant.forge.failures = [OperatorError("github_app_unauthorized", "There is no App.")]
    ports = DeliveryPorts(plant.store, plant.forge, SystemClock())

    HousekeepingJob(ports, OFTEN).run("redeliver")

    assert plant.forge.redelivered == []
