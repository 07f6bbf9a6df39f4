"""Installations of the App: whose each is, what it sees, and what may still be written through it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql

from domain.errors import NotFound
from domain.events import Account
from domain.identifiers import InstallationId, RepositoryId
from domain.records import StoredInstallation, StoredRepository
from domain.source import FullName, Repository
from store import repositories as seen
from store import write_budget
from store.rows import installation_of
from store.tables import installations, repositories


class PostgresInstallations:
    """The `Installations` of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remember(self, installation_id: InstallationId, account: Account) -> None:
        """Keep whose installation it is; one that was deleted is there again."""
        self._change(
            installation_id,
            account_id=account.id,
            account_login=account.login,
            account_kind=account.kind,
            deleted_at=None,
        )

    def suspend(self, installation_id: InstallationId, at: datetime | None) -> None:
        """Mark it as suspended since `at`, as not suspended for None."""
        self._change(installation_id, suspended_at=at)

    def delete(self, installation_id: InstallationId, at: datetime) -> None:
        """Mark it as uninstalled; the repositories it saw are not accessible any more."""
        self._change(installation_id, deleted_at=at)
        seen.hide_others(self._connection, installation_id, ())

    def get(self, installation_id: InstallationId) -> StoredInstallation:
        """Return it, or raise `NotFound` (`installation_not_found`)."""
        query = select(installations).where(installations.c.id == installation_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound(
                "installation_not_found",
                f"There is no installation {installation_id}: install the GitHub App, or redeliver what GitHub sent.",
            )
        return installation_of(row)

    def list_all(self) -> tuple[StoredInstallation, ...]:
        """Return those that are not deleted, by account."""
        query = select(installations).where(installations.c.deleted_at.is_(None))
        rows = self._connection.execute(query.order_by(installations.c.account_login, installations.c.id)).mappings()
        return tuple(installation_of(row) for row in rows)

    def remember_repository(self, installation_id: InstallationId, repository: Repository) -> None:
        """Keep what GitHub said last of the repository: its names, and the installation that sees it."""
        seen.remember_repositories(self._connection, installation_id, (repository,))

    def replace_repositories(self, installation_id: InstallationId, repositories: Sequence[Repository]) -> None:
        """Keep that the installation sees exactly these; others that it saw are not accessible any more."""
        seen.remember_repositories(self._connection, installation_id, repositories)
        seen.hide_others(self._connection, installation_id, [repository.id for repository in repositories])

    def grant(
        self, installation_id: InstallationId, repository_ids: Sequence[RepositoryId]
    ) -> tuple[RepositoryId, ...]:
        """Keep that the installation sees these repositories, and return those of them that are known here."""
        seen.remember_installation(self._connection, installation_id)
        statement = update(repositories).where(repositories.c.id.in_(repository_ids))
        granted = statement.values(installation_id=installation_id, accessible=True).returning(repositories.c.id)
        return tuple(sorted(self._connection.execute(granted).scalars()))

    def revoke(self, installation_id: InstallationId, repository_ids: Sequence[RepositoryId]) -> None:
        """Keep that it does not see them any more, unless another installation took them over meanwhile."""
        of_installation = repositories.c.installation_id == installation_id
        statement = update(repositories).where(of_installation, repositories.c.id.in_(repository_ids))
        self._connection.execute(statement.values(accessible=False))

    def lose_repository(self, repository_id: RepositoryId) -> None:
        """Keep that the repository was deleted, or went where the App is not installed."""
        seen.change_repository(self._connection, repository_id, accessible=False)

    def archive_repository(self, repository_id: RepositoryId, *, archived: bool) -> None:
        """Keep whether the repository is archived on GitHub."""
        seen.change_repository(self._connection, repository_id, archived=archived)

    def find_repository(self, name: FullName) -> StoredRepository | None:
        """Return the accessible repository that is called so, ignoring case; None when there is none."""
        return seen.find_repository(self._connection, name)

    def list_connected(self, installation_id: InstallationId) -> tuple[StoredRepository, ...]:
        """Return the repositories of the installation that projects are connected to, by id, accessible or not."""
        return seen.list_connected(self._connection, installation_id)

    def search_repositories(
        self, installation_id: InstallationId, text: str, *, limit: int, offset: int = 0
    ) -> tuple[StoredRepository, ...]:
        """Return accessible repositories whose full name contains `text`, ignoring case, by name."""
        return seen.search_repositories(self._connection, installation_id, text, limit=limit, offset=offset)

    def count_repositories(self, installation_id: InstallationId) -> int:
        """Return how many repositories the installation sees, as far as we know."""
        return seen.count_repositories(self._connection, installation_id)

    def reserve_writes(self, installation_id: InstallationId, count: int, now: datetime) -> datetime | None:
        """Take `count` of the requests GitHub lets an installation write: 80 a minute, 500 an hour.

        Returns None when they are granted, otherwise the moment when to ask again; nothing is taken then.
        """
        return write_budget.reserve_writes(self._connection, installation_id, count, now)

    def block_writes(self, installation_id: InstallationId, until: datetime) -> None:
        """Grant no writes before `until`: GitHub said so."""
        write_budget.block_writes(self._connection, installation_id, until)

    def _change(self, installation_id: InstallationId, **values: object) -> None:
        statement = postgresql.insert(installations).values(id=installation_id, **values)
        on_id = statement.on_conflict_do_update(index_elements=[installations.c.id], set_=values)
        self._connection.execute(on_id)
