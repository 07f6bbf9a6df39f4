"""The parts of the simulated GitHub, put together."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from github_app.simulator import registry
from github_app.simulator.authorizations import AuthorizationDesk
from github_app.simulator.bare_repositories import BareRepositories
from github_app.simulator.budgets import Budgets
from github_app.simulator.deliveries import Courier, Hook
from github_app.simulator.faults import FaultPlan
from github_app.simulator.journal import ExchangeJudge, Journal
from github_app.simulator.keys import read_public_key
from github_app.simulator.locks import KeyedLocks
from github_app.simulator.objects import ObjectWriter
from github_app.simulator.registered_app import RegisteredApp, find_app, make_app
from github_app.simulator.reports import Reports
from github_app.simulator.settings import SimulatorSettings
from github_app.simulator.state import Account, now
from github_app.simulator.throttle import Throttle
from github_app.simulator.tokens import TokenDesk, verify_app_token

DEVELOPER: Final = "developer"


def read_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CheckDetails:
    """What was told of a check run and is not in its JSON."""

    annotations: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, str], ...] = ()


class Parts:
    """One GitHub's parts.

    Attributes:
        settings: what it was started with.
        app: the App it serves.
        state: what it hosts.
        git: the repositories themselves.
        writer: writes its JSON; knows its address.
        tokens: issues and recognises installation tokens.
        authorizations: who is signed in, and what users let the App do.
        courier: sends deliveries.
        reports: what it was told.
        check_details: annotations and buttons, by check run.
        journal: what it was asked.
        faults: what is to go wrong.
        budgets: counts what is asked.
        throttle: counts what an installation writes.
        pull_lock: held while pull requests change; taken after a push lock, never before.
        push_locks: one per repository, so that what a push changed can be told from what another one did.
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        judge: ExchangeJudge | None = None,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        settings.root.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.state = registry.load(settings.root)
        self.app = find_app(settings.root) or make_app(settings, now())
        self.git = BareRepositories(settings.root / "repositories")
        self.writer = self._writer("http://simulator.invalid")
        self.tokens = TokenDesk(settings.token_lifetime, clock)
        self.authorizations = AuthorizationDesk(clock)
        self.reports = Reports()
        self.check_details: dict[int, CheckDetails] = {}
        self.journal = Journal(judge)
        self.faults = FaultPlan()
        self.budgets = Budgets(clock)
        self.throttle = Throttle(clock, settings.writes_a_minute, settings.writes_an_hour)
        self.courier = Courier(_make_hook(self.app), self.state.new_id)
        self.push_locks = KeyedLocks()
        self.pull_lock = threading.RLock()
        self._clock = clock

    def recognise_app(self, token: str) -> None:
        """Raise `Refused` (401) unless the token is the App's own JSON web token."""
        app = self.app
        key = read_public_key(app.public_key_pem)
        verify_app_token(token, key=key, app_id=app.id, at=self._clock(), client_id=app.client_id)

    def become(self, app: RegisteredApp) -> None:
        """Serve another App from now on, which nobody has installed yet."""
        self.app = app
        self.writer = self._writer(self.writer.origin)
        self.courier.hook = _make_hook(app)
        self.tokens.expire_all()
        with self.state.lock:
            self.state.installations.clear()

    def actor(self) -> Account:
        """Return who is taken for the one who does what is arranged: who is signed in, or else the developer."""
        return self.authorizations.signed_in or self.state.account(DEVELOPER, "User")

    def move_to(self, origin: str) -> None:
        """Write addresses below `http://host:port` from now on."""
        self.writer = replace(self.writer, origin=origin)

    def save(self) -> None:
        """Keep what outlives a restart."""
        registry.save(self.state, self.settings.root)

    def _writer(self, origin: str) -> ObjectWriter:
        app = self.app
        owner = self.state.find_account(app.owner) or Account(app.id, app.slug, "Organization")
        return ObjectWriter(origin, self.settings.base_path, app, owner)


def _make_hook(app: RegisteredApp) -> Hook:
    return Hook(app.webhook_url, app.webhook_secret, app.id, active=bool(app.webhook_url))
