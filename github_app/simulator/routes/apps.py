"""The App, its installations, and their tokens."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from github_app.simulator.objects import timestamp
from github_app.simulator.refusals import Refused
from github_app.simulator.routes.access import AppOnly, Bearer, Granted, Pages, Simulated
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import Installation
from github_app.simulator.tokens import TokenGrant, is_enough

router = APIRouter()


class TokenRequest(BaseModel):
    """What a token is to be good for; everything the installation has when nothing is said."""

    repositories: Annotated[list[str], Field(max_length=500)] | None = None
    repository_ids: Annotated[list[int], Field(max_length=500)] | None = None
    permissions: dict[str, str] | None = None


@router.get("/app", dependencies=[AppOnly])
def show_app(simulation: Simulated) -> dict[str, Any]:
    """The App itself."""
    app = simulation.writer.app()
    return {**app, "installations_count": len(simulation.state.installations)}


@router.get("/app/installations", dependencies=[AppOnly])
def list_installations(simulation: Simulated, paging: Pages) -> JSONResponse:
    """Where the App is installed."""
    installations = tuple(simulation.state.installations.values())
    shown = [simulation.writer.installation(i) for i in paging.cut(installations)]
    return JSONResponse(shown, headers=paging.link(simulation.writer.api_url, len(installations)))


@router.get("/app/installations/{installation_id}", dependencies=[AppOnly])
def show_installation(simulation: Simulated, installation_id: int) -> dict[str, Any]:
    """One installation."""
    return simulation.writer.installation(simulation.state.get_installation(installation_id))


@router.post("/app/installations/{installation_id}/access_tokens", dependencies=[AppOnly], status_code=201)
def create_token(simulation: Simulated, installation_id: int, wanted: TokenRequest | None = None) -> dict[str, Any]:
    """Issue an installation token."""
    wanted = wanted or TokenRequest()
    installation = simulation.state.get_installation(installation_id)
    if installation.suspended_at:
        raise Refused(403, "This installation has been suspended")
    permissions = _narrow_permissions(installation, wanted.permissions)
    grant = simulation.tokens.issue(installation, _narrow_scope(simulation, installation, wanted), permissions)
    return _describe_grant(simulation, grant)


@router.delete("/installation/token", status_code=204)
def revoke_token(simulation: Simulated, _grant: Granted, bearer: Bearer) -> Response:
    """Revoke the token that asks."""
    simulation.tokens.revoke(bearer)
    return Response(status_code=204)


@router.get("/installation/repositories")
def list_repositories(simulation: Simulated, grant: Granted, paging: Pages) -> JSONResponse:
    """What the token sees."""
    seen = [r for r in simulation.state.list_repositories(grant.installation) if grant.sees(r)]
    content = {
        "total_count": len(seen),
        "repository_selection": _selection(grant),
        "repositories": [simulation.writer.repository(r) for r in paging.cut(seen)],
    }
    return JSONResponse(content, headers=paging.link(simulation.writer.api_url, len(seen)))


def _narrow_permissions(installation: Installation, wanted: Mapping[str, str] | None) -> Mapping[str, str]:
    if wanted is None:
        return installation.permissions
    for name, level in wanted.items():
        if level not in {"read", "write", "admin"} or not is_enough(installation.permissions.get(name), level):
            raise Refused(422, "The permissions requested are not granted to this installation.")
    return wanted


def _narrow_scope(simulation: Simulation, installation: Installation, wanted: TokenRequest) -> frozenset[int] | None:
    if wanted.repositories is None and wanted.repository_ids is None:
        return None
    visible = simulation.state.list_repositories(installation)
    ids = {repository.id: repository.id for repository in visible}
    names = {repository.name.lower(): repository.id for repository in visible}
    asked = [ids.get(i) for i in wanted.repository_ids or ()]
    asked += [names.get(name.lower()) for name in wanted.repositories or ()]
    found = frozenset(i for i in asked if i is not None)
    if None in asked:
        raise Refused(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent installation.",
        )
    return found or None


def _describe_grant(simulation: Simulation, grant: TokenGrant) -> dict[str, Any]:
    content = {
        "token": grant.token,
        "expires_at": timestamp(grant.expires_at),
        "permissions": dict(grant.permissions),
        "repository_selection": _selection(grant),
    }
    if grant.repository_ids is None:
        return content
    scope = [simulation.state.get_repository(i) for i in sorted(grant.repository_ids)]
    return {**content, "repositories": [simulation.writer.repository(r) for r in scope]}


def _selection(grant: TokenGrant) -> str:
    everything = grant.repository_ids is None and grant.installation.repository_ids is None
    return "all" if everything else "selected"
