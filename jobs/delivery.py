"""The delivery job: what a webhook call means, what is decided about it, and what follows."""

from contextlib import suppress
from typing import Final

from domain.decisions import Ignore
from domain.errors import InvalidInput, NotFound, ServiceError
from domain.identifiers import DeliveryId
from domain.ports.forge import Forge
from domain.ports.jobs import Clock
from domain.ports.store import Store
from domain.reasons import Reason
from domain.records import StoredDelivery
from jobs.acting import Act, DeliveryPorts, record
from jobs.preparing import prepare
from jobs.sweeping import is_sweep, read_event

_SETTLED: Final = frozenset({"done", "failed"})
_MOST_AT_ONCE: Final = 100

INTERNAL_ERROR: Final = (
    "Pushwright failed in a way it should not have. Whoever operates it finds the cause in its log; "
    "replay the delivery when it is mended."
)


class DeliveryJob:
    """Takes one delivery from `received` to `done` (with its decisions) or `failed` (with a sentence)."""

    def __init__(self, store: Store, forge: Forge, clock: Clock) -> None:
        self._ports = DeliveryPorts(store, forge, clock)

    def run(self, delivery_id: DeliveryId) -> None:
        """Decide about the delivery and act, then about those of the same subject that wait behind it.

        Nothing happens to a delivery that is decided already.

        Raises:
            TemporarilyUnavailable: GitHub or the database did not answer; run it again later.
        """
        subject = self._decide(delivery_id)
        # Each of those has a job too, but between jobs that wait for one lock the queue pauses.
        with suppress(ServiceError):
            for _ in range(_MOST_AT_ONCE):
                following = self._find_undecided(subject)
                if following is None:
                    return
                self._decide(following)

    def give_up(self, delivery_id: DeliveryId) -> None:
        """Record that the delivery failed by a fault of ours, unless it is decided already."""
        with self._ports.store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery_id).status not in _SETTLED:
                work.deliveries.fail(delivery_id, INTERNAL_ERROR)

    def _decide(self, delivery_id: DeliveryId) -> str:
        """Decide about one delivery and return what it is about."""
        delivery, is_settled = self._begin(delivery_id)
        if not is_settled:
            self._settle(delivery_id, self._prepare(delivery))
        return delivery.subject

    def _find_undecided(self, subject: str) -> DeliveryId | None:
        with self._ports.store.transaction() as work:
            return work.deliveries.find_undecided(subject)

    def _begin(self, delivery_id: DeliveryId) -> tuple[StoredDelivery, bool]:
        with self._ports.store.transaction() as work:
            delivery = work.deliveries.lock_for_decision(delivery_id)
            is_settled = delivery.status in _SETTLED
            if not is_settled:
                work.deliveries.begin(delivery_id)
        return delivery, is_settled

    def _prepare(self, delivery: StoredDelivery) -> Act:
        """Ask GitHub what has to be known; every answer, a refusal too, ends in a decision."""
        try:
            if is_sweep(delivery):
                return prepare(self._ports, read_event(delivery.body))
            return prepare(self._ports, self._ports.forge.translate(delivery.event_name, delivery.body))
        except InvalidInput as error:
            return record(Ignore(Reason.PAYLOAD_INVALID, detail=error.sentence))
        except NotFound as error:
            return record(Ignore(Reason.ACCESS_LOST, detail=error.sentence))

    def _settle(self, delivery_id: DeliveryId, act: Act) -> None:
        """One transaction decides, acts and records."""
        with self._ports.store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery_id).status not in _SETTLED:
                work.deliveries.finish(delivery_id, act(work))
