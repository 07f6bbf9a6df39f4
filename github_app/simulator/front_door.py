"""What every request passes: the base path, planned faults, GitHub's headers, the journal."""

import hashlib
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
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OK: Final = 200
_NOT_MODIFIED: Final = 304
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        path = self._below_base(scope["path"])
        if _GIT.match(path):
            await self._serve_streaming("git", {**scope, "path": path}, receive, send)
        elif path.split("/")[1] in _API_ROOTS:
            await self._serve_api("api", {**scope, "path": path}, receive, send)
        elif path == "/graphql":
            await self._serve_api("graphql", {**scope, "path": path}, receive, send)
        elif path.split("/")[1] in _WEB_ROOTS:
            await self._serve_streaming("web", {**scope, "path": path}, receive, send)
        else:
            await self._inside({**scope, "path": path}, receive, send)

    def _below_base(self, path: str) -> str:
        base = self._simulation.settings.base_path
        if path == f"{base.removesuffix('/v3')}/graphql":
            return "/graphql"
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

    async def _serve_api(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        fault = self._simulation.faults.take(FaultTarget.API, scope["path"])
        answer = _fail(fault) if fault else self._throttle(scope) or await self._ask(scope, body)
        _tag(scope, answer)
        answer.headers = self._dress(answer, "core" if kind == "api" else "graphql")
        exchange = self._simulation.journal.record(_describe(kind, scope, answer, body))
        if fault:
            await _misbehave(fault, answer, send)
        elif exchange.complaint:
            await _send(_object(422, exchange.complaint), send)
        else:
            await _send(answer, send)

    def _throttle(self, scope: Scope) -> _Answer | None:
        """Refuse what an installation writes beyond GitHub's secondary limit, if that is wanted."""
        simulation = self._simulation
        is_write = scope["method"] not in _READING and scope["path"].startswith("/repos/")
        grant = simulation.tokens.find(_header(scope, b"authorization").rpartition(" ")[2])
        if not (simulation.settings.enforce_secondary_limits and is_write and grant):
            return None
        wait = simulation.throttle.admit(grant.installation.id)
        return _limit(wait) if wait else None

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

    def _dress(self, answer: _Answer, resource: str) -> Headers:
        """Add GitHub's headers; what did not change costs nothing."""
        budgets = self._simulation.budgets
        budget = budgets.show(resource) if answer.status == _NOT_MODIFIED else budgets.spend(resource)
        names = {name.lower() for name, _ in answer.headers}
        github = {
            "x-github-request-id": secrets.token_hex(16).upper(),
            "x-github-media-type": "github.v3; format=json",
            "x-ratelimit-limit": str(budget.limit),
            "x-ratelimit-remaining": str(budget.remaining),
            "x-ratelimit-reset": str(int(budget.resets_at.timestamp())),
            "x-ratelimit-used": str(budget.used),
            "x-ratelimit-resource": resource,
        }
        added = [(name.encode(), value.encode()) for name, value in github.items() if name.encode() not in names]
        return [*((name, _with_charset(name, value)) for name, value in answer.headers), *added]


def _tag(scope: Scope, answer: _Answer) -> None:
    """Give a document its ETag; who has it already is only told so."""
    if scope["method"] != "GET" or answer.status != _OK:
        return
    tag = f'W/"{hashlib.sha256(answer.body).hexdigest()}"'
    known = {text.strip().removeprefix("W/") for text in _header(scope, b"if-none-match").split(",")}
    kept = answer.headers
    if tag.removeprefix("W/") in known:
        answer.status, answer.body = _NOT_MODIFIED, b""
        kept = [(name, value) for name, value in kept if name not in {b"content-type", b"content-length"}]
    answer.headers = [*kept, (b"etag", tag.encode())]


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


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
            return _limit(fault.retry_after_seconds)


def _limit(seconds: int) -> _Answer:
    message = "You have exceeded a secondary rate limit. Please wait before you try again."
    return _object(403, message, (("retry-after", str(seconds)),))


def _object(status: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> _Answer:
    response = Refused(status, message).response()
    extra = [(name.encode(), value.encode()) for name, value in headers]
    return _Answer(status, [*response.raw_headers, *extra], bytes(response.body))
