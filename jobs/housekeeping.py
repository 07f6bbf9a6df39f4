"""Housekeeping: what is done from time to time so that nothing is lost and nothing is left lying."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from domain.errors import OperatorError
from jobs.acting import DeliveryPorts
from jobs.healing import Healer
from jobs.reconciling import reconcile_all

REDELIVER: Final = "redeliver"
RECONCILE: Final = "reconcile"
ARCHIVE_IDLE: Final = "archive_idle"
_PATIENCE: Final = timedelta(minutes=10)
"""How long a report is left to the job that was asked for with it."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HousekeepingSettings:
    """How often each thing is done, and how long a preview may be idle.

    Attributes:
        redeliver_every: how often GitHub is asked for what could not be delivered.
        reconcile_every: how often branches, pull requests and repositories are compared with GitHub.
        archive_idle_every: how often idle previews are looked for.
        idle_after: how long nothing happens in a preview before it is archived.
    """

    redeliver_every: timedelta = timedelta(minutes=5)
    reconcile_every: timedelta = timedelta(minutes=15)
    archive_idle_every: timedelta = timedelta(hours=1)
    idle_after: timedelta = timedelta(days=14)

    def intervals(self) -> dict[str, timedelta]:
        """Return how often each of the job's keys comes."""
        return {
            REDELIVER: self.redeliver_every,
            RECONCILE: self.reconcile_every,
            ARCHIVE_IDLE: self.archive_idle_every,
        }


class HousekeepingJob:
    """Does one of the things that come again and again."""

    def __init__(self, ports: DeliveryPorts, settings: HousekeepingSettings) -> None:
        self._ports = ports
        self._healer = Healer(ports)
        self.settings = settings

    def run(self, key: str) -> None:
        """Do what the key names; what cannot be done now, as without a GitHub App, is done with its next turn."""
        try:
            self._do(key)
        except OperatorError as error:
            _log.warning("housekeeping_put_off", key=key, code=error.code)

    def _do(self, key: str) -> None:
        match key:
            case "redeliver":
                self._healer.redeliver_failed()
            case "reconcile":
                self._reconcile()
            case "archive_idle":
                self._archive_idle()
            case _:
                _log.warning("housekeeping_unknown", key=key)

    def _reconcile(self) -> None:
        found = reconcile_all(self._ports)
        with self._ports.store.transaction() as work:
            reports = work.deployments.queue_refused_reports(self._ports.clock.now() - _PATIENCE)
        _log.info("reconciled", differences=found, reports=reports)

    def _archive_idle(self) -> None:
        now = self._ports.clock.now()
        days = self.settings.idle_after.days
        with self._ports.store.transaction() as work:
            for preview in work.previews.list_idle(now - self.settings.idle_after):
                work.previews.archive(preview.id, f"Nothing happened in the preview for {days} days.", now)
                _log.info("preview_archived", environment_id=preview.id, slug=preview.slug)
