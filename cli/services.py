"""What the commands are given; `bootstrap/` fills it when a command first asks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import typer

from domain.ports.builds import RehearsingBuilder
from domain.ports.forge import Forge, SourceFetcher
from domain.ports.jobs import Clock
from domain.ports.store import Store
from operations.app_lookup import AppLookup


@dataclass(frozen=True, slots=True)
class CliServices:
    """The service's parts a command works with.

    Attributes:
        public_url: where browsers reach the service, without a slash at its end.
    """

    store: Store
    forge: Forge
    fetcher: SourceFetcher
    clock: Clock
    lookup: AppLookup
    public_url: str


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How the GitHub simulator is started, and where it says that it is there."""

    root: Path
    port: int
    webhook_url: str
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Programs:
    """What `bootstrap/` can start and make. Settings are read when one is called, not before.

    Attributes:
        make_builder: a builder, without a database and without GitHub.
        find_variable: the value of a variable of the command's environment, None when it is not set.
    """

    services: Callable[[], CliServices]
    serve: Callable[[bool], None]
    work: Callable[[], None]
    migrate: Callable[[], None]
    simulate: Callable[[SimulatorOptions], None]
    make_builder: Callable[[], RehearsingBuilder]
    find_variable: Callable[[str], str | None]


def programs_of(context: typer.Context) -> Programs:
    """Return the programs the command line was built with."""
    return cast("Programs", context.obj)


def services_of(context: typer.Context) -> CliServices:
    """Return the services of the command; reads the settings on first use."""
    return programs_of(context).services()
