"""The pages on which people install the App."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from github_app.simulator.memberships import administers, find_membership, list_administered
from github_app.simulator.refusals import Refused
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.oauth import find_callback
from github_app.simulator.routes.web import PageRefused, Parameters, SignedIn, redirect, show_page
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import Account, Installation

router = APIRouter()
Chosen = Annotated[list[int] | None, Query(alias="repository_ids[]")]


@router.get("/apps/{slug}")
def show_app(simulation: Simulated, slug: str) -> Response:
    """The App's page."""
    _demand_app(simulation, slug)
    app = simulation.app
    return show_page(app.name, app.description, f"Install it: {simulation.writer.origin}/apps/{slug}/installations/new")


@router.get("/apps/{slug}/installations/new")
def install(simulation: Simulated, slug: str, user: SignedIn, asked: Parameters, chosen: Chosen = None) -> Response:
    """Install at once for who is signed in; a mere member only asks for it."""
    _demand_app(simulation, slug)
    account = _find_account(simulation, user, asked)
    if not administers(simulation.state, user, account):
        return _return(simulation, user, asked.get("state"), None)
    known = _find_installation(simulation, account)
    if known:
        return RedirectResponse(f"{simulation.writer.origin}/settings/installations/{known.id}", 302)
    installation = simulation.install(account.login, chosen, silent=False)
    return _return(simulation, user, asked.get("state"), installation)


@router.get("/settings/installations/{installation_id}")
def show_installation(simulation: Simulated, user: SignedIn, installation_id: int) -> Response:
    """The page of an installation."""
    try:
        installation = simulation.state.get_installation(installation_id)
    except Refused as refused:
        raise PageRefused(404, "There is no such installation.") from refused
    if not administers(simulation.state, user, installation.account):
        raise PageRefused(404, "There is no such installation.")
    seen = [r.full_name for r in simulation.state.list_repositories(installation)]
    state = "suspended" if installation.suspended_at else "active"
    return show_page(f"{simulation.app.name} on {installation.account.login}", state, *seen)


def _demand_app(simulation: Simulation, slug: str) -> None:
    if slug != simulation.app.slug:
        raise PageRefused(404, "There is no such App.")


def _find_account(simulation: Simulation, user: Account, asked: dict[str, str]) -> Account:
    """Return the account that is named, or the only organisation the user administers, or the user's own."""
    login, target = asked.get("account", ""), asked.get("target_id", "")
    if not login and not target:
        administered = list_administered(simulation.state, user)
        return administered[0] if len(administered) == 1 else user
    with simulation.state.lock:
        accounts = tuple(simulation.state.accounts.values())
    found = next((a for a in accounts if a.login.lower() == login.lower() or str(a.id) == target), None)
    if found is None or not (
        administers(simulation.state, user, found) or find_membership(simulation.state, user, found)
    ):
        raise PageRefused(404, "There is no such account, or not for you.")
    return found


def _find_installation(simulation: Simulation, account: Account) -> Installation | None:
    with simulation.state.lock:
        return next((i for i in simulation.state.installations.values() if i.account.id == account.id), None)


def _return(simulation: Simulation, user: Account, state: str | None, installation: Installation | None) -> Response:
    """Send the browser to the App, which is told of an installation or of the request for one."""
    query = {
        "installation_id": installation.id if installation else None,
        "setup_action": "install" if installation else "request",
        "state": state,
    }
    app = simulation.app
    if app.asks_for_user:
        target = find_callback(simulation, "")
        return redirect(target, {"code": simulation.authorizations.make_code(user, target), **query})
    if app.setup_url:
        return redirect(app.setup_url, query)
    return show_page(app.name, f"{query['setup_action']} is done; the App has no setup URL.")
