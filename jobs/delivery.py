"""The delivery job: what a webhook call means, what is decided about it, and the deployments that follow."""

from contextlib import suppress
from typing import Final

from domain.errors import InvalidInput, NotFound, ServiceError
from domain.events import NotInteresting, PushReceived
from domain.identifiers import DeliveryId, DeploymentId
from domain.ports.forge import Forge
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
from domain.records import NewDeployment, StoredDelivery
from domain.routing import Decision, Ignore, PromoteDeployment, Reason, StartDeployment
from operations.deciding import decide_push, look_up_branch_head

_SETTLED: Final = frozenset({"done", "failed"})
_MOST_AT_ONCE: Final = 100

INTERNAL_ERROR: Final = (
    "Pushwright failed in a way it should not have. Whoever operates it finds the cause in its log; "
    "replay the delivery when it is mended."
)
_Outcome = tuple[Decision, DeploymentId | None]


class DeliveryJob:
    """Takes one delivery from `received` to `done` (with its decisions) or `failed` (with a sentence)."""

    def __init__(self, store: Store, forge: Forge, clock: Clock) -> None:
        self._store = store
        self._forge = forge
        self._clock = clock

    def run(self, delivery_id: DeliveryId) -> None:
        """Decide about the delivery and act, then about those of the same subject that wait behind it.

        Nothing happens to a delivery that is decided already.

        Raises:
            TemporarilyUnavailable: GitHub or the database did not answer; run it again later.
        """
        subject = self._decide_one(delivery_id)
        # Each of those has a job too, but between jobs that wait for one lock the queue pauses.
        with suppress(ServiceError):
            for _ in range(_MOST_AT_ONCE):
                following = self._find_undecided(subject)
                if following is None:
                    return
                self._decide_one(following)

    def _decide_one(self, delivery_id: DeliveryId) -> str:
        delivery, is_settled = self._begin(delivery_id)
        if not is_settled:
            self._decide(delivery)
        return delivery.subject

    def _find_undecided(self, subject: str) -> DeliveryId | None:
        with self._store.transaction() as work:
            return work.deliveries.find_undecided(subject)

    def _decide(self, delivery: StoredDelivery) -> None:
        try:
            event = self._forge.translate(delivery.event_name, delivery.body)
        except InvalidInput as error:
            self._finish(delivery.id, (Ignore(Reason.PAYLOAD_INVALID, detail=error.sentence),))
            return
        match event:
            case NotInteresting():
                self._finish(delivery.id, (Ignore(Reason.UNKNOWN_EVENT, detail=event.reason),))
            case PushReceived():
                self._decide_push(delivery.id, event)

    def give_up(self, delivery_id: DeliveryId) -> None:
        """Record that the delivery failed by a fault of ours, unless it is decided already."""
        with self._store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery_id).status not in _SETTLED:
                work.deliveries.fail(delivery_id, INTERNAL_ERROR)

    def _begin(self, delivery_id: DeliveryId) -> tuple[StoredDelivery, bool]:
        with self._store.transaction() as work:
            delivery = work.deliveries.lock_for_decision(delivery_id)
            is_settled = delivery.status in _SETTLED
            if not is_settled:
                work.deliveries.begin(delivery_id)
        return delivery, is_settled

    def _decide_push(self, delivery_id: DeliveryId, event: PushReceived) -> None:
        try:
            head = look_up_branch_head(self._store, self._forge, event)
        except NotFound as error:
            self._fail(delivery_id, error.sentence)
            return
        with self._store.transaction() as work:
            if work.deliveries.lock_for_decision(delivery_id).status in _SETTLED:
                return
            decisions = decide_push(work, event, head)
            if any(decision.project_id for decision in decisions):
                # A re-installed App has another installation id; the newest delivery knows it, and the newest names.
                work.projects.remember_repository(event.address.installation_id, event.repository)
            outcomes = [self._act(work, event, decision) for decision in decisions]
            work.deliveries.finish(delivery_id, outcomes)

    def _act(self, work: UnitOfWork, event: PushReceived, decision: Decision) -> _Outcome:
        match decision:
            case StartDeployment():
                return self._start(work, event, decision)
            case PromoteDeployment():
                work.deployments.promote_again(decision.deployment_id, self._clock.now())
                return decision, decision.deployment_id
            case Ignore():
                return decision, None

    def _start(self, work: UnitOfWork, event: PushReceived, decision: StartDeployment) -> _Outcome:
        wanted = NewDeployment(
            project_id=decision.project_id,
            environment_id=decision.environment_id,
            commit=decision.commit,
            ref=event.ref,
            before=event.before,
            triggered_by=event.pusher.login,
        )
        deployment = work.deployments.create(wanted, self._clock.now())
        if deployment is None:
            return Ignore(Reason.ALREADY_IN_PROGRESS, decision.project_id, decision.environment_id), None
        return decision, deployment.id

    def _finish(self, delivery_id: DeliveryId, decisions: tuple[Decision, ...]) -> None:
        with self._store.transaction() as work:
            work.deliveries.finish(delivery_id, [(decision, None) for decision in decisions])

    def _fail(self, delivery_id: DeliveryId, sentence: str) -> None:
        with self._store.transaction() as work:
            work.deliveries.fail(delivery_id, sentence)
