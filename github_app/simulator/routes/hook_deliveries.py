"""The App's record of its webhook deliveries, and delivering again."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from github_app.simulator.deliveries import Delivery
from github_app.simulator.refusals import Refused, not_found
from github_app.simulator.routes.access import AppOnly, Simulated

router = APIRouter(prefix="/app/hook/deliveries", dependencies=[AppOnly])


@router.get("")
def list_deliveries(
    simulation: Simulated,
    per_page: Annotated[int, Query(ge=1, le=100)] = 30,
    cursor: str = "",
    status: Literal["success", "failure"] | None = None,
) -> JSONResponse:
    """Attempts, newest first; the cursor is the id after which to go on."""
    attempts = [d for d in reversed(simulation.courier.list_attempts()) if _matches(d, status)]
    if cursor and not cursor.isdigit():
        raise Refused(422, "Invalid cursor")
    rest = [d for d in attempts if not cursor or d.id < int(cursor)]
    shown = rest[:per_page]
    headers = {}
    if len(rest) > per_page:
        query = f"per_page={per_page}&cursor={shown[-1].id}" + (f"&status={status}" if status else "")
        headers["Link"] = f'<{simulation.writer.api_url}/app/hook/deliveries?{query}>; rel="next"'
    return JSONResponse([describe_attempt(delivery) for delivery in shown], headers=headers)


@router.get("/{delivery_id}")
def show_delivery(simulation: Simulated, delivery_id: int) -> dict[str, Any]:
    """One attempt with what was sent and answered."""
    delivery = simulation.courier.find(delivery_id)
    if delivery is None:
        raise not_found()
    return {
        **describe_attempt(delivery),
        "url": simulation.courier.hook.url,
        "request": {"headers": dict(delivery.request_headers), "payload": delivery.payload},
        "response": {"headers": dict(delivery.response_headers), "payload": delivery.response_body},
    }


@router.post("/{delivery_id}/attempts", status_code=202)
def redeliver(simulation: Simulated, delivery_id: int) -> dict[str, Any]:
    """Deliver again under the same guid."""
    if simulation.courier.redeliver(delivery_id) is None:
        raise not_found()
    return {}


def describe_attempt(delivery: Delivery) -> dict[str, Any]:
    """Return a `hook-delivery-item`."""
    payload = json.loads(delivery.body)
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": payload.get("action"),
        "installation_id": (payload.get("installation") or {}).get("id"),
        "repository_id": (payload.get("repository") or {}).get("id"),
        "throttled_at": None,
    }


def _matches(delivery: Delivery, status: str | None) -> bool:
    return status is None or delivery.succeeded is (status == "success")
