"""The page for people: what GitHub was told."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.hook_deliveries import describe_attempt

router = APIRouter()
_POLICY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "same-origin",
}
_templates: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_MOST_ROWS: Final = 200


@router.get("/", response_class=HTMLResponse)
def show_page(simulation: Simulated) -> HTMLResponse:
    """Repositories, deliveries, and everything that was reported, newest first."""
    told = {kind.value: simulation.reports.list_reports(kind)[: -_MOST_ROWS - 1 : -1] for kind in ReportKind}
    content = _templates.get_template("page.html").render(
        **simulation.describe(),
        **told,
        deliveries=[describe_attempt(d) for d in simulation.courier.list_attempts()[: -_MOST_ROWS - 1 : -1]],
        requests=simulation.journal.list_exchanges()[: -_MOST_ROWS - 1 : -1],
        receiver=simulation.courier.hook.url,
    )
    return HTMLResponse(content, headers=_POLICY)
