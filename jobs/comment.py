"""The comment job: our one comment on a pull request says what its previews are like now."""

import hashlib
from typing import Final

import structlog

from domain.errors import NotFound
from domain.identifiers import RepositoryId
from domain.ports.forge import DeploymentReport, Forge, PullRequestComment
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
from jobs.report import read_report
from jobs.writing import heeding_limits, reserve_writes

_WRITES: Final = 1
_log = structlog.get_logger(__name__)


class CommentJob:
    """Brings the comment on one pull request up to date."""

    def __init__(self, store: Store, forge: Forge, clock: Clock) -> None:
        self._store = store
        self._forge = forge
        self._clock = clock

    def run(self, key: str) -> None:
        """Write the comment; nothing happens when it would say what it says already.

        Args:
            key: `REPOSITORY_ID:NUMBER`.

        Raises:
            TemporarilyUnavailable: run it again later.
        """
        repository_id, _, number = key.partition(":")
        repository, pull_request = RepositoryId(int(repository_id)), int(number)
        with self._store.transaction() as work:
            comment = _read_comment(work, repository, pull_request)
            if comment is None or work.pull_requests.read_comment_hash(repository, pull_request) == _hash(comment):
                return
            reserve_writes(work, self._clock, comment.address.installation_id, _WRITES)
        try:
            with heeding_limits(self._store, self._clock, comment.address.installation_id):
                comment_id = self._forge.write_comment(comment)
        except NotFound as error:
            _log.warning("comment_refused", pull_request=key, code=error.code)
            return
        with self._store.transaction() as work:
            work.pull_requests.keep_comment(repository, pull_request, comment_id, _hash(comment))


def _read_comment(work: UnitOfWork, repository_id: RepositoryId, number: int) -> PullRequestComment | None:
    previews = work.pull_requests.list_previews(repository_id, number)
    found = (read_report(work, preview.deployment_id) for preview in previews)
    reports = tuple(report for report in found if report is not None)
    if not reports:
        return None
    comment_id = work.pull_requests.find_comment(repository_id, number)
    return PullRequestComment(reports[0].address, number, reports, comment_id)


def _hash(comment: PullRequestComment) -> str:
    """Return a hash of everything the comment could say."""
    said = [_said(report) for report in comment.reports]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _said(report: DeploymentReport) -> tuple[object, ...]:
    deployment, preview = report.deployment, report.environment.preview
    return (
        report.project_slug,
        report.environment.slug,
        deployment.id,
        deployment.status.value,
        deployment.held,
        deployment.image,
        deployment.failure,
        report.is_current,
        report.task_ids,
        report.details_url,
        preview is not None and preview.archived_at is not None,
    )
