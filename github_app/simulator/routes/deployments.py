"""Deployments and their statuses."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.refusals import Refused
from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Pages, Simulated, allow
from github_app.simulator.routes.repositories import find_target
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository, now

router = APIRouter(prefix="/repos/{owner}/{repo}/deployments")
Readable = Annotated[HostedRepository, Depends(allow("read", "deployments"))]
Writable = Annotated[HostedRepository, Depends(allow("write", "deployments"))]
_LONGEST_DESCRIPTION: Final = 140
_ANY: Final = "none"
Description = Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)]


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


class DeploymentFilter(BaseModel):
    """Which deployments are meant; `none` is GitHub's word for any."""

    sha: str = _ANY
    ref: str = _ANY
    task: str = _ANY
    environment: str = _ANY

    def matches(self, deployment: dict[str, Any]) -> bool:
        """Tell whether a deployment is one of them."""
        return all(want in {_ANY, deployment[name]} for name, want in self.model_dump().items())


@router.get("")
def list_deployments(
    simulation: Simulated, repository: Readable, paging: Pages, wanted: Annotated[DeploymentFilter, Depends()]
) -> JSONResponse:
    """The deployments, newest first."""
    reports = reversed(simulation.reports.list_reports(ReportKind.DEPLOYMENT, repository))
    found = [dict(r.content) for r in reports if wanted.matches(dict(r.content))]
    return JSONResponse(paging.cut(found), headers=paging.link(simulation.writer.api_url, len(found)))


@router.get("/{deployment_id}/statuses")
def list_deployment_statuses(
    simulation: Simulated, repository: Readable, deployment_id: int, paging: Pages
) -> JSONResponse:
    """The statuses of a deployment, newest first."""
    deployment = simulation.reports.get(ReportKind.DEPLOYMENT, repository, deployment_id)
    found = _list_statuses(simulation, repository, deployment)[::-1]
    return JSONResponse(paging.cut(found), headers=paging.link(simulation.writer.api_url, len(found)))


@router.get("/{deployment_id}")
def show_deployment(simulation: Simulated, repository: Readable, deployment_id: int) -> dict[str, Any]:
    """One deployment."""
    return simulation.reports.get(ReportKind.DEPLOYMENT, repository, deployment_id)


@router.post("", status_code=201)
def create_deployment(simulation: Simulated, repository: Writable, wanted: DeploymentRequest) -> dict[str, Any]:
    """Announce a deployment of a ref."""
    commit = find_target(simulation, repository, wanted.ref)
    _demand_success(simulation, repository, commit.sha, wanted)
    made = stamp(simulation, "Deployment")
    url = f"{simulation.writer.repository_url(repository)}/deployments/{made['id']}"
    content = {
        **made,
        **wanted.model_dump(exclude={"auto_merge", "required_contexts", "production_environment"}),
        "sha": commit.sha,
        "url": url,
        "original_environment": wanted.environment,
        "creator": simulation.writer.bot(),
        "statuses_url": f"{url}/statuses",
        "repository_url": simulation.writer.repository_url(repository),
        "production_environment": _is_production(wanted),
        "performed_via_github_app": simulation.writer.app(),
    }
    return simulation.reports.put(ReportKind.DEPLOYMENT, repository, content)


@router.post("/{deployment_id}/statuses", status_code=201)
def create_deployment_status(
    simulation: Simulated, repository: Writable, deployment_id: int, wanted: DeploymentStatusRequest
) -> dict[str, Any]:
    """Say how a deployment goes."""
    deployment = simulation.reports.get(ReportKind.DEPLOYMENT, repository, deployment_id)
    if wanted.state == "success" and wanted.auto_inactive:
        _retire_others(simulation, repository, deployment, wanted.environment or deployment["environment"])
    return _add_status(simulation, repository, deployment, wanted)


def _retire_others(
    simulation: Simulation, repository: HostedRepository, successor: dict[str, Any], environment: str
) -> None:
    """Say of the older deployments to the same environment that they are over, unless they are transient."""
    for report in simulation.reports.list_reports(ReportKind.DEPLOYMENT, repository):
        older = dict(report.content)
        statuses = _list_statuses(simulation, repository, older)
        is_live = bool(statuses) and statuses[-1]["state"] == "success"
        same = older["environment"] == environment and older["id"] < successor["id"]
        if same and is_live and not older["transient_environment"]:
            _add_status(simulation, repository, older, DeploymentStatusRequest(state="inactive"))


def _add_status(
    simulation: Simulation, repository: HostedRepository, deployment: dict[str, Any], wanted: DeploymentStatusRequest
) -> dict[str, Any]:
    made = stamp(simulation, "DeploymentStatus")
    content = {
        **made,
        **wanted.model_dump(exclude={"auto_inactive"}),
        "url": f"{deployment['statuses_url']}/{made['id']}",
        "target_url": wanted.log_url or wanted.target_url,
        "log_url": wanted.log_url or wanted.target_url,
        "environment": wanted.environment or deployment["environment"],
        "creator": simulation.writer.bot(),
        "deployment_url": deployment["url"],
        "repository_url": deployment["repository_url"],
        "performed_via_github_app": simulation.writer.app(),
    }
    return simulation.reports.put(ReportKind.DEPLOYMENT_STATUS, repository, content)


def _list_statuses(
    simulation: Simulation, repository: HostedRepository, deployment: dict[str, Any]
) -> list[dict[str, Any]]:
    reports = simulation.reports.list_reports(ReportKind.DEPLOYMENT_STATUS, repository)
    return [dict(r.content) for r in reports if r.content["deployment_url"] == deployment["url"]]


def stamp(simulation: Simulation, kind: str) -> dict[str, Any]:
    """Return what every new report begins with."""
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
