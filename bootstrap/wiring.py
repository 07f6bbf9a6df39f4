"""Wiring: settings become adapters, adapters become the service."""

import asyncio
import base64
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from api.services import ApiServices
from bootstrap.settings import Settings, program_environment
from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from cli.services import CliServices
from domain.errors import OperatorError
from domain.ports.builds import PhaseLimits
from domain.ports.jobs import Clock
from domain.secrets import Secret
from github_app.checkout import GitFetcher
from github_app.client import AppIdentity, GitHubHost
from github_app.forge import GitHubForge
from github_app.webhook import check_secrets
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.queue import ProcrastinateQueue
from jobs.queue_schema import install_queue_schema
from jobs.report import ReportJob
from jobs.runtime import JobSet, Runtime, WorkerSettings
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
    forge: GitHubForge
    clock: Clock

    def api_services(self) -> ApiServices:
        """Return what the HTTP routes use."""
        accepted = webhook_secrets(self.settings)
        check_secrets(accepted)
        return ApiServices(self.store, self.clock, accepted)

    def cli_services(self) -> CliServices:
        """Return what the commands use."""
        return CliServices(self.store, self.forge, self.clock)

    def runtime(self, stopping: asyncio.Event) -> Runtime:
        """Return the workers of this process."""
        ports = DeploymentPorts(self.store, self.forge, _fetcher(self.settings), _builder(self.settings), self.clock)
        job_set = JobSet(
            DeliveryJob(self.store, self.forge, self.clock),
            DeploymentJob(ports, _limits(self.settings), stopping.is_set),
            ReportJob(self.store, self.forge),
        )
        return Runtime(libpq_url(self.database_url), job_set, _worker_settings(self.settings))


@contextmanager
def open_service(settings: Settings) -> Iterator[Service]:
    """Give the service on its database, which is started first when it is the embedded one."""
    with open_database(settings) as url:
        engine = create_engine(url)
        cipher = Cipher(base64.b64decode(settings.encryption_key.get_secret_value()))
        clock = SystemClock()
        store = PostgresStore(engine, ProcrastinateQueue(), cipher)
        try:
            yield Service(settings, url, store, GitHubForge(_host(settings), _identity(settings), clock), clock)
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


def webhook_secrets(settings: Settings) -> tuple[Secret, ...]:
    """Return the webhook secrets that are accepted, the current one first."""
    values = (settings.github_webhook_secret, settings.github_webhook_previous_secret)
    return tuple(Secret(value.get_secret_value()) for value in values if value is not None)


def read_private_key(path: Path) -> Secret:
    """Return the App's private key, or raise `OperatorError` (`github_app_key_unreadable`)."""
    try:
        return Secret(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            "github_app_key_unreadable",
            f"PUSHWRIGHT_GITHUB_APP_PRIVATE_KEY_FILE names {path}, which cannot be read: "
            "download the key from the App's settings on GitHub and put it there.",
        ) from error


def _host(settings: Settings) -> GitHubHost:
    return GitHubHost(
        api_url=settings.github_api_url,
        web_url=settings.github_web_url,
        ca_bundle=settings.github_ca_bundle,
        proxy=_secret(settings.github_proxy),
    )


def _identity(settings: Settings) -> AppIdentity:
    return AppIdentity(settings.github_app_id, read_private_key(settings.github_app_private_key_file))


def _limits(settings: Settings) -> PhaseLimits:
    return PhaseLimits(
        install=timedelta(minutes=settings.install_minutes),
        build=timedelta(minutes=settings.build_minutes),
        publish=timedelta(minutes=settings.publish_minutes),
    )


def _worker_settings(settings: Settings) -> WorkerSettings:
    return WorkerSettings(
        builds=settings.builds_per_node,
        heartbeat=timedelta(seconds=settings.heartbeat_seconds),
        stalled_after=timedelta(seconds=settings.stalled_after_seconds),
    )


def _fetcher(settings: Settings) -> GitFetcher:
    fetcher = GitFetcher(settings.data_dir / "sources", _host(settings))
    fetcher.remove_leftovers()
    return fetcher


def _builder(settings: Settings) -> BuildKitBuilder:
    builder = BuildKitBuilder(
        BuilderSettings(
            scratch=settings.data_dir / "builds",
            base_image=settings.base_image,
            key=_derive_key(settings, "build variables"),
            docker=settings.docker,
            buildx_plugin_dir=settings.buildx_plugin_dir,
            buildkit_address=settings.buildkit_address,
            registry=settings.registry,
            ca_bundle=settings.build_ca_bundle,
            proxy=_secret(settings.build_proxy),
            index_url=_secret(settings.build_index_url),
            npm_registry=_secret(settings.build_npm_registry),
            environment=program_environment(),
        )
    )
    builder.remove_leftovers()
    return builder


def _derive_key(settings: Settings, purpose: str) -> Secret:
    """Return a key for one purpose, so that the encryption key itself is used for one thing only."""
    key = base64.b64decode(settings.encryption_key.get_secret_value())
    return Secret(hmac.digest(key, purpose.encode(), "sha256").hex())


def _secret(value: SecretStr | None) -> Secret | None:
    return None if value is None else Secret(value.get_secret_value())
