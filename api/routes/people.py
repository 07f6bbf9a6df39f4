"""People: they sign in with GitHub, install the App, and come back from there."""

from dataclasses import dataclass
from typing import Annotated, assert_never

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.browser import BrowserOfRequest, bind, redirect, say_goodbye, welcome
from api.services import ApiServices, ServicesOfRequest
from api.ui.pages import render
from domain.errors import UserError
from domain.identifiers import InstallationId
from domain.ports.secrets import Purpose
from operations.installing import Answer, Arrived, Onward, Requested, finish_trip
from operations.round_trips import Departure, Return
from operations.signing_in import Door, begin_installation, begin_sign_in

_LARGEST_ID = 2**63 - 1

router = APIRouter(tags=["people"])


@dataclass(frozen=True, slots=True)
class GitHubAnswer:
    """What GitHub put into the URL."""

    code: str = ""
    state: str = ""
    installation_id: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None
    setup_action: str = ""
    error: str = ""


AnswerInUrl = Annotated[GitHubAnswer, Depends()]


@router.get("/sign-in")
def begin_signing_in(services: ServicesOfRequest, browser: BrowserOfRequest, return_to: str = "") -> RedirectResponse:
    """Send the browser to GitHub to learn whose it is."""
    departure = Departure(Purpose.SIGN_IN, browser.session, return_to)
    going = redirect(begin_sign_in(_door(services), departure, services.clock.now()))
    bind(going, services, browser)
    return going


@router.post("/sign-out", response_class=HTMLResponse)
def sign_out(services: ServicesOfRequest) -> HTMLResponse:
    """Let nobody be signed in with this browser."""
    page = render("signed_out.html")
    say_goodbye(page, services)
    return page


@router.get("/me")
def show_person(browser: BrowserOfRequest) -> dict[str, str | int]:
    """Say who is signed in; 401 for nobody."""
    if browser.person is None:
        raise UserError("not_signed_in", "Nobody is signed in with this browser: go to /sign-in.")
    account = browser.person.account
    return {"id": browser.person.id, "login": account.login, "avatar_url": account.avatar_url}


@router.get("/github/install")
def begin_installing(services: ServicesOfRequest, browser: BrowserOfRequest, return_to: str = "") -> RedirectResponse:
    """Send the browser to GitHub to install the App, or to change what it sees."""
    going = redirect(begin_installation(_door(services), browser.session, return_to, services.clock.now()))
    bind(going, services, browser)
    return going


@router.get("/github/callback")
def come_back(services: ServicesOfRequest, browser: BrowserOfRequest, answer: AnswerInUrl) -> Response:
    """Take somebody in who comes back from GitHub; an installation counts once GitHub says that it is theirs."""
    back = Answer(
        Return(answer.state, browser.session),
        code=answer.code,
        installation_id=InstallationId(answer.installation_id) if answer.installation_id is not None else None,
        setup_action=answer.setup_action,
        error=answer.error,
    )
    outcome = finish_trip(_door(services), services.forge, back, services.clock.now())
    match outcome:
        case Onward():
            going = redirect(outcome.url)
            bind(going, services, browser)
            return going
        case Requested():
            return render("requested.html")
        case Arrived():
            page = redirect(outcome.return_to) if outcome.return_to else _greet(outcome)
            welcome(page, services, outcome.person)
            return page
        case _:
            assert_never(outcome)


@router.get("/github/setup")
def come_back_from_setup(services: ServicesOfRequest, browser: BrowserOfRequest, answer: AnswerInUrl) -> Response:
    """Take somebody in whom GitHub sends to the setup URL, after an installation changed."""
    return come_back(services, browser, answer)


def _greet(arrived: Arrived) -> HTMLResponse:
    if arrived.refreshed is None:
        return render("signed_in.html", login=arrived.person.account.login)
    installation = arrived.refreshed.installation
    return render(
        "installed.html",
        account=installation.account.login if installation.account else "",
        repositories=arrived.refreshed.repositories,
        suspended=installation.suspended_at is not None,
    )


def _door(services: ApiServices) -> Door:
    return Door(services.store, services.sign_in, f"{services.access.public_url}/github/callback")
