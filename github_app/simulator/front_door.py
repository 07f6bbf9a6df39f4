"""What every request passes: the base path, planned faults, GitHub's headers, the journal."""

import itertools
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from github_app.simulator.asgi import Application, Message, Receive, Scope, Send, read_body, replay
from github_app.simulator.faults import Fault, FaultKind, FaultTarget
from github_app.simulator.journal import Exchange, redact_headers, redact_token
from github_app.simulator.refusals import Refused, not_found
from github_app.simulator.simulation import Simulation

_GIT: Final = re.compile(r"/[^/]+/[^/]+\.git(/|$)")
_BY_ID: Final = re.compile(r"/repositories/(\d+)(/.*)?")
_API_ROOTS: Final = frozenset({"app", "app-manifests", "repos", "installation", "repositories", "user"})
_WEB_ROOTS: Final = frozenset({"login", "settings", "apps", "organizations"})
_HOURLY_CALLS: Final = 5000
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class _Answer:
    """A response that was caught on its way out."""

    status: int = 500
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    async def catch(self, message: Message) -> None:
        """Take part of a response; used as ASGI's `send`."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")


class FrontDoor:
    """The outermost ASGI application."""

    def __init__(self, inside: Application, simulation: Simulation) -> None:
        self._inside = inside
        self._simulation = simulation
        self._calls = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        path = self._below_base(scope["path"])
        if _GIT.match(path):
            await self._serve_streaming("git", {**scope, "path": path}, receive, send)
        elif path.split("/")[1] in _API_ROOTS:
            await self._serve_api({**scope, "path": path}, receive, send)
        elif path.split("/")[1] in _WEB_ROOTS:
            await self._serve_streaming("web", {**scope, "path": path}, receive, send)
        else:
            await self._inside({**scope, "path": path}, receive, send)

    def _below_base(self, path: str) -> str:
        base = self._simulation.settings.base_path
        return path.removeprefix(base) or "/" if path.startswith(f"{base}/") else path

    async def _serve_streaming(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve git and pages, of which only the address and the status are noted: the rest may hold credentials."""
        fault = self._simulation.faults.take(FaultTarget(kind), scope["path"])

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._simulation.journal.record(_describe(kind, scope, _Answer(message["status"])))
            await send(message)

        if fault:
            await _misbehave(fault, _fail(fault), send_and_note)
        else:
            await self._inside(scope, receive, send_and_note)

    async def _serve_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        fault = self._simulation.faults.take(FaultTarget.API, scope["path"])
        answer = _fail(fault) if fault else await self._ask(scope, body)
        answer.headers = self._dress(answer.headers)
        exchange = self._simulation.journal.record(_describe("api", scope, answer, body))
        if fault:
            await _misbehave(fault, answer, send)
        elif exchange.complaint:
            await _send(_object(422, exchange.complaint), send)
        else:
            await _send(answer, send)

    async def _ask(self, scope: Scope, body: bytes) -> _Answer:
        answer = _Answer()
        try:
            path = self._by_name(scope["path"])
        except Refused as refused:
            return _object(refused.status, refused.message)
        await self._inside({**scope, "path": path}, replay(body), answer.catch)
        return answer

    def _by_name(self, path: str) -> str:
        """GitHub answers below `/repositories/{id}` as below the name, which is where a moved one is sent."""
        match = _BY_ID.fullmatch(path)
        if not match:
            return path
        with self._simulation.state.lock:
            repository = self._simulation.state.repositories.get(int(match[1]))
        if repository is None:
            raise not_found()
        return f"/repos/{repository.full_name}{match[2] or ''}"

    def _dress(self, headers: Headers) -> Headers:
        used = next(self._calls)
        names = {name.lower() for name, _ in headers}
        github = {
            "x-github-request-id": secrets.token_hex(16).upper(),
            "x-github-media-type": "github.v3; format=json",
            "x-ratelimit-limit": str(_HOURLY_CALLS),
            "x-ratelimit-remaining": str(max(_HOURLY_CALLS - used, 1)),
            "x-ratelimit-reset": str(int(time.time()) + 3600),
            "x-ratelimit-used": str(used),
            "x-ratelimit-resource": "core",
        }
        added = [(name.encode(), value.encode()) for name, value in github.items() if name.encode() not in names]
        return [*((name, _with_charset(name, value)) for name, value in headers), *added]


def _describe(kind: str, scope: Scope, answer: _Answer, body: bytes = b"") -> Exchange:
    return Exchange(
        kind=kind,
        method=scope["method"],
        path=scope["path"],
        query="" if kind == "web" else scope["query_string"].decode("latin-1"),
        request_headers=redact_headers(scope["headers"]),
        request_body=body,
        status=answer.status,
        response_headers=redact_headers(answer.headers),
        response_body=redact_token(answer.body),
    )


def _with_charset(name: bytes, value: bytes) -> bytes:
    is_json = name.lower() == b"content-type" and value == b"application/json"
    return b"application/json; charset=utf-8" if is_json else value


async def _send(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _misbehave(fault: Fault, answer: _Answer, send: Send) -> None:
    if fault.kind is not FaultKind.DROPPED_CONNECTION:
        await _send(answer, send)
        return
    # The server closes a connection whose answer is shorter than it promised.
    headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _fail(fault: Fault) -> _Answer:
    match fault.kind:
        case FaultKind.SERVER_ERROR | FaultKind.DROPPED_CONNECTION:
            return _object(500, "Server Error")
        case FaultKind.BAD_GATEWAY:
            return _object(502, "Server Error")
        case FaultKind.PRIMARY_RATE_LIMIT:
            reset = str(int(time.time()) + fault.retry_after_seconds)
            headers = (("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset))
            return _object(403, "API rate limit exceeded for installation.", headers)
        case FaultKind.SECONDARY_RATE_LIMIT:
            wait = (("retry-after", str(fault.retry_after_seconds)),)
            return _object(403, "You have exceeded a secondary rate limit. Please wait before you try again.", wait)


def _object(status: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> _Answer:
    response = Refused(status, message).response()
    extra = [(name.encode(), value.encode()) for name, value in headers]
    return _Answer(status, [*response.raw_headers, *extra], bytes(response.body))
