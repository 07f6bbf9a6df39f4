"""The GitHub App: creating it with one click, and taking over what GitHub hands back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.access import require_creator
from api.browser import BrowserOfRequest, bind
from api.services import ApiServices, ServicesOfRequest
from api.ui.pages import render
from operations.creating_app import Workshop, draft_app, finish_app
from operations.round_trips import Return

router = APIRouter(tags=["GitHub App"])


@router.get("/github/app/new", dependencies=[Depends(require_creator)], response_class=HTMLResponse)
def offer_creation(
    services: ServicesOfRequest,
    browser: BrowserOfRequest,
    organization: Annotated[str, Query(max_length=60)] = "",
    key: str = "",
) -> HTMLResponse:
    """Show the form that creates the App on GitHub; 409 when there is one."""
    form = draft_app(_workshop(services), browser.session, organization.strip(), services.clock.now())
    page = render(
        "create_app.html",
        posts_to=services.access.github_url,
        form=form,
        key=key,
        organization=organization.strip(),
        webhook_url=f"{services.access.public_url}/webhooks/github",
    )
    bind(page, services, browser)
    return page


@router.get("/github/app/created", response_class=HTMLResponse)
def finish_creation(
    services: ServicesOfRequest, browser: BrowserOfRequest, code: str = "", state: str = ""
) -> HTMLResponse:
    """Take over the App that GitHub created."""
    app = finish_app(_workshop(services), Return(state, browser.session), code, services.clock.now())
    return render("app_created.html", slug=app.slug)


def _workshop(services: ApiServices) -> Workshop:
    return Workshop(services.store, services.lookup, services.maker)
