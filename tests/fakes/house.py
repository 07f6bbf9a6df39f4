"""The whole service in this process, on a simulated GitHub and a real PostgreSQL; only builds are played.

What is real: signed deliveries over HTTP, the queue and its workers, the store, and every request to GitHub.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import httpx
import uvicorn
from sqlalchemy import Engine, text

from api.app import create_app
from api.services import ApiServices
from domain.deployments import Deployment
from domain.ports.builds import PhaseLimits
from domain.ports.secrets import AppCredentials
from domain.secrets import Secret
from github_app.client import AppIdentity, GitHubHost
from github_app.forge import GitHubForge
from github_app.simulator.server import SimulatedGitHub
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.housekeeping import HousekeepingJob, HousekeepingSettings
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from jobs.report import ReportJob
from jobs.runtime import JobSet, Runtime, WorkerSettings
from operations.app_lookup import AppLookup, AppSettings
from store.encryption import KEY_BYTES, Cipher
from store.engine import libpq_url
from store.unit_of_work import PostgresStore
from tests.acceptance.service import wait_until
from tests.fakes.builds import FolderFetcher, ScriptedBuilder, SystemClock


@dataclass
class House:
    """The running service, and how a test looks at it.

    Attributes:
        next_secret: the webhook secret that is accepted besides GitHub's.
    """

    next_secret: ClassVar = "the next secret"

    github: SimulatedGitHub
    store: PostgresStore
    forge: GitHubForge
    engine: Engine
    builder: ScriptedBuilder
    housekeeping: HousekeepingJob
    url: str

    def deployments(self) -> list[Deployment]:
        """Return every deployment, newest first."""
        with self.store.transaction() as work:
            return list(work.deployments.list_recent(None, 1000))

    def wait_until_quiet(self, *, seconds: float = 120) -> None:
        """Wait until everything GitHub delivers has arrived and no job is left to do."""
        self.github.simulation.courier.wait(seconds)
        wait_until(lambda: self.count_jobs() == 0, "no job is left", seconds=seconds)

    def count_jobs(self) -> int:
        """Return how many jobs wait or run; those that come back by the clock are not counted."""
        query = (
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name <> 'housekeeping'"
        )
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())


@contextmanager
def open_house(github: SimulatedGitHub, engine: Engine, folder: Path) -> Iterator[House]:
    """Serve HTTP where GitHub delivers to, and work, until the block ends."""
    asyncio.run(install_queue_schema(libpq_url(_url_of(engine))))
    clock = SystemClock()
    store = PostgresStore(engine, ProcrastinateQueue(), Cipher(bytes(KEY_BYTES)))
    settings = github.settings
    host = GitHubHost(api_url=github.base_url.rstrip("/"), web_url=github.page_url.rstrip("/"), timeout_seconds=10)
    forge = GitHubForge(host, AppIdentity(settings.app_id, Secret(settings.private_key_pem)), clock)
    builder = ScriptedBuilder()
    housekeeping = HousekeepingJob(
        DeliveryPorts(store, forge, clock), HousekeepingSettings(redeliver_every=timedelta(hours=9))
    )
    stopping = threading.Event()
    ports = DeploymentPorts(store, forge, FolderFetcher(folder), builder, clock)
    job_set = JobSet(
        DeliveryJob(store, forge, clock),
        DeploymentJob(ports, PhaseLimits(), stopping.is_set),
        ReportJob(store, forge, clock),
        CommentJob(store, forge, clock),
        housekeeping,
    )
    runtime = Runtime(libpq_url(_url_of(engine)), job_set, WorkerSettings(heartbeat=timedelta(seconds=1)))
    with _serving(github, store) as url, _working(runtime, stopping):
        yield House(github, store, forge, engine, builder, housekeeping, url)
    forge.close()


@contextmanager
def _serving(github: SimulatedGitHub, store: PostgresStore) -> Iterator[str]:
    settings = github.settings
    credentials = AppCredentials(
        app_id=settings.app_id,
        slug="pushwright",
        private_key=Secret(settings.private_key_pem),
        webhook_secret=Secret(House.next_secret),
        client_id="",
        client_secret=Secret(""),
        previous_webhook_secret=Secret(settings.webhook_secret),
    )
    lookup = AppLookup(store, SystemClock(), AppSettings(credentials))
    nobody = cast("Any", None)
    services = ApiServices(
        store=store, clock=SystemClock(), forge=nobody, lookup=lookup, sign_in=nobody, maker=nobody, access=nobody
    )
    config = uvicorn.Config(
        create_app(services), host="127.0.0.1", port=int(httpx.URL(settings.webhook_url).port or 0), log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, "the service answers", seconds=20)
    try:
        yield settings.webhook_url
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def _working(runtime: Runtime, stopping: threading.Event) -> Iterator[None]:
    async def work() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(runtime.run(stop))
        await asyncio.to_thread(stopping.wait)
        stop.set()
        with suppress(asyncio.CancelledError):
            await running

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)
