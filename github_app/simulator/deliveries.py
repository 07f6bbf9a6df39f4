"""Webhook deliveries: signed, sent once in order, recorded like GitHub's; a redelivery only when asked for."""

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx

_DEADLINE_SECONDS: Final = 10.0
_SUCCESS: Final = range(200, 300)
_NEVER: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt to deliver an event; a redelivery is another one with the same `guid`."""

    id: int
    guid: str
    event: str
    body: bytes = field(repr=False)
    redelivery: bool = False
    delivered_at: datetime = _NEVER
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    request_headers: Mapping[str, str] = field(default_factory=dict)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def payload(self) -> dict[str, Any]:
        """The body as an object."""
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def succeeded(self) -> bool:
        """Whether the receiver answered with 2xx in time."""
        return self.status_code in _SUCCESS


@dataclass(slots=True)
class Hook:
    """Where deliveries go; may be changed while the simulator runs. One that is not active makes none."""

    url: str
    secret: str = field(repr=False)
    app_id: int
    id: int = 1
    active: bool = True


class Courier:
    """Sends deliveries from one thread, so that they arrive in the order of the pushes."""

    def __init__(self, hook: Hook, new_id: Callable[[], int]) -> None:
        self.hook = hook
        self._new_id = new_id
        self._waiting: queue.Queue[Delivery | None] = queue.Queue()
        self._lock = threading.Lock()
        self._attempts: dict[int, Delivery] = {}
        self._thread = threading.Thread()

    def start(self) -> None:
        """Begin to send what waits and what comes."""
        self._thread = threading.Thread(target=self._work, name="simulator-deliveries", daemon=True)
        self._thread.start()

    def deliver(self, event: str, payload: Mapping[str, Any]) -> Delivery:
        """Send an event soon; returns the delivery before it was attempted."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        delivery = Delivery(id=self._new_id(), guid=str(uuid.uuid4()), event=event, body=body)
        return self._enqueue(delivery) if self.hook.active else delivery

    def redeliver(self, delivery_id: int) -> Delivery | None:
        """Send the same event again under the same guid; None when no such delivery was made."""
        known = self.find(delivery_id)
        if known is None:
            return None
        return self._enqueue(replace(known, id=self._new_id(), redelivery=True, status="pending", status_code=0))

    def find(self, delivery_id: int) -> Delivery | None:
        """Return the attempt with this id."""
        with self._lock:
            return self._attempts.get(delivery_id)

    def list_attempts(self) -> tuple[Delivery, ...]:
        """Return what was attempted, oldest first."""
        with self._lock:
            return tuple(self._attempts.values())

    def wait(self, timeout_seconds: float = 30.0) -> None:
        """Return when every delivery so far was attempted; raise `TimeoutError` when that takes too long."""
        deadline = time.monotonic() + timeout_seconds
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"Deliveries still wait after {timeout_seconds} s: does the receiver answer?")
                self._waiting.all_tasks_done.wait(left)

    def stop(self) -> None:
        """Stop after what waits was attempted."""
        self._waiting.put(None)
        self._thread.join()

    def _enqueue(self, delivery: Delivery) -> Delivery:
        self._waiting.put(delivery)
        return delivery

    def _work(self) -> None:
        with httpx.Client(timeout=_DEADLINE_SECONDS, trust_env=False) as client:
            while (delivery := self._waiting.get()) is not None:
                attempt = self._attempt(client, delivery)
                with self._lock:
                    self._attempts[attempt.id] = attempt
                self._waiting.task_done()
        self._waiting.task_done()

    def _attempt(self, client: httpx.Client, delivery: Delivery) -> Delivery:
        headers = sign(delivery, self.hook)
        begun = time.monotonic()
        answer = self._post(client, delivery.body, headers)
        duration = round(time.monotonic() - begun, 3)
        return replace(delivery, delivered_at=datetime.now(UTC), duration=duration, request_headers=headers, **answer)

    def _post(self, client: httpx.Client, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            response = client.post(self.hook.url, content=body, headers=dict(headers))
        except httpx.TimeoutException:
            return {"status": "timed out", "status_code": 504}
        except (httpx.HTTPError, httpx.InvalidURL):
            return {"status": "failed to connect to host", "status_code": 502}
        code = response.status_code
        return {
            "status": "OK" if code in _SUCCESS else f"Invalid HTTP Response: {code}",
            "status_code": code,
            "response_headers": dict(response.headers),
            "response_body": response.text,
        }


def sign(delivery: Delivery, hook: Hook) -> dict[str, str]:
    """Return the headers GitHub sends with a delivery, the signatures among them."""
    secret = hook.secret.encode()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/5157a1b",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.app_id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": f"sha1={hmac.new(secret, delivery.body, hashlib.sha1).hexdigest()}",
        "X-Hub-Signature-256": f"sha256={hmac.new(secret, delivery.body, hashlib.sha256).hexdigest()}",
    }
