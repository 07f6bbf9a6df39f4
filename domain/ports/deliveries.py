"""Webhook calls and what was decided about each."""

from collections.abc import Sequence
from typing import Protocol

from domain.decisions import Decision
from domain.identifiers import DeliveryId, DeploymentId
from domain.records import DeliveryRecord, NewDelivery, StoredDelivery


class Deliveries(Protocol):
    """Webhook calls and what was decided about each."""

    def add(self, delivery: NewDelivery) -> bool:
        """Store it and ask for its job; False when this id is here already (then nothing happens)."""

    def get(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it, or raise `NotFound` (`delivery_not_found`)."""

    def lock_for_decision(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it with its row locked until the transaction ends."""

    def find_undecided(self, subject: str) -> DeliveryId | None:
        """Return the delivery about `subject` that has waited longest, None when all are decided."""

    def begin(self, delivery_id: DeliveryId) -> None:
        """Mark it as being processed."""

    def finish(self, delivery_id: DeliveryId, decisions: Sequence[tuple[Decision, DeploymentId | None]]) -> None:
        """Record its decisions, each with the deployment it led to, and mark it done."""

    def fail(self, delivery_id: DeliveryId, sentence: str) -> None:
        """Record why nothing could be decided."""

    def replay(self, delivery_id: DeliveryId) -> None:
        """Ask for its job once more; `Conflict` (`delivery_in_progress`) while it is being processed."""

    def find_unknown(self, delivery_ids: Sequence[DeliveryId]) -> frozenset[DeliveryId]:
        """Return those of the ids that never arrived here."""

    def list_recent(self, limit: int) -> tuple[DeliveryRecord, ...]:
        """Return the newest deliveries with their decisions, newest first."""
