"""Deliveries about one repository are decided in the order of their arrival, however many workers there are."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.identifiers import DeliveryId
from domain.ports.builds import PhaseLimits
from domain.records import DeliveryRecord, NewDelivery
from domain.source import BranchName, CommitSha, RepositoryAddress
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.housekeeping import HousekeepingJob, HousekeepingSettings
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from jobs.report import ReportJob
from jobs.runtime import JobSet, Runtime, WorkerSettings
from operations.projects import connect_repository, create_project
from store.encryption import KEY_BYTES, Cipher
from store.engine import libpq_url
from store.unit_of_work import PostgresStore
from tests.fakes.builds import FolderFetcher, ScriptedBuilder, SystemClock
from tests.fakes.forge import REPOSITORY, RecordingForge, push_body

SHAS = tuple(digit * 40 for digit in "abcdef")


@dataclass
class HesitantForge(RecordingForge):
    """Takes long over its first answers and is quick with the later ones: those would overtake."""

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        head = super().find_branch_head(address, branch)
        time.sleep(0.4 / self.head_requests)
        return head


@pytest.fixture
def store(engine: Engine, postgres_url: str) -> PostgresStore:
    asyncio.run(install_queue_schema(libpq_url(postgres_url)))
    return PostgresStore(engine, ProcrastinateQueue(), Cipher(bytes(KEY_BYTES)))


def test_quick_pushes_are_decided_in_order(store: PostgresStore, postgres_url: str, tmp_path: Path) -> None:
    forge = HesitantForge(heads={"main": "1" * 40})
    create_project(store, "shop")
    connect_repository(store, forge, slug="shop", name=REPOSITORY.full_name)
    forge.heads["main"] = SHAS[-1]
    for number, sha in enumerate(SHAS):
        delivery = DeliveryId(f"00000000-0000-4000-8000-{number:012}")
        body = push_body(sha, before=SHAS[number - 1] if number else "1" * 40)
        with store.transaction() as work:
            work.deliveries.add(NewDelivery(delivery, "push", "repository:7", body, datetime.now(UTC)))

    asyncio.run(_work_until_decided(store, forge, postgres_url, tmp_path))

    with store.transaction() as work:
        deployments = sorted(work.deployments.list_recent(None, 100), key=lambda one: one.sequence)
    assert [deployment.commit.sha for deployment in deployments] == list(SHAS)


async def _work_until_decided(store: PostgresStore, forge: RecordingForge, postgres_url: str, directory: Path) -> None:
    clock, stop = SystemClock(), asyncio.Event()
    ports = DeploymentPorts(store, forge, FolderFetcher(directory), ScriptedBuilder(), clock)
    job_set = JobSet(
        DeliveryJob(store, forge, clock),
        DeploymentJob(ports, PhaseLimits(), stop.is_set),
        ReportJob(store, forge, clock),
        CommentJob(store, forge, clock),
        HousekeepingJob(DeliveryPorts(store, forge, clock), HousekeepingSettings()),
    )
    running = asyncio.create_task(Runtime(libpq_url(postgres_url), job_set, WorkerSettings(deliveries=8)).run(stop))
    await asyncio.to_thread(_wait_until_decided, store)
    stop.set()
    await running


def _wait_until_decided(store: PostgresStore) -> None:
    while not all(record.status == "done" for record in _records(store)):
        time.sleep(0.1)


def _records(store: PostgresStore) -> tuple[DeliveryRecord, ...]:
    with store.transaction() as work:
        return work.deliveries.list_recent(100)
