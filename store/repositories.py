"""Repositories as GitHub described them last, and which installation sees each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Connection,
    Select,
    Text,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from domain.identifiers import InstallationId, RepositoryId
from domain.records import StoredRepository
from domain.source import FullName, Repository
from store.rows import storable, stored_repository_of
from store.tables import connections, installations, projects, repositories


def remember_installation(connection: Connection, installation_id: InstallationId) -> None:
    """Make sure that the installation has a row; of one that was never heard of, no more than its number is known."""
    statement = postgresql.insert(installations).values(id=installation_id)
    connection.execute(statement.on_conflict_do_nothing(index_elements=[installations.c.id]))


def remember_repositories(connection: Connection, installation_id: InstallationId, seen: Sequence[Repository]) -> None:
    """Keep what GitHub said last of the repositories, and that the installation sees them."""
    remember_installation(connection, installation_id)
    # In one order always, so that two who do this at once do not wait for each other in a circle.
    ordered = sorted({repository.id: repository for repository in seen}.values(), key=lambda one: one.id)
    facts = (
        func.unnest(
            _array([one.id for one in ordered], BigInteger),
            _array([storable(one.full_name) for one in ordered], Text),
            _array([storable(one.default_branch) for one in ordered], Text),
            _array([one.private for one in ordered], Boolean),
        )
        .table_valued(*_FACTS, name="facts")
        .render_derived()
    )
    rows = select(*(facts.c[name] for name in _FACTS), literal(installation_id, BigInteger))
    insert = postgresql.insert(repositories).from_select([*_FACTS, "installation_id"], rows)
    changes: dict[str, Any] = {name: insert.excluded[name] for name in (*_FACTS[1:], "installation_id")}
    changes |= {"accessible": True, "seen_at": func.now()}
    connection.execute(insert.on_conflict_do_update(index_elements=[repositories.c.id], set_=changes))


def hide_others(connection: Connection, installation_id: InstallationId, seen: Sequence[RepositoryId]) -> None:
    """Keep that the installation sees no repository but these."""
    connection.execute(
        update(repositories)
        .where(
            repositories.c.installation_id == installation_id,
            repositories.c.accessible,
            repositories.c.id != func.all(_array(seen, BigInteger)),
        )
        .values(accessible=False)
    )


def change_repository(connection: Connection, repository_id: RepositoryId, **values: bool) -> None:
    """Set columns of the repository; of one that is not known nothing is kept."""
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(**values))


def find_repository(connection: Connection, name: FullName) -> StoredRepository | None:
    """Return the accessible repository that is called so, ignoring case; None when there is none.

    Of two the later seen is meant: the other was renamed or deleted, and we have not heard of it yet.
    """
    query = _SELECT.where(func.lower(repositories.c.full_name) == func.lower(storable(name)))
    row = connection.execute(query.order_by(repositories.c.seen_at.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else stored_repository_of(row)


def search_repositories(
    connection: Connection, installation_id: InstallationId, text: str, *, limit: int, offset: int
) -> tuple[StoredRepository, ...]:
    """Return accessible repositories whose full name contains `text`, ignoring case, by name."""
    query = (
        _SELECT.where(
            repositories.c.installation_id == installation_id,
            repositories.c.full_name.icontains(storable(text), autoescape=True),
        )
        .order_by(func.lower(repositories.c.full_name), repositories.c.id)
        .limit(limit)
        .offset(offset)
    )
    return tuple(stored_repository_of(row) for row in connection.execute(query).mappings())


def list_connected(connection: Connection, installation_id: InstallationId) -> tuple[StoredRepository, ...]:
    """Return the repositories of the installation that projects are connected to, by id, accessible or not."""
    query = _COLUMNS.where(
        repositories.c.installation_id == installation_id,
        exists().where(connections.c.repository_id == repositories.c.id),
    )
    return tuple(stored_repository_of(row) for row in connection.execute(query.order_by(repositories.c.id)).mappings())


def count_repositories(connection: Connection, installation_id: InstallationId) -> int:
    """Return how many repositories the installation sees, as far as we know."""
    query = select(func.count()).where(repositories.c.installation_id == installation_id, repositories.c.accessible)
    return int(connection.execute(query).scalar_one())


def _array(values: Sequence[object], kind: type[TypeEngine[Any]]) -> BindParameter[Any]:
    return literal(list(values), ARRAY(kind))


_FACTS: Final = ("id", "full_name", "default_branch", "private")
_PROJECT_SLUGS: Final = func.array(
    select(projects.c.slug)
    .join(connections, connections.c.project_id == projects.c.id)
    .where(connections.c.repository_id == repositories.c.id)
    .order_by(projects.c.slug)
    .correlate(repositories)
    .scalar_subquery(),
    type_=ARRAY(Text),
)
_COLUMNS: Final[Select[Any]] = select(
    repositories.c.id.label("repository_id"),
    *(repositories.c[name] for name in ("installation_id", "accessible", *_FACTS[1:])),
    _PROJECT_SLUGS.label("project_slugs"),
)
_SELECT: Final = _COLUMNS.join(installations, installations.c.id == repositories.c.installation_id).where(
    repositories.c.accessible, installations.c.deleted_at.is_(None)
)
