"""Pull requests as they were when they were decided about last, and our comments on them."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, func, lateral, select, true
from sqlalchemy.dialects import postgresql

from domain.identifiers import RepositoryId
from domain.ports.jobs import Job
from domain.pull_requests import PullRequest
from domain.records import PreviewReport, SeenPullRequest
from store.connections import CONNECTED, IS_ACTIVE
from store.outbox import queue_comment
from store.rows import storable
from store.tables import comments, connections, deployments, environments, projects, pull_requests


class PostgresPullRequests:
    """The `PullRequests` of one transaction."""

    def __init__(self, connection: Connection, defer: Callable[[Job], None]) -> None:
        self._connection = connection
        self._defer = defer

    def remember(self, repository_id: RepositoryId, pull_request: PullRequest) -> None:
        """Keep what it is like."""
        facts = {
            "head_repository_id": pull_request.head_repository_id,
            "head_branch": storable(pull_request.head_branch),
            "head_sha": pull_request.head.sha,
            "draft": pull_request.draft,
            "is_open": pull_request.is_open,
            "seen_at": func.now(),
        }
        statement = postgresql.insert(pull_requests).values(
            repository_id=repository_id, number=pull_request.number, **facts
        )
        key = [pull_requests.c.repository_id, pull_requests.c.number]
        self._connection.execute(statement.on_conflict_do_update(index_elements=key, set_=facts))

    def list_open(self, repository_id: RepositoryId) -> tuple[SeenPullRequest, ...]:
        """Return those of the repository that were open when they were seen last, by number."""
        columns = (pull_requests.c[name] for name in ("number", "head_sha", "draft", "is_open"))
        query = select(*columns).where(pull_requests.c.repository_id == repository_id, pull_requests.c.is_open)
        rows = self._connection.execute(query.order_by(pull_requests.c.number)).mappings()
        return tuple(SeenPullRequest(**row) for row in rows)

    def list_repositories(self) -> tuple[RepositoryId, ...]:
        """Return the repositories of active connections whose projects have previews switched on."""
        query = (
            select(connections.c.repository_id)
            .distinct()
            .select_from(CONNECTED.join(projects, projects.c.id == connections.c.project_id))
            .where(IS_ACTIVE, projects.c.previews)
            .order_by(connections.c.repository_id)
        )
        return tuple(self._connection.execute(query).scalars())

    def list_previews(self, repository_id: RepositoryId, number: int) -> tuple[PreviewReport, ...]:
        """Return the previews of the pull request that have a deployment made for it, by project."""
        made_for_it = exists().where(
            deployments.c.environment_id == environments.c.id,
            deployments.c.pull_request_repository_id == repository_id,
            deployments.c.pull_request_number == number,
        )
        query = (
            select(
                projects.c.slug.label("project_slug"),
                environments.c.slug.label("environment_slug"),
                _NEWEST.c.id.label("deployment_id"),
                environments.c.archived_at.is_not(None).label("archived"),
            )
            .select_from(
                connections.join(projects, projects.c.id == connections.c.project_id)
                .join(environments, environments.c.project_id == projects.c.id)
                .join(_NEWEST, true())
            )
            .where(connections.c.repository_id == repository_id, environments.c.branch.is_not(None), made_for_it)
            .order_by(projects.c.slug, environments.c.slug)
        )
        return tuple(PreviewReport(**row) for row in self._connection.execute(query).mappings())

    def find_comment(self, repository_id: RepositoryId, number: int) -> int | None:
        """Return the id of our comment on it, None when we know of none."""
        query = select(comments.c.comment_id).where(_is_of(repository_id, number))
        return self._connection.execute(query).scalar_one_or_none()

    def keep_comment(self, repository_id: RepositoryId, number: int, comment_id: int, text_hash: str) -> None:
        """Keep the id of our comment and a hash of what it says."""
        facts = {"comment_id": comment_id, "text_hash": text_hash, "updated_at": func.now()}
        statement = postgresql.insert(comments).values(repository_id=repository_id, number=number, **facts)
        key = [comments.c.repository_id, comments.c.number]
        self._connection.execute(statement.on_conflict_do_update(index_elements=key, set_=facts))

    def read_comment_hash(self, repository_id: RepositoryId, number: int) -> str:
        """Return the hash kept with the comment, empty when there is none."""
        query = select(comments.c.text_hash).where(_is_of(repository_id, number))
        return self._connection.execute(query).scalar_one_or_none() or ""

    def queue_comment(self, repository_id: RepositoryId, number: int) -> None:
        """Ask for the job that brings the comment up to date."""
        queue_comment(self._defer, repository_id, number)


_NEWEST: Final = lateral(
    select(deployments.c.id)
    .where(deployments.c.environment_id == environments.c.id)
    .order_by(deployments.c.sequence.desc())
    .limit(1)
    .correlate(environments)
)


def _is_of(repository_id: RepositoryId, number: int) -> ColumnElement[bool]:
    return (comments.c.repository_id == repository_id) & (comments.c.number == number)
