"""Webhook deliveries: signed, sent once in order, recorded like GitHub's; lost, late or doubled only when asked for."""

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx

_DEADLINE_SECONDS: Final = 10.0
_SUCCESS: Final = range(200, 300)
_NEVER: Final = datetime.fromtimestamp(0, UTC)
_UNREACHABLE: Final[Mapping[str, Any]] = {"status": "failed to connect to host", "status_code": 502}


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


@dataclass(frozen=True, slots=True)
class _Errand:
    """What to do with a delivery: send it, lose it, or send several copies at once."""

    delivery: Delivery
    lost: bool = False
    copies: int = 1


@dataclass(slots=True)
class Hook:
    """Where deliveries go; may be changed while the simulator runs. One that is not active makes none."""

    url: str
    secret: str = field(repr=False)
    app_id: int
    id: int = 1
    active: bool = True


class Courier:
    """Sends deliveries from one thread, so that they arrive in the order of the pushes, unless told to do worse."""

    def __init__(self, hook: Hook, new_id: Callable[[], int]) -> None:
        self.hook = hook
        self._new_id = new_id
        self._waiting: queue.Queue[_Errand | None] = queue.Queue()
        self._lock = threading.Lock()
        self._attempts: dict[int, Delivery] = {}
        self._thread = threading.Thread()
        self._may_send = threading.Event()
        self._may_send.set()
        self._drops = 0
        self._copies = 1

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

    def repeat(self, delivery_id: int, times: int) -> Delivery | None:
        """Send a known delivery again several times at once, as if GitHub had stuttered; None when there is none."""
        known = self.find(delivery_id)
        if known is None:
            return None
        fresh = replace(known, id=self._new_id(), redelivery=False, status="pending", status_code=0)
        self._waiting.put(_Errand(fresh, copies=times))
        return fresh

    def drop(self, count: int) -> None:
        """Lose the next deliveries: they are recorded as failed and never sent."""
        with self._lock:
            self._drops = count

    def duplicate(self, times: int) -> None:
        """Send the next delivery several times at once."""
        with self._lock:
            self._copies = times

    def pause(self) -> None:
        """Keep what comes until `resume`."""
        self._may_send.clear()

    def resume(self) -> None:
        """Send what was kept, and what comes."""
        self._may_send.set()

    def find(self, delivery_id: int) -> Delivery | None:
        """Return the attempt with this id."""
        with self._lock:
            return self._attempts.get(delivery_id)

    def list_attempts(self) -> tuple[Delivery, ...]:
        """Return what was attempted, oldest first."""
        with self._lock:
            return tuple(self._attempts.values())

    def wait(self, timeout_seconds: float = 30.0) -> None:
        """Return when every delivery so far was attempted, or at once while they are kept back.

        Raises:
            TimeoutError: that takes too long.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks and self._may_send.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"Deliveries still wait after {timeout_seconds} s: does the receiver answer?")
                self._waiting.all_tasks_done.wait(left)

    def stop(self) -> None:
        """Stop after what waits was attempted, also what was kept back."""
        self.resume()
        self._waiting.put(None)
        self._thread.join()

    def _enqueue(self, delivery: Delivery) -> Delivery:
        with self._lock:
            errand = _Errand(delivery, lost=self._drops > 0, copies=self._copies)
            self._drops = max(self._drops - 1, 0)
            self._copies = 1
        self._waiting.put(errand)
        return delivery

    def _work(self) -> None:
        with httpx.Client(timeout=_DEADLINE_SECONDS, trust_env=False) as client:
            while (errand := self._waiting.get()) is not None:
                self._may_send.wait()
                self._run(client, errand)
                self._waiting.task_done()
        self._waiting.task_done()

    def _run(self, client: httpx.Client, errand: _Errand) -> None:
        if errand.lost:
            self._record(replace(errand.delivery, delivered_at=datetime.now(UTC), **_UNREACHABLE))
            return
        first = errand.delivery
        copies = [first, *(replace(first, id=self._new_id()) for _ in range(errand.copies - 1))]
        if len(copies) == 1:
            self._record(self._attempt(client, first))
            return
        with ThreadPoolExecutor(len(copies)) as pool:
            for attempt in pool.map(lambda delivery: self._attempt(client, delivery), copies):
                self._record(attempt)

    def _record(self, attempt: Delivery) -> None:
        with self._lock:
            self._attempts[attempt.id] = attempt

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
            return dict(_UNREACHABLE)
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
