"""Installations of the App, and the repositories each of them sees."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.events import Account
from domain.identifiers import InstallationId, RepositoryId
from domain.records import StoredInstallation, StoredRepository
from domain.source import FullName, Repository


class Installations(Protocol):
    """What GitHub said last of installations and repositories; nothing is ever removed."""

    def remember(self, installation_id: InstallationId, account: Account) -> None:
        """Keep whose installation it is; one that was deleted is there again."""

    def suspend(self, installation_id: InstallationId, at: datetime | None) -> None:
        """Mark it as suspended since `at`, as not suspended for None."""

    def delete(self, installation_id: InstallationId, at: datetime) -> None:
        """Mark it as uninstalled; the repositories it saw are not accessible any more."""

    def get(self, installation_id: InstallationId) -> StoredInstallation:
        """Return it, or raise `NotFound` (`installation_not_found`)."""

    def list_all(self) -> tuple[StoredInstallation, ...]:
        """Return those that are not deleted, by account."""

    def remember_repository(self, installation_id: InstallationId, repository: Repository) -> None:
        """Keep what GitHub said last of the repository: its names, and the installation that sees it."""

    def replace_repositories(self, installation_id: InstallationId, repositories: Sequence[Repository]) -> None:
        """Keep that the installation sees exactly these; others that it saw are not accessible any more."""

    def grant(
        self, installation_id: InstallationId, repository_ids: Sequence[RepositoryId]
    ) -> tuple[RepositoryId, ...]:
        """Keep that the installation sees these repositories, and return those of them that are known here."""

    def revoke(self, installation_id: InstallationId, repository_ids: Sequence[RepositoryId]) -> None:
        """Keep that it does not see them any more, unless another installation took them over meanwhile."""

    def lose_repository(self, repository_id: RepositoryId) -> None:
        """Keep that the repository was deleted, or went where the App is not installed."""

    def archive_repository(self, repository_id: RepositoryId, *, archived: bool) -> None:
        """Keep whether the repository is archived on GitHub."""

    def find_repository(self, name: FullName) -> StoredRepository | None:
        """Return the accessible repository that is called so, ignoring case; None when there is none."""

    def list_connected(self, installation_id: InstallationId) -> tuple[StoredRepository, ...]:
        """Return the repositories of the installation that projects are connected to, by id, accessible or not."""

    def search_repositories(
        self, installation_id: InstallationId, text: str, *, limit: int, offset: int = 0
    ) -> tuple[StoredRepository, ...]:
        """Return accessible repositories whose full name contains `text`, ignoring case, by name."""

    def count_repositories(self, installation_id: InstallationId) -> int:
        """Return how many repositories the installation sees, as far as we know."""

    def reserve_writes(self, installation_id: InstallationId, count: int, now: datetime) -> datetime | None:
        """Take `count` of the requests GitHub lets an installation write: 80 a minute, 500 an hour.

        Returns None when they are granted, otherwise the moment when to ask again; nothing is taken then.
        """

    def block_writes(self, installation_id: InstallationId, until: datetime) -> None:
        """Grant no writes before `until`: GitHub said so."""
