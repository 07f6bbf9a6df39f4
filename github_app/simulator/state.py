"""What the simulated GitHub hosts: accounts, repositories, installations. In memory, under one lock."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.refusals import not_found
from github_app.simulator.settings import DEFAULT_PERMISSIONS

_FIRST_ID = 1_000_001


def now() -> datetime:
    """Return the present second, as GitHub's timestamps have no fractions."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Account:
    """A person or an organisation."""

    id: int
    login: str
    kind: str


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository; its directory is named by the id, which survives rename and transfer.

    Attributes:
        fork_of: the id of the repository it was forked from.
    """

    id: int
    owner: Account
    name: str
    private: bool
    default_branch: str
    created_at: datetime
    pushed_at: datetime
    archived: bool = False
    fork_of: int | None = None

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"


@dataclass(frozen=True, slots=True)
class Installation:
    """The App installed on an account; `repository_ids` is None when it sees all of them."""

    id: int
    account: Account
    repository_ids: frozenset[int] | None
    permissions: Mapping[str, str]
    created_at: datetime
    suspended_at: datetime | None = None

    def covers(self, repository: HostedRepository) -> bool:
        """Tell whether the App sees the repository through this installation."""
        if repository.owner.id != self.account.id:
            return False
        return self.repository_ids is None or repository.id in self.repository_ids


class State:
    """Everything that is hosted. Each method is atomic; values that leave are frozen.

    Attributes:
        pulls: the pull requests by their global ids.
        numbers: the last number of an issue or pull request, by repository.
        members: the roles in each organisation (`admin` or `member`), by the account's id and the lower-case login.
        roles: what people may do in a repository besides, by its id and the lower-case login.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, HostedRepository] = {}
        self.installations: dict[int, Installation] = {}
        self.former_names: dict[str, int] = {}
        self.pulls: dict[int, PullRequest] = {}
        self.numbers: dict[int, int] = {}
        self.members: dict[int, dict[str, str]] = {}
        self.roles: dict[int, dict[str, str]] = {}
        self.next_id = _FIRST_ID

    def new_id(self) -> int:
        """Return an id that nothing else has."""
        with self.lock:
            self.next_id += 1
            return self.next_id - 1

    def account(self, login: str, kind: str = "Organization") -> Account:
        """Return the account, which is made when it does not exist."""
        with self.lock:
            key = login.lower()
            if key not in self.accounts:
                self.accounts[key] = Account(self.new_id(), login, kind)
            return self.accounts[key]

    def new_number(self, repository_id: int) -> int:
        """Return the next number of the repository's issues and pull requests, which share a counter."""
        with self.lock:
            self.numbers[repository_id] = self.numbers.get(repository_id, 0) + 1
            return self.numbers[repository_id]

    def find_account(self, login: str) -> Account | None:
        """Return the account of this login."""
        with self.lock:
            return self.accounts.get(login.lower())

    def add_repository(self, owner: str, name: str, *, private: bool, default_branch: str) -> HostedRepository:
        """Host a new repository; a name that is taken is a `ValueError`."""
        with self.lock:
            if self.find_repository(owner, name):
                raise ValueError(f"The repository {owner}/{name} exists already: choose another name.")
            at = now()
            repository = HostedRepository(self.new_id(), self.account(owner), name, private, default_branch, at, at)
            self.repositories[repository.id] = repository
            return repository

    def find_repository(self, owner: str, name: str) -> HostedRepository | None:
        """Return the repository that has this name now; names ignore case as on GitHub."""
        wanted = f"{owner}/{name}".lower()
        with self.lock:
            return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def find_moved(self, owner: str, name: str) -> HostedRepository | None:
        """Return the repository that once had this name."""
        with self.lock:
            return self.repositories.get(self.former_names.get(f"{owner}/{name}".lower(), 0))

    def get_repository(self, repository_id: int) -> HostedRepository:
        """Return the repository, or raise `Refused` (404)."""
        with self.lock:
            if repository_id not in self.repositories:
                raise not_found()
            return self.repositories[repository_id]

    def move_repository(
        self, repository_id: int, *, owner: str | None = None, name: str | None = None
    ) -> HostedRepository:
        """Rename or transfer; the old name keeps leading here until somebody takes it."""
        with self.lock:
            old = self.get_repository(repository_id)
            account = self.account(owner) if owner else old.owner
            new = replace(old, owner=account, name=name or old.name)
            self.repositories[old.id] = new
            self.former_names[old.full_name.lower()] = old.id
            return new

    def delete_repository(self, repository_id: int) -> HostedRepository:
        """Forget the repository and what was called so."""
        with self.lock:
            repository = self.get_repository(repository_id)
            del self.repositories[repository_id]
            self.roles.pop(repository_id, None)
            self.former_names = {name: i for name, i in self.former_names.items() if i != repository_id}
            return repository

    def change_repository(self, repository_id: int, **changes: Any) -> HostedRepository:  # noqa: ANN401 - fields differ
        """Give some of the repository's fields other values."""
        with self.lock:
            repository = replace(self.get_repository(repository_id), **changes)
            self.repositories[repository_id] = repository
            return repository

    def record_push(self, repository_id: int) -> HostedRepository:
        """Note the moment of a push."""
        return self.change_repository(repository_id, pushed_at=now())

    def add_installation(
        self, login: str, repository_ids: Iterable[int] | None = None, permissions: Mapping[str, str] | None = None
    ) -> Installation:
        """Install the App on an account, on all of its repositories unless some are named."""
        with self.lock:
            selected = None if repository_ids is None else frozenset(repository_ids)
            granted = dict(DEFAULT_PERMISSIONS if permissions is None else permissions)
            installation = Installation(self.new_id(), self.account(login), selected, granted, now())
            self.installations[installation.id] = installation
            return installation

    def get_installation(self, installation_id: int) -> Installation:
        """Return the installation, or raise `Refused` (404)."""
        with self.lock:
            if installation_id not in self.installations:
                raise not_found()
            return self.installations[installation_id]

    def suspend_installation(self, installation_id: int, *, suspended: bool) -> Installation:
        """Suspend or unsuspend."""
        with self.lock:
            old = self.get_installation(installation_id)
            new = replace(old, suspended_at=now() if suspended else None)
            self.installations[installation_id] = new
            return new

    def change_access(self, installation_id: int, repository_ids: Iterable[int] | None) -> Installation:
        """Let the installation see these repositories from now on, all of the account's when None."""
        with self.lock:
            selected = None if repository_ids is None else frozenset(repository_ids)
            new = replace(self.get_installation(installation_id), repository_ids=selected)
            self.installations[installation_id] = new
            return new

    def remove_installation(self, installation_id: int) -> Installation:
        """Uninstall the App from an account."""
        with self.lock:
            self.get_installation(installation_id)
            return self.installations.pop(installation_id)

    def find_installation_on(self, repository: HostedRepository) -> Installation | None:
        """Return the installation through which the App sees the repository."""
        with self.lock:
            return next((i for i in self.installations.values() if i.covers(repository)), None)

    def list_repositories(self, installation: Installation) -> tuple[HostedRepository, ...]:
        """Return what the installation sees, oldest first."""
        with self.lock:
            return tuple(r for r in self.repositories.values() if installation.covers(r))

    def put_pull(self, pull: PullRequest) -> PullRequest:
        """Keep a new pull request, or the new form of a known one."""
        with self.lock:
            self.pulls[pull.id] = pull
            return pull

    def get_pull(self, repository_id: int, number: int) -> PullRequest:
        """Return the pull request of this number, or raise `Refused` (404)."""
        for pull in self.list_pulls(repository_id):
            if pull.number == number:
                return pull
        raise not_found()

    def list_pulls(self, repository_id: int) -> tuple[PullRequest, ...]:
        """Return a repository's pull requests, oldest first."""
        with self.lock:
            return tuple(pull for pull in self.pulls.values() if pull.base.repository_id == repository_id)
