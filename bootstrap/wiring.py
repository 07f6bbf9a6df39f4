"""Wiring: settings become adapters, adapters become the service."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.services import Access, ApiServices
from bootstrap.github import app_settings_of, creation_key_of, host_of, identity_of
from bootstrap.keys import derive_key, encryption_key_of, find_secret
from bootstrap.settings import Settings, program_environment
from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from cli.services import CliServices
from domain.ports.builds import PhaseLimits
from domain.ports.jobs import Clock
from github_app.checkout import GitFetcher
from github_app.client import GitHubClient
from github_app.forge import GitHubForge
from github_app.manifest import GitHubAppMaker
from github_app.sign_in import GitHubSignIn
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.housekeeping import HousekeepingJob, HousekeepingSettings
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from jobs.report import ReportJob
from jobs.runtime import JobSet, Runtime, WorkerSettings
from operations.app_lookup import AppLookup
from store.embedded import EmbeddedPostgres
from store.encryption import Cipher
from store.engine import create_engine, libpq_url
from store.migrate import migrate
from store.unit_of_work import PostgresStore


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the aware current time in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Service:
    """The adapters of one process, around one database."""

    settings: Settings
    database_url: str
    store: PostgresStore
    clock: Clock
    lookup: AppLookup
    forge: GitHubForge
    sign_in: GitHubSignIn

    def api_services(self) -> ApiServices:
        """Return what the HTTP routes use."""
        return ApiServices(
            store=self.store,
            clock=self.clock,
            forge=self.forge,
            lookup=self.lookup,
            sign_in=self.sign_in,
            maker=GitHubAppMaker(host_of(self.settings), self.settings.public_base),
            access=Access(
                public_url=self.settings.public_base,
                github_url=self.settings.github_web_url.rstrip("/"),
                api_token=find_secret(self.settings.api_token),
                creation_key=creation_key_of(self.settings),
                session_key=derive_key(self.settings, "browser sessions"),
            ),
        )

    def cli_services(self) -> CliServices:
        """Return what the commands use."""
        return CliServices(
            self.store, self.forge, _fetcher(self.settings), self.clock, self.lookup, self.settings.public_base
        )

    def runtime(self, stopping: asyncio.Event) -> Runtime:
        """Return the workers of this process."""
        ports = DeploymentPorts(
            self.store, self.forge, _fetcher(self.settings), make_builder(self.settings), self.clock
        )
        job_set = JobSet(
            DeliveryJob(self.store, self.forge, self.clock),
            DeploymentJob(ports, _limits(self.settings), stopping.is_set),
            ReportJob(self.store, self.forge, self.clock),
            CommentJob(self.store, self.forge, self.clock),
            HousekeepingJob(DeliveryPorts(self.store, self.forge, self.clock), _housekeeping(self.settings)),
        )
        return Runtime(libpq_url(self.database_url), job_set, _worker_settings(self.settings))


@contextmanager
def open_service(settings: Settings) -> Iterator[Service]:
    """Give the service on its database, which is started first when it is the embedded one."""
    with open_database(settings) as url:
        engine = create_engine(url)
        cipher = Cipher(encryption_key_of(settings))
        store = PostgresStore(engine, ProcrastinateQueue(), cipher, preview_limit=settings.preview_limit)
        try:
            yield _make_service(settings, url, store)
        finally:
            engine.dispose()


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """Give the database's URL: the one that is set, or that of the embedded server."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with EmbeddedPostgres(settings.data_dir / "postgres") as database:
        yield database.url


def migrate_database(database_url: str) -> None:
    """Bring the database to this version's tables, ours and the queue's."""
    migrate(database_url, lambda url: asyncio.run(install_queue_schema(url)))


def make_builder(settings: Settings) -> BuildKitBuilder:
    """Return the builder of these settings, what killed builds left removed."""
    builder = BuildKitBuilder(
        BuilderSettings(
            scratch=settings.data_dir / "builds",
            base_image=settings.base_image,
            key=derive_key(settings, "build variables"),
            docker=settings.docker,
            buildx_plugin_dir=settings.buildx_plugin_dir,
            buildkit_address=settings.buildkit_address,
            registry=settings.registry,
            ca_bundle=settings.build_ca_bundle,
            proxy=find_secret(settings.build_proxy),
            index_url=find_secret(settings.build_index_url),
            npm_registry=find_secret(settings.build_npm_registry),
            debian_mirror=find_secret(settings.build_debian_mirror),
            environment=program_environment(),
        )
    )
    builder.remove_leftovers()
    return builder


def _make_service(settings: Settings, url: str, store: PostgresStore) -> Service:
    clock, host = SystemClock(), host_of(settings)
    lookup = AppLookup(store, clock, app_settings_of(settings))
    identity = identity_of(lookup)
    forge = GitHubForge(host, identity, clock)
    sign_in = GitHubSignIn(host, GitHubClient(host, identity), lookup.get)
    return Service(settings, url, store, clock, lookup, forge, sign_in)


def _limits(settings: Settings) -> PhaseLimits:
    return PhaseLimits(
        install=timedelta(minutes=settings.install_minutes),
        build=timedelta(minutes=settings.build_minutes),
        publish=timedelta(minutes=settings.publish_minutes),
    )


def _housekeeping(settings: Settings) -> HousekeepingSettings:
    return HousekeepingSettings(idle_after=timedelta(days=settings.preview_idle_days))


def _worker_settings(settings: Settings) -> WorkerSettings:
    return WorkerSettings(
        builds=settings.builds_per_node,
        heartbeat=timedelta(seconds=settings.heartbeat_seconds),
        stalled_after=timedelta(seconds=settings.stalled_after_seconds),
    )


def _fetcher(settings: Settings) -> GitFetcher:
    fetcher = GitFetcher(settings.data_dir / "sources", host_of(settings))
    fetcher.remove_leftovers()
    return fetcher
