"""Deliveries, the decisions about them, and what would be decided."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.routes.v1.names import Delivery
from api.schemas import DecisionBody, DeliveryBody
from api.services import ServicesOfRequest
from domain.identifiers import DeliveryId
from operations.explaining import Question, explain

router = APIRouter(tags=["deliveries"])


@router.get("/deliveries")
def list_deliveries(
    services: ServicesOfRequest, limit: Annotated[int, Query(ge=1, le=1000)] = 20
) -> list[DeliveryBody]:
    """List deliveries with what was decided about each, newest first."""
    with services.store.transaction() as work:
        return [DeliveryBody.of(record) for record in work.deliveries.list_recent(limit)]


@router.post("/deliveries/{delivery_id}/replay", status_code=202)
def replay_delivery(services: ServicesOfRequest, delivery_id: Delivery) -> dict[str, str]:
    """Decide about a delivery once more."""
    with services.store.transaction() as work:
        work.deliveries.replay(DeliveryId(delivery_id))
    return {"delivery": delivery_id, "status": "accepted"}


@router.get("/explain")
def explain_event(
    services: ServicesOfRequest,
    repo: Annotated[str, Query(max_length=200)],
    ref: Annotated[str | None, Query(max_length=1000)] = None,
    sha: Annotated[str | None, Query(max_length=100)] = None,
    pull_request: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[DecisionBody]:
    """Say what a push or a pull request would lead to now and why; nothing is deployed."""
    question = Question(repo, ref, sha, pull_request)
    return [DecisionBody.of(record) for record in explain(services.store, services.forge, question)]
