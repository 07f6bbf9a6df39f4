"""The webhook endpoint: read, verify, store, acknowledge. No decision and no request to GitHub happens here."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from api.services import ApiServices, ServicesOfRequest
from domain.errors import InvalidInput
from domain.records import NewDelivery
from github_app.webhook import VerifiedPayload, read_subject, verify

MAX_BODY_BYTES: Final = 25 * 1024 * 1024
"""GitHub's own limit: it does not deliver larger payloads."""

router = APIRouter(tags=["webhooks"])


@router.post("/webhooks/github", status_code=202)
async def receive_delivery(request: Request, services: ServicesOfRequest) -> dict[str, str]:
    """Store a signed delivery and acknowledge it; one that is here already is acknowledged again."""
    body = await read_body(request)
    secrets = await run_in_threadpool(services.lookup.webhook_secrets)
    payload = verify(body, request.headers, secrets)
    is_new = await run_in_threadpool(_store, services, payload)
    return {"delivery": payload.delivery_id, "status": "accepted" if is_new else "known"}


async def read_body(request: Request) -> bytes:
    """Return the raw body, or raise `InvalidInput` (`body_too_large`) before more than the limit is held."""
    _require_small(int(request.headers.get("content-length", "0")))
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        _require_small(size)
        parts.append(part)
    return b"".join(parts)


def _require_small(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise InvalidInput(
            "body_too_large", f"The body has more than {MAX_BODY_BYTES} bytes; GitHub sends none so large."
        )


def _store(services: ApiServices, payload: VerifiedPayload) -> bool:
    delivery = NewDelivery(
        id=payload.delivery_id,
        event_name=payload.event_name,
        subject=read_subject(payload),
        body=payload.body,
        received_at=services.clock.now(),
    )
    with services.store.transaction() as work:
        return work.deliveries.add(delivery)
