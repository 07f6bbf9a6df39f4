"""Commit statuses, deployments and their statuses."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.refusals import Refused
from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Simulated, allow
from github_app.simulator.routes.repositories import find_target
from github_app.simulator.settings import DEFAULT_PERMISSIONS
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository, now

router = APIRouter(prefix="/repos/{owner}/{repo}")
StatusWritable = Annotated[HostedRepository, Depends(allow("write", "statuses"))]
DeploymentWritable = Annotated[HostedRepository, Depends(allow("write", "deployments"))]
_LONGEST_DESCRIPTION: Final = 140
Description = Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)]


class StatusRequest(BaseModel):
    """A commit status."""

    state: Literal["error", "failure", "pending", "success"]
    target_url: str | None = None
    description: Description | None = None
    context: str = "default"


class DeploymentRequest(BaseModel):
    """A deployment; without `required_contexts` every status and check of the commit must have succeeded."""

    ref: str
    task: str = "deploy"
    auto_merge: bool = True
    required_contexts: list[str] | None = None
    payload: dict[str, Any] | str = ""
    environment: str = "production"
    description: Description | None = ""
    transient_environment: bool = False
    production_environment: bool | None = None


class DeploymentStatusRequest(BaseModel):
    """How a deployment goes."""

    state: Literal["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]
    target_url: str = ""
    log_url: str = ""
    description: Description = ""
    environment: str | None = None
    environment_url: str = ""
    auto_inactive: bool = True


@router.post("/statuses/{sha}", status_code=201)
def create_status(simulation: Simulated, repository: StatusWritable, sha: str, wanted: StatusRequest) -> dict[str, Any]:
    """Say how a commit fares in one context."""
    commit = find_target(simulation, repository, sha)
    bot = simulation.writer.bot()
    content = {
        **_stamp(simulation, "StatusContext"),
        "url": f"{simulation.writer.repository_url(repository)}/statuses/{commit.sha}",
        "avatar_url": bot["avatar_url"],
        "creator": bot,
        **wanted.model_dump(),
    }
    simulation.reports.put(ReportKind.STATUS, repository, {**content, "sha": commit.sha})
    return content


@router.post("/deployments", status_code=201)
def create_deployment(
    simulation: Simulated, repository: DeploymentWritable, wanted: DeploymentRequest
) -> dict[str, Any]:
    """Announce a deployment of a ref."""
    commit = find_target(simulation, repository, wanted.ref)
    _demand_success(simulation, repository, commit.sha, wanted)
    stamp = _stamp(simulation, "Deployment")
    url = f"{simulation.writer.repository_url(repository)}/deployments/{stamp['id']}"
    content = {
        **stamp,
        **wanted.model_dump(exclude={"auto_merge", "required_contexts", "production_environment"}),
        "sha": commit.sha,
        "url": url,
        "original_environment": wanted.environment,
        "creator": simulation.writer.bot(),
        "statuses_url": f"{url}/statuses",
        "repository_url": simulation.writer.repository_url(repository),
        "production_environment": _is_production(wanted),
        "performed_via_github_app": simulation.writer.app(DEFAULT_PERMISSIONS, simulation.started_at),
    }
    return simulation.reports.put(ReportKind.DEPLOYMENT, repository, content)


@router.post("/deployments/{deployment_id}/statuses", status_code=201)
def create_deployment_status(
    simulation: Simulated, repository: DeploymentWritable, deployment_id: int, wanted: DeploymentStatusRequest
) -> dict[str, Any]:
    """Say how a deployment goes."""
    deployment = simulation.reports.get(ReportKind.DEPLOYMENT, repository, deployment_id)
    stamp = _stamp(simulation, "DeploymentStatus")
    said = wanted.model_dump(exclude={"auto_inactive"})
    content = {
        **stamp,
        **said,
        "url": f"{deployment['statuses_url']}/{stamp['id']}",
        "target_url": wanted.log_url or wanted.target_url,
        "log_url": wanted.log_url or wanted.target_url,
        "environment": wanted.environment or deployment["environment"],
        "creator": simulation.writer.bot(),
        "deployment_url": deployment["url"],
        "repository_url": deployment["repository_url"],
        "performed_via_github_app": simulation.writer.app(DEFAULT_PERMISSIONS, simulation.started_at),
    }
    return simulation.reports.put(ReportKind.DEPLOYMENT_STATUS, repository, content)


def _stamp(simulation: Simulation, kind: str) -> dict[str, Any]:
    number, at = simulation.state.new_id(), timestamp(now())
    return {"id": number, "node_id": node_id(kind, number), "created_at": at, "updated_at": at}


def _is_production(wanted: DeploymentRequest) -> bool:
    said = wanted.production_environment
    return wanted.environment == "production" if said is None else said


def _demand_success(simulation: Simulation, repository: HostedRepository, sha: str, wanted: DeploymentRequest) -> None:
    """Raise `Refused` (409) as GitHub does; our own unfinished check run counts unless `required_contexts` is []."""
    states = _states(simulation, repository, sha)
    required = states if wanted.required_contexts is None else wanted.required_contexts
    if any(states.get(context) != "success" for context in required):
        raise Refused(409, f"Conflict: Commit status checks failed for {wanted.ref}.")


def _states(simulation: Simulation, repository: HostedRepository, sha: str) -> dict[str, str | None]:
    statuses = (r.content for r in simulation.reports.list_reports(ReportKind.STATUS, repository))
    runs = (r.content for r in simulation.reports.list_reports(ReportKind.CHECK_RUN, repository))
    states = {status["context"]: status["state"] for status in statuses if status["sha"] == sha}
    return states | {run["name"]: run["conclusion"] for run in runs if run["head_sha"] == sha}
