"""Users authorize the App: the page that sends them back with a code, and the code's exchange for a token."""

import hmac
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from github_app.simulator.authorizations import REFRESH_LIFETIME, TOKEN_LIFETIME, UserTokens
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.web import PageRefused, Parameters, SignedIn, is_below, redirect
from github_app.simulator.simulation import Simulation

router = APIRouter(prefix="/login/oauth")
_HELP: Final = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
_BAD_CLIENT: Final = ("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
_BAD_CODE: Final = ("bad_verification_code", "The code passed is incorrect or expired.")
_BAD_REFRESH: Final = ("bad_refresh_token", "The refresh token passed is incorrect or expired.")


@router.get("/authorize")
def authorize(simulation: Simulated, asked: Parameters, user: SignedIn) -> Response:
    """Send who is signed in back at once, with a code or with his refusal."""
    if asked.get("client_id") != simulation.app.client_id:
        raise PageRefused(404, "There is no App with this client_id.")
    target = find_callback(simulation, asked.get("redirect_uri", ""))
    state = asked.get("state")
    if simulation.authorizations.denies:
        denial = {"error": "access_denied", "error_description": "The user has denied your application access."}
        return redirect(target, {**denial, "state": state})
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        raise PageRefused(400, "The code_challenge_method must be S256.")
    code = simulation.authorizations.make_code(user, target, asked.get("code_challenge", ""))
    return redirect(target, {"code": code, "state": state})


@router.post("/access_token")
def exchange(request: Request, simulation: Simulated, asked: Parameters) -> Response:
    """Exchange a code or a refresh token; errors are answered with 200, as GitHub does."""
    content = _exchange(simulation, asked)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(content)
    return PlainTextResponse(urlencode(content), media_type="application/x-www-form-urlencoded")


def find_callback(simulation: Simulation, wanted: str) -> str:
    """Return where a user is sent: the address that is asked for, or the App's first callback URL."""
    known = simulation.app.callback_urls
    if not wanted and not known:
        raise PageRefused(400, "The App has no callback URL: give a redirect_uri.")
    if wanted and known and not any(is_below(wanted, url) for url in known):
        raise PageRefused(400, "The redirect_uri is not associated with this application.")
    return wanted or known[0]


def _exchange(simulation: Simulation, asked: dict[str, str]) -> dict[str, Any]:
    app, desk = simulation.app, simulation.authorizations
    secret = asked.get("client_secret", "")
    if asked.get("client_id") != app.client_id or not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        return _fail(*_BAD_CLIENT)
    if asked.get("grant_type") == "refresh_token":
        tokens = desk.renew(asked.get("refresh_token", ""))
        return _describe(tokens) if tokens else _fail(*_BAD_REFRESH)
    redirect_uri, verifier = asked.get("redirect_uri", ""), asked.get("code_verifier", "")
    tokens = desk.exchange(asked.get("code", ""), redirect_uri, verifier)
    return _describe(tokens) if tokens else _fail(*_BAD_CODE)


def _describe(tokens: UserTokens) -> dict[str, Any]:
    return {
        "access_token": tokens.access_token,
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "refresh_token": tokens.refresh_token,
        "refresh_token_expires_in": int(REFRESH_LIFETIME.total_seconds()),
        "token_type": "bearer",
        "scope": "",
    }


def _fail(code: str, sentence: str) -> dict[str, Any]:
    return {"error": code, "error_description": sentence, "error_uri": f"{_HELP}#{code.replace('_', '-')}"}
