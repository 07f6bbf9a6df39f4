"""The application: every route, behind the front door."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from github_app.simulator.asgi import Application
from github_app.simulator.front_door import FrontDoor
from github_app.simulator.refusals import Refused, answer_invalid, answer_refusal, not_found
from github_app.simulator.routes import (
    app_manifests,
    apps,
    checks,
    comments,
    commits,
    control,
    control_accounts,
    control_changes,
    control_deliveries,
    deployments,
    git_http,
    graphql,
    hook_deliveries,
    installing,
    oauth,
    page,
    pulls,
    repositories,
    statuses,
    users,
)
from github_app.simulator.routes.web import PageRefused, answer_page
from github_app.simulator.simulation import Simulation

# Paths that swallow longer ones come last.
_MODULES: Final = (
    page,
    control,
    control_accounts,
    control_changes,
    control_deliveries,
    oauth,
    app_manifests,
    installing,
    users,
    graphql,
    apps,
    hook_deliveries,
    checks,
    statuses,
    deployments,
    pulls,
    comments,
    repositories,
    commits,
    git_http,
)


def create_app(simulation: Simulation) -> Application:
    """Return the ASGI application that serves one simulated GitHub."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.simulation = simulation
    for module in _MODULES:
        app.include_router(module.router)
    app.add_exception_handler(Refused, answer_refusal)
    app.add_exception_handler(PageRefused, answer_page)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(404, _answer_unknown)
    app.add_exception_handler(405, _answer_unknown)
    return FrontDoor(app, simulation)


def _answer_unknown(_request: Request, _error: Exception) -> JSONResponse:
    return not_found().response()


def _answer_invalid(_request: Request, error: Exception) -> JSONResponse:
    """Answer 400 to what is not JSON, 422 with the fields to what does not fit."""
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Refused(400, "Problems parsing JSON").response()
    return answer_invalid("Validation Failed", _describe(faults))


def _describe(faults: Sequence[Any]) -> list[dict[str, str]]:
    return [
        {"resource": "Request", "code": "invalid", "field": ".".join(map(str, f["loc"][1:])), "message": f["msg"]}
        for f in faults
    ]
