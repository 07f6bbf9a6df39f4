"""Git's smart HTTP protocol in front of `git http-backend`."""

import tempfile
from typing import IO

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from github_app.simulator.git_access import PUSH, GitWish, admit
from github_app.simulator.git_backend import CgiCall, call_backend
from github_app.simulator.refusals import Refused
from github_app.simulator.routes.access import Simulated
from github_app.simulator.simulation import Simulation

router = APIRouter(prefix="/{owner}/{repo}.git")


@router.get("/info/refs")
def advertise_refs(request: Request, simulation: Simulated, service: str = "") -> Response:
    """The first request of a fetch or push: which refs are there."""
    with tempfile.TemporaryFile() as nothing:
        return _serve(simulation, request, service, nothing)


@router.post("/{service}")
async def exchange_packs(request: Request, simulation: Simulated, service: str) -> Response:
    """The second request, git's own protocol; the body comes in chunks of unknown number and waits on the disk."""
    with tempfile.TemporaryFile() as body:
        async for chunk in request.stream():
            body.write(chunk)
        return await run_in_threadpool(_serve, simulation, request, service, body)


def _serve(simulation: Simulation, request: Request, service: str, body: IO[bytes]) -> Response:
    wish = _read_wish(request, service)
    try:
        repository, user = admit(simulation, wish)
    except Refused as refused:
        return PlainTextResponse(f"{refused.message}\n", refused.status, refused.headers)
    path = wish.rest.partition("?")[0]
    call = CgiCall(repository.id, path, request.method, request.url.query, user, request.headers, body)
    if path == f"/{PUSH}":
        return _accept_push(simulation, call)
    answer = call_backend(simulation.git, call)
    return StreamingResponse(answer.chunks, answer.status, answer.headers)


def _accept_push(simulation: Simulation, call: CgiCall) -> Response:
    """Queue the deliveries before the client hears of its success: whoever waits for `git push` finds them there."""
    with simulation.push_locks.of(call.repository_id):
        before = simulation.git.list_refs(call.repository_id)
        answer = call_backend(simulation.git, call)
        content = b"".join(answer.chunks)
        simulation.announce_push(call.repository_id, before)
    return Response(content, answer.status, answer.headers)


def _read_wish(request: Request, service: str) -> GitWish:
    owner, name = request.path_params["owner"], request.path_params["repo"]
    rest = request.url.path.split(".git", 1)[1]
    query = f"?{request.url.query}" if request.url.query else ""
    return GitWish(owner, name, service, f"{rest}{query}", request.headers.get("authorization", ""))
