"""The parts of the simulated GitHub, put together, and what can be done to it from outside its API."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from github_app.simulator import registry
from github_app.simulator.bare_repositories import BareRepositories
from github_app.simulator.deliveries import Courier, Delivery, Hook
from github_app.simulator.faults import FaultPlan
from github_app.simulator.journal import ExchangeJudge, Journal
from github_app.simulator.keys import public_half
from github_app.simulator.locks import KeyedLocks
from github_app.simulator.objects import ObjectWriter
from github_app.simulator.push_events import PushEvents, compare_refs
from github_app.simulator.reports import Reports
from github_app.simulator.settings import SimulatorSettings
from github_app.simulator.state import HostedRepository, Installation, now
from github_app.simulator.tokens import TokenDesk, verify_app_token

_DEVELOPER = "developer"


def read_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Simulation:
    """One GitHub.

    Attributes:
        settings: what it was started with.
        state: what it hosts.
        git: the repositories themselves.
        writer: writes its JSON; knows its address.
        tokens: issues and recognises installation tokens.
        courier: sends deliveries.
        reports: what it was told.
        journal: what it was asked.
        faults: what is to go wrong.
        push_locks: one per repository, so that what a push changed can be told from what another one did.
        started_at: the App's creation, as far as anybody can tell.
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
        self.git = BareRepositories(settings.root / "repositories")
        self.writer = ObjectWriter("http://simulator.invalid", settings.base_path, settings.app_id, settings.app_slug)
        self.tokens = TokenDesk(settings.token_lifetime, clock)
        self.reports = Reports()
        self.journal = Journal(judge)
        self.faults = FaultPlan()
        self.courier = Courier(Hook(settings.webhook_url, settings.webhook_secret, settings.app_id), self.state.new_id)
        self.push_locks = KeyedLocks()
        self.started_at = now()
        self._clock = clock
        self._key = public_half(settings.private_key_pem)

    def recognise_app(self, token: str) -> None:
        """Raise `Refused` (401) unless the token is the App's own JSON web token."""
        verify_app_token(token, key=self._key, app_id=self.settings.app_id, at=self._clock())

    def create_repository(
        self, owner: str, name: str, *, private: bool = True, default_branch: str = "main"
    ) -> HostedRepository:
        """Host an empty repository."""
        repository = self.state.add_repository(owner, name, private=private, default_branch=default_branch)
        self.git.create(repository.id, default_branch)
        self._save()
        return repository

    def install(
        self, account: str, repository_ids: Iterable[int] | None = None, permissions: Mapping[str, str] | None = None
    ) -> Installation:
        """Install the App on an account: on all its repositories, or on some."""
        installation = self.state.add_installation(account, repository_ids, permissions)
        self._save()
        return installation

    def suspend(self, installation_id: int, *, suspended: bool = True) -> Installation:
        """Suspend an installation, or end that."""
        installation = self.state.suspend_installation(installation_id, suspended=suspended)
        self._save()
        return installation

    def change_access(self, installation_id: int, repository_ids: Iterable[int] | None) -> Installation:
        """Choose which repositories an installation sees; None for all of the account's."""
        installation = self.state.change_access(installation_id, repository_ids)
        self._save()
        return installation

    def uninstall(self, installation_id: int) -> Installation:
        """Remove an installation; its tokens stop at once."""
        installation = self.state.remove_installation(installation_id)
        self._save()
        return installation

    def move_repository(
        self, repository_id: int, *, owner: str | None = None, name: str | None = None
    ) -> HostedRepository:
        """Transfer or rename a repository; its id and its history stay."""
        repository = self.state.move_repository(repository_id, owner=owner, name=name)
        self._save()
        return repository

    def delete_repository(self, repository_id: int) -> HostedRepository:
        """Delete a repository with its history."""
        repository = self.state.delete_repository(repository_id)
        self.git.delete(repository_id)
        self._save()
        return repository

    def recreate_repository(self, repository_id: int) -> HostedRepository:
        """Delete a repository and make an empty one of the same name, which has another id."""
        old = self.delete_repository(repository_id)
        return self.create_repository(old.owner.login, old.name, private=old.private, default_branch=old.default_branch)

    def announce_push(self, repository_id: int, before: Mapping[str, str]) -> tuple[Delivery, ...]:
        """Deliver one `push` event per ref that differs from `before`, if the App is installed and not suspended."""
        changes = compare_refs(before, self.git.list_refs(repository_id))
        if not changes:
            return ()
        repository = self.state.record_push(repository_id)
        self._save()
        installation = self.state.find_installation_on(repository)
        if installation is None or installation.suspended_at:
            return ()
        events = PushEvents(self.writer, self.git, repository, before)
        pusher = self.state.account(_DEVELOPER, "User")
        return tuple(self.courier.deliver("push", events.payload(change, installation, pusher)) for change in changes)

    def describe(self) -> dict[str, Any]:
        """Return accounts of what is hosted, in GitHub's JSON."""
        with self.state.lock:
            return {
                "repositories": [self.writer.repository(r) for r in self.state.repositories.values()],
                "installations": [self.writer.installation(i) for i in self.state.installations.values()],
            }

    def move_to(self, origin: str) -> None:
        """Write addresses below `http://host:port` from now on."""
        self.writer = replace(self.writer, origin=origin)

    def _save(self) -> None:
        registry.save(self.state, self.settings.root)
