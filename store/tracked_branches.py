"""Tracked branches: which branches deploy somewhere, and where each was when it was decided about last."""

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql

from domain.identifiers import RepositoryId
from domain.records import DecidedHead, TrackedBranch
from domain.source import BranchName
from store.connections import CONNECTED, IS_ACTIVE
from store.rows import address_of, repository_of
from store.tables import branch_heads, connections, environments, repositories


def list_tracked_branches(connection: Connection) -> tuple[TrackedBranch, ...]:
    """Return every branch that an environment of an active connection tracks, each once per repository."""
    rows = connection.execute(_TRACKED).mappings()
    return tuple(
        TrackedBranch(address_of(row), repository_of(row), row["tracked_branch"], row["decided_sha"]) for row in rows
    )


def find_head(connection: Connection, repository_id: RepositoryId, branch: BranchName) -> DecidedHead | None:
    """Return where the branch was when a push to it was decided about last, None before the first."""
    query = select(branch_heads.c.sha, branch_heads.c.revisited).where(
        branch_heads.c.repository_id == repository_id, branch_heads.c.branch == branch
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else DecidedHead(row.sha, row.revisited)


def remember_head(connection: Connection, repository_id: RepositoryId, branch: BranchName, head: DecidedHead) -> None:
    """Keep that a push to the branch was decided about, and where that brought it."""
    facts = {"sha": head.sha, "revisited": head.revisited, "decided_at": func.now()}
    statement = postgresql.insert(branch_heads).values(repository_id=repository_id, branch=branch, **facts)
    key = [branch_heads.c.repository_id, branch_heads.c.branch]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=facts))


_IS_HEAD = (branch_heads.c.repository_id == repositories.c.id) & (
    branch_heads.c.branch == environments.c.tracked_branch
)
_TRACKED = (
    select(
        repositories.c.id.label("repository_id"),
        *(repositories.c[name] for name in ("installation_id", "full_name", "default_branch", "private")),
        environments.c.tracked_branch,
        branch_heads.c.sha.label("decided_sha"),
    )
    .distinct()
    .select_from(
        CONNECTED.join(environments, environments.c.project_id == connections.c.project_id).outerjoin(
            branch_heads, _IS_HEAD
        )
    )
    .where(IS_ACTIVE, environments.c.tracked_branch.is_not(None))
    .order_by(repositories.c.id, environments.c.tracked_branch)
)
