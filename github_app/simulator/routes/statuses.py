"""Commit statuses."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Simulated, allow
from github_app.simulator.routes.deployments import Description, stamp
from github_app.simulator.routes.repositories import find_target
from github_app.simulator.state import HostedRepository

router = APIRouter(prefix="/repos/{owner}/{repo}")
Writable = Annotated[HostedRepository, Depends(allow("write", "statuses"))]


class StatusRequest(BaseModel):
    """A commit status."""

    state: Literal["error", "failure", "pending", "success"]
    target_url: str | None = None
    description: Description | None = None
    context: str = "default"


@router.post("/statuses/{sha}", status_code=201)
def create_status(simulation: Simulated, repository: Writable, sha: str, wanted: StatusRequest) -> dict[str, Any]:
    """Say how a commit fares in one context."""
    commit = find_target(simulation, repository, sha)
    bot = simulation.writer.bot()
    content = {
        **stamp(simulation, "StatusContext"),
        "url": f"{simulation.writer.repository_url(repository)}/statuses/{commit.sha}",
        "avatar_url": bot["avatar_url"],
        "creator": bot,
        **wanted.model_dump(),
    }
    simulation.reports.put(ReportKind.STATUS, repository, {**content, "sha": commit.sha})
    return content
