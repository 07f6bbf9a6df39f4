"""Healing: what GitHub tried to deliver and could not is asked for once more."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.identifiers import DeliveryId
from domain.ports.forge import HookDelivery
from jobs.acting import DeliveryPorts

WINDOW: Final = timedelta(days=3)
"""How long GitHub keeps what it tried to deliver."""
_OVERLAP: Final = timedelta(minutes=10)
"""How much is read again: attempts appear in GitHub's list some time after they were made."""
_log = structlog.get_logger(__name__)


@dataclass
class Healer:
    """Asks for the redelivery of what never arrived; remembers how far back everything has arrived.

    Attributes:
        whole_until: everything delivered before has arrived; None before the first look.
    """

    ports: DeliveryPorts
    whole_until: datetime | None = field(default=None)

    def redeliver_failed(self) -> int:
        """Ask once for each delivery that never succeeded and never arrived; return how many there were."""
        now = self.ports.clock.now()
        since = max(now - WINDOW, self.whole_until or now - WINDOW)
        missing = self._list_missing(since)
        for attempt in missing:
            self.ports.forge.redeliver(attempt.id)
        if missing:
            _log.info("redelivery_asked", deliveries=len(missing))
        self.whole_until = min([now - _OVERLAP, *(attempt.delivered_at for attempt in missing)])
        return len(missing)

    def _list_missing(self, since: datetime) -> list[HookDelivery]:
        """Return of each delivery that is missing the newest attempt."""
        newest: dict[DeliveryId, HookDelivery] = {}
        arrived: set[DeliveryId] = set()
        for attempt in self.ports.forge.list_hook_deliveries(since):
            newest.setdefault(attempt.delivery_id, attempt)
            if attempt.succeeded:
                arrived.add(attempt.delivery_id)
        failed = [delivery_id for delivery_id in newest if delivery_id not in arrived]
        with self.ports.store.transaction() as work:
            unknown = work.deliveries.find_unknown(failed)
        return [newest[delivery_id] for delivery_id in failed if delivery_id in unknown]
