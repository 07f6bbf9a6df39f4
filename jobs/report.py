"""The report job: GitHub is told what the row says now.

The outbox says that something changed; the row says what is true. Several changes that wait together become one
request, and what GitHub shows last is always the deployment's real status.
"""

import structlog

from domain.errors import NotFound
from domain.identifiers import DeploymentId
from domain.ports.forge import DeploymentReport, Forge
from domain.ports.store import Store

_log = structlog.get_logger(__name__)


class ReportJob:
    """Tells GitHub about one deployment, as often as its outbox asks for it."""

    def __init__(self, store: Store, forge: Forge) -> None:
        self._store = store
        self._forge = forge

    def run(self, deployment_id: DeploymentId) -> None:
        """Send what was not sent yet; nothing happens when an earlier job did so already.

        Raises:
            TemporarilyUnavailable: run it again later.
        """
        with self._store.transaction() as work:
            pending = work.deployments.list_unreported(deployment_id)
        if not pending:
            return
        report = self._read_report(deployment_id)
        if report is None:
            _log.info("report_skipped", deployment_id=deployment_id, reason="project_not_connected")
            return
        begun_before = any(row.attempts > 0 for row in pending)
        try:
            check_run_id = self._forge.report(
                report, look_for_existing=begun_before and report.deployment.check_run_id is None
            )
        except NotFound as error:
            # Without access there is nobody to tell; the rows stay in the outbox as the record of it.
            _log.warning("report_refused", deployment_id=deployment_id, code=error.code)
            return
        with self._store.transaction() as work:
            work.deployments.mark_reported(deployment_id, report.deployment.status, check_run_id)

    def _read_report(self, deployment_id: DeploymentId) -> DeploymentReport | None:
        with self._store.transaction() as work:
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
            )
