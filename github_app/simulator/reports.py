"""What the simulator was told: check runs, statuses, deployments and comments, as the API shows them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from github_app.simulator.refusals import not_found
from github_app.simulator.state import HostedRepository


class ReportKind(StrEnum):
    """What was told."""

    CHECK_RUN = "check_runs"
    STATUS = "statuses"
    DEPLOYMENT = "deployments"
    DEPLOYMENT_STATUS = "deployment_statuses"
    COMMENT = "comments"


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that was told of a repository; `content` is its JSON."""

    id: int
    repository: HostedRepository
    content: Mapping[str, Any]


class Reports:
    """Everything that was told, by kind, in order."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kinds: dict[ReportKind, dict[int, Report]] = {kind: {} for kind in ReportKind}

    def put(self, kind: ReportKind, repository: HostedRepository, content: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a new report, or the new form of a known one (by its `id`)."""
        with self._lock:
            self._kinds[kind][content["id"]] = Report(content["id"], repository, content)
        return dict(content)

    def get(self, kind: ReportKind, repository: HostedRepository, report_id: int) -> dict[str, Any]:
        """Return the report, or raise `Refused` (404)."""
        with self._lock:
            report = self._kinds[kind].get(report_id)
        if report is None or report.repository.id != repository.id:
            raise not_found()
        return dict(report.content)

    def find(self, kind: ReportKind, report_id: int) -> Report | None:
        """Return the report of any repository."""
        with self._lock:
            return self._kinds[kind].get(report_id)

    def list_reports(self, kind: ReportKind, repository: HostedRepository | None = None) -> tuple[Report, ...]:
        """Return what was told, oldest first, of one repository or of all."""
        with self._lock:
            reports = tuple(self._kinds[kind].values())
        return tuple(r for r in reports if repository is None or r.repository.id == repository.id)
