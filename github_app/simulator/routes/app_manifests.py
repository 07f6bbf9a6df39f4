"""Making the App of a manifest: the page that confirms it, and the code's exchange for its keys."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from github_app.simulator.manifests import parse_manifest
from github_app.simulator.memberships import administers
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.web import PageRefused, Parameters, SignedIn, redirect, show_page
from github_app.simulator.state import Account

router = APIRouter()


def find_owner(simulation: Simulated, user: SignedIn, org: str) -> Account:
    """Return the organisation, which who is signed in must administer."""
    account = simulation.state.find_account(org)
    if account is None or not administers(simulation.state, user, account):
        raise PageRefused(404, f"{user.login} does not administer the organisation {org}.")
    return account


@router.get("/settings/apps/new")
@router.post("/settings/apps/new")
def make_own_app(simulation: Simulated, user: SignedIn, asked: Parameters) -> Response:
    """Make an App that belongs to who is signed in."""
    return _confirm(simulation, user, asked)


@router.get("/organizations/{org}/settings/apps/new")
@router.post("/organizations/{org}/settings/apps/new")
def make_app(simulation: Simulated, owner: Annotated[Account, Depends(find_owner)], asked: Parameters) -> Response:
    """Make an App that belongs to an organisation."""
    return _confirm(simulation, owner, asked)


@router.post("/app-manifests/{code}/conversions", status_code=201)
def convert(simulation: Simulated, code: str) -> dict[str, Any]:
    """Take the App over; the simulator is this App from now on."""
    app, pem = simulation.manifests.convert(code)
    secrets = {"client_secret": app.client_secret, "webhook_secret": app.webhook_secret, "pem": pem}
    return {**simulation.writer.app(), **secrets}


def _confirm(simulation: Simulated, owner: Account, asked: dict[str, str]) -> Response:
    """Confirm at once, as the person who presses the button on GitHub's page."""
    if "manifest" not in asked:
        return show_page("Register new GitHub App", "Send the form field `manifest`.")
    try:
        manifest = parse_manifest(asked["manifest"])
    except ValueError as error:
        raise PageRefused(422, f"Invalid GitHub App configuration: {error}") from error
    code = simulation.manifests.confirm(manifest, owner)
    return redirect(manifest.redirect_url, {"code": code, "state": asked.get("state")})
