"""Entry points: the `pushwright` command and the programs it starts."""

import asyncio
from contextlib import ExitStack

import structlog

from api.app import create_app
from bootstrap.logging import configure_logging
from bootstrap.serving import run_service
from bootstrap.settings import Settings, find_variable, read_settings
from bootstrap.simulating import simulate
from bootstrap.wiring import Service, make_builder, migrate_database, open_database, open_service
from cli.app import run
from cli.services import CliServices, Programs

_log = structlog.get_logger(__name__)


def main() -> None:
    """Run the `pushwright` command."""
    with ExitStack() as resources:
        run(
            Programs(
                services=lambda: _open_services(resources),
                serve=lambda with_worker: _serve(with_http=True, with_worker=with_worker),
                work=lambda: _serve(with_http=False, with_worker=True),
                migrate=_migrate,
                simulate=simulate,
                make_builder=lambda: make_builder(_quiet_settings()),
                find_variable=find_variable,
            )
        )


def _open_services(resources: ExitStack) -> CliServices:
    return resources.enter_context(open_service(_quiet_settings())).cli_services()


def _quiet_settings() -> Settings:
    settings = read_settings()
    configure_logging(settings.log_format, "warning")
    return settings


def _serve(*, with_http: bool, with_worker: bool) -> None:
    settings = read_settings()
    configure_logging(settings.log_format, settings.log_level)
    stopping = asyncio.Event()
    with open_service(settings) as service:
        migrate_database(service.database_url)
        _tell_how_to_create_app(service)
        run_service(
            create_app(service.api_services()) if with_http else None,
            service.runtime(stopping) if with_worker else None,
            host=settings.host,
            port=settings.port,
            stopping=stopping,
        )


def _tell_how_to_create_app(service: Service) -> None:
    if service.lookup.find() is None:
        _log.warning("github_app_missing", create_it_at=service.lookup.creation_url)


def _migrate() -> None:
    with open_database(_quiet_settings()) as url:
        migrate_database(url)
