"""What the pages for people share: who is signed in, forms, addresses, and a plain page."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from github_app.simulator.routes.access import Simulated
from github_app.simulator.state import Account

_POLICY: Final = {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "same-origin"}
_PAGE: Final = Environment(autoescape=True).from_string(
    "<!doctype html><html lang=en><meta charset=utf-8><title>{{ title }}</title>"
    "<main><h1>{{ title }}</h1>{% for line in lines %}<p>{{ line }}</p>{% endfor %}</main></html>"
)


class PageRefused(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """A page that GitHub does not show; never leaves the simulator except as a page that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def show_page(title: str, *lines: str, status: int = 200) -> HTMLResponse:
    """Return a plain page."""
    return HTMLResponse(_PAGE.render(title=title, lines=lines), status, _POLICY)


def answer_page(_request: Request, refused: Exception) -> HTMLResponse:
    """Answer a refusal; registered with the application for `PageRefused`."""
    if not isinstance(refused, PageRefused):
        raise refused
    return show_page(f"{refused.status}", refused.sentence, status=refused.status)


def require_user(simulation: Simulated) -> Account:
    """Return who is signed in, or show that nobody is (401)."""
    user = simulation.authorizations.signed_in
    if user is None:
        raise PageRefused(401, "Nobody is signed in: PUT /_simulator/session says who is.")
    return user


async def read_parameters(request: Request) -> dict[str, str]:
    """Return what the query and the body say, be the latter a form or JSON."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        said = _read_object(body)
    else:
        said = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return {**request.query_params, **said}


SignedIn = Annotated[Account, Depends(require_user)]
Parameters = Annotated[dict[str, str], Depends(read_parameters)]


def redirect(url: str, query: Mapping[str, str | int | None]) -> RedirectResponse:
    """Send the browser to an address with more in its query; what is None is left out."""
    parts = urlsplit(url)
    said = {name: value for name, value in query.items() if value is not None}
    whole = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *said.items()])
    return RedirectResponse(urlunsplit(parts._replace(query=whole)), 302)


def is_below(url: str, callback: str) -> bool:
    """Tell whether an address is the callback URL or below it, on the same host and port."""
    wanted, known = urlsplit(url), urlsplit(callback)
    if (wanted.scheme, wanted.netloc) != (known.scheme, known.netloc):
        return False
    path = known.path.rstrip("/")
    return wanted.path.rstrip("/") == path or wanted.path.startswith(f"{path}/")


def _read_object(body: bytes) -> dict[str, str]:
    try:
        document: Any = json.loads(body)
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in document.items()} if isinstance(document, dict) else {}
