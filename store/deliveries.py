"""Deliveries and what was decided about each."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql

from domain.decisions import Decision
from domain.errors import Conflict, NotFound
from domain.identifiers import DeliveryId, DeploymentId
from domain.ports.jobs import Job
from domain.records import DecisionRecord, DeliveryRecord, NewDelivery, StoredDelivery
from store.rows import decision_of, delivery_of, storable
from store.tables import UNDECIDED, decisions, deliveries, deployments, environments, projects


class PostgresDeliveries:
    """The `Deliveries` of one transaction."""

    def __init__(self, connection: Connection, defer: Callable[[Job], None]) -> None:
        self._connection = connection
        self._defer = defer

    def add(self, delivery: NewDelivery) -> bool:
        """Store it and ask for its job; False when this id is here already (then nothing happens)."""
        row = {
            "id": delivery.id,
            "event_name": delivery.event_name,
            "subject": delivery.subject,
            "body": delivery.body,
            "received_at": delivery.received_at,
        }
        if self._connection.execute(_ADD, row).first() is None:
            return False
        self._defer(_job_of(delivery.id, delivery.subject))
        return True

    def get(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it, or raise `NotFound` (`delivery_not_found`)."""
        return self._read(select(deliveries).where(deliveries.c.id == delivery_id), delivery_id)

    def lock_for_decision(self, delivery_id: DeliveryId) -> StoredDelivery:
        """Return it with its row locked until the transaction ends."""
        return self._read(select(deliveries).where(deliveries.c.id == delivery_id).with_for_update(), delivery_id)

    def find_undecided(self, subject: str) -> DeliveryId | None:
        """Return the delivery about `subject` that has waited longest, None when all are decided."""
        waiting = select(deliveries.c.id).where(deliveries.c.subject == subject, deliveries.c.status.in_(UNDECIDED))
        oldest = waiting.order_by(deliveries.c.received_at, deliveries.c.id).limit(1)
        return self._connection.execute(oldest).scalar_one_or_none()

    def begin(self, delivery_id: DeliveryId) -> None:
        """Mark it as being processed."""
        self._change(delivery_id, status="processing")

    def finish(self, delivery_id: DeliveryId, decisions: Sequence[tuple[Decision, DeploymentId | None]]) -> None:
        """Record its decisions, each with the deployment it led to, and mark it done.

        A delivery that was replayed keeps the decisions of its last run.
        """
        self._change(delivery_id, status="done", failure="", finished_at=func.now())
        self._replace_decisions(delivery_id, decisions)

    def fail(self, delivery_id: DeliveryId, sentence: str) -> None:
        """Record why nothing could be decided."""
        self._change(delivery_id, status="failed", failure=storable(sentence), finished_at=func.now())

    def replay(self, delivery_id: DeliveryId) -> None:
        """Ask for its job once more; `Conflict` (`delivery_in_progress`) while it is being processed."""
        delivery = self.lock_for_decision(delivery_id)
        if delivery.status == "processing":
            raise Conflict(
                "delivery_in_progress",
                f"Delivery {delivery_id} is being processed: wait for it to end, then replay it.",
            )
        self._change(delivery_id, status="received", failure="", finished_at=None)
        self._defer(_job_of(delivery_id, delivery.subject))

    def find_unknown(self, delivery_ids: Sequence[DeliveryId]) -> frozenset[DeliveryId]:
        """Return those of the ids that never arrived here."""
        query = select(deliveries.c.id).where(deliveries.c.id.in_(delivery_ids))
        return frozenset(delivery_ids) - frozenset(self._connection.execute(query).scalars())

    def list_recent(self, limit: int) -> tuple[DeliveryRecord, ...]:
        """Return the newest deliveries with their decisions, newest first."""
        newest = (
            select(*(deliveries.c[name] for name in _RECORD_COLUMNS))
            .order_by(deliveries.c.received_at.desc(), deliveries.c.id)
            .limit(limit)
        )
        rows = self._connection.execute(newest).mappings().all()
        decided = self._read_decisions([row["id"] for row in rows])
        return tuple(DeliveryRecord(**row, decisions=decided.get(row["id"], ())) for row in rows)

    def _read(self, query: Select[Any], delivery_id: DeliveryId) -> StoredDelivery:
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise _not_found(delivery_id)
        return delivery_of(row)

    def _change(self, delivery_id: DeliveryId, **values: object) -> None:
        statement = update(deliveries).where(deliveries.c.id == delivery_id).values(**values)
        if self._connection.execute(statement).rowcount == 0:
            raise _not_found(delivery_id)

    def _replace_decisions(
        self, delivery_id: DeliveryId, taken: Sequence[tuple[Decision, DeploymentId | None]]
    ) -> None:
        self._connection.execute(delete(decisions).where(decisions.c.delivery_id == delivery_id))
        rows = [
            {
                "delivery_id": delivery_id,
                "ordinal": ordinal,
                "project_id": decision.project_id,
                "environment_id": decision.environment_id,
                "deployment_id": deployment_id,
                **_words_of(decision),
            }
            for ordinal, (decision, deployment_id) in enumerate(taken)
        ]
        if rows:
            self._connection.execute(insert(decisions), rows)

    def _read_decisions(self, ids: Sequence[str]) -> dict[str, tuple[DecisionRecord, ...]]:
        query = (
            select(decisions, projects.c.slug.label("project_slug"), environments.c.slug.label("environment_slug"))
            .outerjoin(projects, projects.c.id == decisions.c.project_id)
            .outerjoin(deployments, deployments.c.id == decisions.c.deployment_id)
            .outerjoin(environments, environments.c.id == _ENVIRONMENT_ID)
            .where(decisions.c.delivery_id.in_(ids))
            .order_by(decisions.c.delivery_id, decisions.c.ordinal)
        )
        rows = self._connection.execute(query).mappings()
        return {
            delivery_id: tuple(decision_of(row) for row in group)
            for delivery_id, group in groupby(rows, key=lambda row: row["delivery_id"])
        }


_ADD = (
    postgresql.insert(deliveries)
    .values(status="received")
    .on_conflict_do_nothing(index_elements=[deliveries.c.id])
    .returning(deliveries.c.id)
)
# A preview that a decision made was not there when it was decided: its deployment knows it.
_ENVIRONMENT_ID = func.coalesce(decisions.c.environment_id, deployments.c.environment_id)
_RECORD_COLUMNS = ("id", "event_name", "status", "received_at", "finished_at", "failure")


def _job_of(delivery_id: DeliveryId, subject: str) -> Job:
    return Job(kind="delivery", key=delivery_id, lock=f"delivery:{subject}")


def _not_found(delivery_id: DeliveryId) -> NotFound:
    return NotFound(
        "delivery_not_found",
        f"There is no delivery {delivery_id[:80]}: pushwright deliveries list shows those that arrived.",
    )


def _words_of(decision: Decision) -> dict[str, str]:
    return {
        "outcome": str(decision.outcome),
        "reason": str(decision.reason),
        "sentence": storable(decision.sentence),
        "hint": storable(decision.hint),
    }
