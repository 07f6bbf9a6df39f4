"""Arranging people: who there is, who is signed in, who may do what."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.control import Login, Name

router = APIRouter(prefix="/_simulator")
Role = Literal["admin", "maintain", "write", "triage", "read", "none"]


class NewAccount(BaseModel):
    """A person or an organisation."""

    kind: Literal["User", "Organization"] = "User"


class NewMembers(BaseModel):
    """Everybody who belongs to an organisation, and the roles people have in its repositories besides."""

    logins: dict[Login, Literal["admin", "member"]]
    repositories: Annotated[dict[Name, dict[Login, Role]], Field(default_factory=dict)]


class NewSession(BaseModel):
    """Who uses the browser from now on, and whether he refuses to authorize the App."""

    login: Login
    denies: bool = False


@router.put("/accounts/{login}")
def create_account(simulation: Simulated, login: Login, wanted: NewAccount) -> dict[str, Any]:
    """Make an account."""
    return simulation.writer.account(simulation.create_account(login, wanted.kind))


@router.put("/accounts/{login}/members")
def set_members(simulation: Simulated, login: Login, wanted: NewMembers) -> dict[str, Any]:
    """Say who belongs to an organisation."""
    account = simulation.set_members(login, wanted.logins, wanted.repositories)
    return simulation.writer.account(account)


@router.put("/session")
def sign_in(simulation: Simulated, session: NewSession) -> dict[str, Any]:
    """Sign somebody in."""
    simulation.sign_in(session.login, denies=session.denies)
    return simulation.writer.account(simulation.actor())


@router.post("/user-tokens/expire", status_code=204)
def expire_user_tokens(simulation: Simulated) -> Response:
    """Let all user tokens and codes expire now."""
    simulation.authorizations.expire_all()
    return Response(status_code=204)


@router.delete("/session", status_code=204)
def sign_out(simulation: Simulated) -> Response:
    """Sign out whoever is signed in."""
    simulation.sign_in(None)
    return Response(status_code=204)
