"""One simulated GitHub, and what can be done to it from outside its API.

Everything that is arranged here can tell the App of it, as GitHub would. The older methods are silent unless they are
told not to be.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from github_app.simulator.check_buttons import CheckButtons
from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.installations import tell_of_access, tell_of_installation
from github_app.simulator.events.repositories import (
    describe_rename,
    describe_transfer,
    tell_of_deletion,
    tell_of_repository,
)
from github_app.simulator.journal import ExchangeJudge
from github_app.simulator.manifests import ManifestDesk
from github_app.simulator.parts import Parts, read_clock
from github_app.simulator.pull_objects import write_pull
from github_app.simulator.pulls import PullRequestDesk
from github_app.simulator.pushing import accept_push
from github_app.simulator.refusals import Refused
from github_app.simulator.settings import SimulatorSettings
from github_app.simulator.state import Account, HostedRepository, Installation


class RepositoryChanges(TypedDict, total=False):
    """What may be changed of a repository; what is not named stays."""

    private: bool
    archived: bool
    default_branch: str


class Simulation(Parts):
    """One GitHub.

    Attributes:
        pulls: opens, changes and merges pull requests.
        buttons: presses the buttons of checks.
        manifests: makes Apps of manifests.
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        *,
        judge: ExchangeJudge | None = None,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        super().__init__(settings, judge=judge, clock=clock)
        self.pulls = PullRequestDesk(self)
        self.buttons = CheckButtons(self)
        self.manifests = ManifestDesk(self)

    def create_account(self, login: str, kind: str = "User") -> Account:
        """Make a person or an `Organization`; who exists as the other is refused (422)."""
        account = self.state.account(login, kind)
        if account.kind != kind:
            raise Refused(422, f"The account {login} is of the kind {account.kind}: choose another login.")
        self.save()
        return account

    def set_members(
        self, login: str, members: Mapping[str, str], roles: Mapping[str, Mapping[str, str]] | None = None
    ) -> Account:
        """Say who is `admin` or `member` of an organisation, and which roles people have in its repositories."""
        account = self.state.account(login)
        named = {repository: self.state.find_repository(login, repository) for repository in roles or {}}
        for person in {*members, *(name for given in (roles or {}).values() for name in given)}:
            self.create_account(person)
        with self.state.lock:
            self.state.members[account.id] = {name.lower(): role for name, role in members.items()}
            for name, repository in named.items():
                if repository is None:
                    raise Refused(422, f"The repository {login}/{name} does not exist.")
                given = (roles or {})[name]
                self.state.roles[repository.id] = {person.lower(): role for person, role in given.items()}
        self.save()
        return account

    def sign_in(self, login: str | None, *, denies: bool = False) -> Account | None:
        """Say who uses the browser from now on, None for nobody, and whether he refuses to authorize the App."""
        self.authorizations.denies = denies
        self.authorizations.signed_in = None if login is None else self.create_account(login)
        return self.authorizations.signed_in

    def create_repository(
        self, owner: str, name: str, *, private: bool = True, default_branch: str = "main", silent: bool = True
    ) -> HostedRepository:
        """Host an empty repository."""
        repository = self.state.add_repository(owner, name, private=private, default_branch=default_branch)
        self.git.create(repository.id, default_branch)
        self.save()
        if not silent:
            tell_of_repository(self, "created", repository)
        return repository

    def fork_repository(
        self, repository_id: int, owner: str, name: str | None = None, *, silent: bool = False
    ) -> HostedRepository:
        """Copy a repository to another account, where it is a fork; the account is made a person's if it is new."""
        parent = self.state.get_repository(repository_id)
        self.state.account(owner, "User")
        if self.state.find_repository(owner, name or parent.name):
            raise Refused(422, f"The repository {owner}/{name or parent.name} exists already: choose another name.")
        fork = self.create_repository(
            owner, name or parent.name, private=parent.private, default_branch=parent.default_branch
        )
        everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        self.git.copy_objects(parent.id, fork.id, everything)
        fork = self.state.change_repository(fork.id, fork_of=parent.id)
        self.save()
        if not silent:
            tell_of_repository(self, "created", fork)
        return fork

    def change_repository(
        self, repository_id: int, *, silent: bool = False, **changes: Unpack[RepositoryChanges]
    ) -> HostedRepository:
        """Make it private or public, archive it or end that, choose its default branch."""
        old = self.state.get_repository(repository_id)
        new = self.state.change_repository(repository_id, **changes)
        self.git.set_default_branch(repository_id, new.default_branch)
        self.save()
        if silent:
            return new
        if new.default_branch != old.default_branch:
            tell_of_repository(self, "edited", new, {"default_branch": {"from": old.default_branch}})
        if new.private != old.private:
            tell_of_repository(self, "privatized" if new.private else "publicized", new)
        if new.archived != old.archived:
            tell_of_repository(self, "archived" if new.archived else "unarchived", new)
        return new

    def move_repository(
        self, repository_id: int, *, owner: str | None = None, name: str | None = None, silent: bool = True
    ) -> HostedRepository:
        """Transfer or rename a repository; its id and its history stay."""
        old = self.state.get_repository(repository_id)
        left = self.state.find_installation_on(old)
        new = self.state.move_repository(repository_id, owner=owner, name=name)
        self.save()
        if silent:
            return new
        if new.owner.id != old.owner.id:
            if left is not None and not left.covers(new):
                tell_of_access(self, "removed", left, (old,))
            tell_of_repository(self, "transferred", new, describe_transfer(self, old.owner))
        if new.name != old.name:
            tell_of_repository(self, "renamed", new, describe_rename(old.name))
        return new

    def delete_repository(self, repository_id: int, *, silent: bool = True) -> HostedRepository:
        """Delete a repository with its history and its pull requests; those it was the head of lose it."""
        installation = self.state.find_installation_on(self.state.get_repository(repository_id))
        repository = self.state.delete_repository(repository_id)
        self._forget_pulls(repository_id)
        self.git.delete(repository_id)
        self.save()
        if not silent:
            tell_of_deletion(self, repository, installation)
        return repository

    def recreate_repository(self, repository_id: int, *, silent: bool = True) -> HostedRepository:
        """Delete a repository and make an empty one of the same name, which has another id."""
        old = self.delete_repository(repository_id, silent=silent)
        return self.create_repository(
            old.owner.login, old.name, private=old.private, default_branch=old.default_branch, silent=silent
        )

    def install(
        self,
        account: str,
        repository_ids: Iterable[int] | None = None,
        permissions: Mapping[str, str] | None = None,
        *,
        silent: bool = True,
    ) -> Installation:
        """Install the App on an account: on all its repositories, or on some."""
        granted = self.app.permissions if permissions is None else permissions
        installation = self.state.add_installation(account, repository_ids, granted)
        self.save()
        if not silent:
            tell_of_installation(self, "created", installation, self.state.list_repositories(installation))
        return installation

    def suspend(self, installation_id: int, *, suspended: bool = True, silent: bool = True) -> Installation:
        """Suspend an installation, or end that."""
        installation = self.state.suspend_installation(installation_id, suspended=suspended)
        self.save()
        if not silent:
            tell_of_installation(self, "suspend" if suspended else "unsuspend", installation)
        return installation

    def change_access(
        self, installation_id: int, repository_ids: Iterable[int] | None, *, silent: bool = True
    ) -> Installation:
        """Choose which repositories an installation sees; None for all of the account's."""
        before = self.state.list_repositories(self.state.get_installation(installation_id))
        installation = self.state.change_access(installation_id, repository_ids)
        after = self.state.list_repositories(installation)
        self.save()
        if not silent and not installation.suspended_at:
            tell_of_access(self, "added", installation, [r for r in after if r not in before])
            tell_of_access(self, "removed", installation, [r for r in before if r not in after])
        return installation

    def uninstall(self, installation_id: int, *, silent: bool = True) -> Installation:
        """Remove an installation; its tokens stop at once."""
        seen = self.state.list_repositories(self.state.get_installation(installation_id))
        installation = self.state.remove_installation(installation_id)
        self.save()
        if not silent:
            tell_of_installation(self, "deleted", installation, seen)
        return installation

    def announce_push(self, repository_id: int, before: Mapping[str, str]) -> tuple[Delivery, ...]:
        """Deliver what follows from a push that left refs other than `before`."""
        return accept_push(self, repository_id, before)

    def describe(self) -> dict[str, Any]:
        """Return accounts of what is hosted, in GitHub's JSON."""
        with self.state.lock:
            return {
                "repositories": [self.writer.repository(r) for r in self.state.repositories.values()],
                "installations": [self.writer.installation(i) for i in self.state.installations.values()],
                "pulls": [write_pull(self, pull) for pull in self.state.pulls.values()],
            }

    def _forget_pulls(self, repository_id: int) -> None:
        with self.state.lock:
            for pull in tuple(self.state.pulls.values()):
                if pull.base.repository_id == repository_id:
                    del self.state.pulls[pull.id]
                elif pull.head.repository_id == repository_id:
                    self.state.put_pull(replace(pull, head=replace(pull.head, repository_id=None)))
