"""The delivery job: what a webhook call means, what is decided about it, and what follows."""

from contextlib import suppress
from typing import Final

from domain.decisions import Ignore
from domain.errors import InvalidInput, NotFound, ServiceError
from domain.identifiers import DeliveryId
from domain.ports.forge import Forge
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
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
        with self._ports.store.transaction() as work:
            delivery, is_settled = _begin(work, delivery_id)
            following = _begin_following(work, delivery.subject) if is_settled else None
        if not is_settled:
            following = self._decide(delivery)
        # Each of those has a job too, but between jobs that wait for one lock the queue pauses.
        with suppress(ServiceError):
            for _ in range(_MOST_AT_ONCE):
                if following is None:
                    return
                following = self._decide(following)

    def give_up(self, delivery_id: DeliveryId) -> None:
        """Record that the delivery failed by a fault of ours, unless it is decided already."""
        with self._ports.store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery_id).status not in _SETTLED:
                work.deliveries.fail(delivery_id, INTERNAL_ERROR)

    def _decide(self, delivery: StoredDelivery) -> StoredDelivery | None:
        """Decide about a delivery that was begun, and return the next one about the same subject.

        One commit ends with the one and begins with the other.
        """
        act = self._prepare(delivery)
        with self._ports.store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery.id).status not in _SETTLED:
                work.deliveries.finish(delivery.id, act(work))
            return _begin_following(work, delivery.subject)

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


def _begin(work: UnitOfWork, delivery_id: DeliveryId) -> tuple[StoredDelivery, bool]:
    """Begin with the delivery, and return it and whether it is decided already."""
    delivery = work.deliveries.lock_for_decision(delivery_id)
    is_settled = delivery.status in _SETTLED
    if not is_settled:
        work.deliveries.begin(delivery_id)
    return delivery, is_settled


def _begin_following(work: UnitOfWork, subject: str) -> StoredDelivery | None:
    """Begin with what has waited longest about the subject; None when nothing waits."""
    waiting = work.deliveries.find_undecided(subject)
    if waiting is None:
        return None
    # Whoever decided about it since it was found goes on from there.
    delivery, is_settled = _begin(work, waiting)
    return None if is_settled else delivery
