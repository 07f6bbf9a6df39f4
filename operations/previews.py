"""Previews: what people do about them by hand."""

from datetime import datetime
from typing import Final

from domain.environments import Environment
from domain.identifiers import DeploymentId
from domain.ports.store import Store, UnitOfWork

_BY_HAND: Final = "The preview was archived by hand."


def list_previews(store: Store, *, slug: str, archived: bool = False) -> tuple[Environment, ...]:
    """Return the project's previews, newest activity first; the archived ones too when asked for."""
    with store.transaction() as work:
        return work.previews.list_all(work.projects.get_by_slug(slug).id, archived=archived)


def archive_preview(store: Store, *, slug: str, preview: str, now: datetime) -> tuple[DeploymentId, ...]:
    """Archive the preview of this name or branch and end what runs for it; return what was canceled.

    A push to its pull request brings it back.

    Raises:
        NotFound: `project_not_found`, `preview_not_found`.
    """
    with store.transaction() as work:
        environment = _get(work, slug, preview)
        canceled = work.previews.archive(environment.id, _BY_HAND, now)
        _queue_comment(work, environment)
    return canceled


def keep_preview(store: Store, *, slug: str, preview: str, keep: bool) -> Environment:
    """Let the preview stay although nothing happens in it, or not, and return it.

    Raises:
        NotFound: `project_not_found`, `preview_not_found`.
    """
    with store.transaction() as work:
        environment = _get(work, slug, preview)
        work.previews.keep(environment.id, keep=keep)
    return environment


def _get(work: UnitOfWork, slug: str, preview: str) -> Environment:
    return work.previews.get_by_slug(work.projects.get_by_slug(slug).id, preview)


def _queue_comment(work: UnitOfWork, environment: Environment) -> None:
    """Let our comment on the preview's pull request say that it is archived."""
    newest = work.deployments.find_newest(environment.id)
    connection = work.projects.find_connection(environment.project_id)
    if newest is not None and newest.pull_request is not None and connection is not None:
        work.pull_requests.queue_comment(connection.address.repository_id, newest.pull_request.number)
