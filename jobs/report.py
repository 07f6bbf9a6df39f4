"""The report job: GitHub is told what the row says now.

The outbox says that something changed; the row says what is true. Several changes that wait together become one
request, and what GitHub shows last is always the deployment's real status.
"""

from typing import Final

import structlog

from domain.errors import NotFound
from domain.identifiers import DeploymentId
from domain.ports.forge import DeploymentReport, Forge
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
from jobs.writing import heeding_limits, reserve_writes

_FIRST_WRITES: Final = 3
"""The check run, GitHub's deployment, and that one's status."""
_LATER_WRITES: Final = 2
_log = structlog.get_logger(__name__)


class ReportJob:
    """Tells GitHub about one deployment, as often as its outbox asks for it."""

    def __init__(self, store: Store, forge: Forge, clock: Clock) -> None:
        self._store = store
        self._forge = forge
        self._clock = clock

    def run(self, deployment_id: DeploymentId) -> None:
        """Send what was not sent yet; nothing happens when an earlier job did so already.

        Raises:
            TemporarilyUnavailable: run it again later.
        """
        with self._store.transaction() as work:
            pending = work.deployments.list_unreported(deployment_id)
            report = read_report(work, deployment_id) if pending else None
            if report is not None:
                # Without a grant the transaction is undone: an attempt that was not begun does not count.
                begun = report.deployment.on_github.deployment_id is not None
                writes = _LATER_WRITES if begun else _FIRST_WRITES
                reserve_writes(work, self._clock, report.address.installation_id, writes)
        if report is None:
            _log.debug("report_skipped", deployment_id=deployment_id, pending=len(pending))
            return
        self._tell(report, begun_before=any(row.attempts > 0 for row in pending))

    def _tell(self, report: DeploymentReport, *, begun_before: bool) -> None:
        deployment = report.deployment
        look = begun_before and deployment.on_github.check_run_id is None
        try:
            with heeding_limits(self._store, self._clock, report.address.installation_id):
                traces = self._forge.report(report, look_for_existing=look)
        except NotFound as error:
            # Without access there is nobody to tell; the rows stay in the outbox as the record of it.
            _log.warning("report_refused", deployment_id=deployment.id, code=error.code)
            return
        with self._store.transaction() as work:
            work.deployments.mark_reported(deployment.id, deployment.status, traces)


def read_report(work: UnitOfWork, deployment_id: DeploymentId) -> DeploymentReport | None:
    """Return what there is to tell of the deployment, None when its project has no repository any more."""
    deployment = work.deployments.get(deployment_id)
    connection = work.projects.find_connection(deployment.project_id)
    if connection is None:
        return None
    return DeploymentReport(
        address=connection.address,
        deployment=deployment,
        project_slug=work.projects.get(deployment.project_id).slug,
        environment=work.projects.get_environment(deployment.environment_id),
        details_url="",
        task_ids=work.deployments.list_task_ids(deployment_id),
        is_current=work.deployments.is_current(deployment_id),
    )
