"""Check runs: made, changed, shown."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from github_app.simulator.events.checks import find_suite_id
from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.parts import CheckDetails
from github_app.simulator.pull_objects import list_brief_pulls
from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Pages, Simulated, allow
from github_app.simulator.routes.repositories import find_target
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository, now

router = APIRouter(prefix="/repos/{owner}/{repo}")
Readable = Annotated[HostedRepository, Depends(allow("read", "checks"))]
Writable = Annotated[HostedRepository, Depends(allow("write", "checks"))]
Status = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"]
_LONGEST_TEXT: Final = 65535
_MOST_ANNOTATIONS: Final = 50
_MOST_ACTIONS: Final = 3
_LONGEST_LABEL: Final = 20
_LONGEST_DESCRIPTION: Final = 40
Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]


class Annotation(BaseModel):
    """A remark at a line."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: Text
    start_column: int | None = None
    end_column: int | None = None
    title: Annotated[str, Field(max_length=255)] | None = None
    raw_details: Text | None = None


class Output(BaseModel):
    """What people read on the check's page."""

    title: str | None = None
    summary: Text
    text: Text | None = None
    annotations: Annotated[list[Annotation], Field(max_length=_MOST_ANNOTATIONS)] = Field(default_factory=list)


class Action(BaseModel):
    """A button on the check's page."""

    label: Annotated[str, Field(max_length=_LONGEST_LABEL)]
    description: Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)]
    identifier: Annotated[str, Field(max_length=_LONGEST_LABEL)]


class CheckRunChange(BaseModel):
    """What may be told of a check run at any time."""

    name: str | None = None
    details_url: str | None = None
    external_id: str | None = None
    status: Status | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    conclusion: Conclusion | None = None
    output: Output | None = None
    actions: Annotated[list[Action], Field(max_length=_MOST_ACTIONS)] | None = None

    @model_validator(mode="after")
    def conclude(self) -> Self:
        """Refuse an end without a conclusion; a conclusion alone means the end."""
        if self.status == "completed" and self.conclusion is None:
            raise ValueError("conclusion is required when status is completed")
        if self.conclusion is not None:
            self.status = "completed"
        return self


class CheckRunRequest(CheckRunChange):
    """A new check run."""

    name: str
    head_sha: str


class CheckRunFilter(BaseModel):
    """Which of a commit's check runs are meant."""

    check_name: str | None = None
    status: Status | None = None
    filter: Literal["latest", "all"] = "latest"
    app_id: int | None = None

    def choose(self, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the runs that match, newest first as they came."""
        names: set[str] = set()
        chosen = []
        for run in runs:
            latest = self.filter == "all" or run["name"] not in names
            names.add(run["name"])
            if latest and self._matches(run):
                chosen.append(run)
        return chosen

    def _matches(self, run: dict[str, Any]) -> bool:
        wanted = ((self.check_name, run["name"]), (self.status, run["status"]), (self.app_id, run["app"]["id"]))
        return all(want is None or want == value for want, value in wanted)


@router.post("/check-runs", status_code=201)
def create_check_run(simulation: Simulated, repository: Writable, wanted: CheckRunRequest) -> dict[str, Any]:
    """Make a check run on a commit that exists."""
    head = find_target(simulation, repository, wanted.head_sha)
    blank = _blank(simulation, repository, head.sha)
    _keep_details(simulation, blank["id"], wanted)
    return simulation.reports.put(ReportKind.CHECK_RUN, repository, _merge(blank, wanted))


@router.patch("/check-runs/{check_run_id}")
def update_check_run(
    simulation: Simulated, repository: Writable, check_run_id: int, change: CheckRunChange
) -> dict[str, Any]:
    """Change a check run; annotations are added to those that are there."""
    known = simulation.reports.get(ReportKind.CHECK_RUN, repository, check_run_id)
    _keep_details(simulation, check_run_id, change)
    return simulation.reports.put(ReportKind.CHECK_RUN, repository, _merge(known, change))


@router.get("/check-runs/{check_run_id}")
def show_check_run(simulation: Simulated, repository: Readable, check_run_id: int) -> dict[str, Any]:
    """One check run."""
    return simulation.reports.get(ReportKind.CHECK_RUN, repository, check_run_id)


@router.get("/check-runs/{check_run_id}/annotations")
def list_annotations(simulation: Simulated, repository: Readable, check_run_id: int, paging: Pages) -> JSONResponse:
    """The annotations of a check run, in the order in which they came."""
    run = simulation.reports.get(ReportKind.CHECK_RUN, repository, check_run_id)
    page = f"{simulation.writer.page_url(repository)}/blob/{run['head_sha']}"
    details = simulation.check_details.get(check_run_id, CheckDetails())
    shown = [{**remark, "blob_href": f"{page}/{quote(remark['path'])}"} for remark in paging.cut(details.annotations)]
    return JSONResponse(shown, headers=paging.link(simulation.writer.api_url, len(details.annotations)))


@router.get("/commits/{ref:path}/check-runs")
def list_check_runs(
    simulation: Simulated,
    repository: Readable,
    ref: str,
    paging: Pages,
    wanted: Annotated[CheckRunFilter, Depends()],
) -> JSONResponse:
    """The check runs of a commit, newest first; of each name the latest only unless all are asked for."""
    sha = find_target(simulation, repository, ref).sha
    reports = reversed(simulation.reports.list_reports(ReportKind.CHECK_RUN, repository))
    runs = wanted.choose([dict(r.content) for r in reports if r.content["head_sha"] == sha])
    content = {"total_count": len(runs), "check_runs": paging.cut(runs)}
    return JSONResponse(content, headers=paging.link(simulation.writer.api_url, len(runs)))


def _blank(simulation: Simulation, repository: HostedRepository, sha: str) -> dict[str, Any]:
    run_id = simulation.state.new_id()
    url = f"{simulation.writer.repository_url(repository)}/check-runs/{run_id}"
    return {
        "id": run_id,
        "head_sha": sha,
        "node_id": node_id("CheckRun", run_id),
        "external_id": "",
        "url": url,
        "html_url": f"{simulation.writer.page_url(repository)}/runs/{run_id}",
        "details_url": simulation.writer.origin,
        "status": "queued",
        "conclusion": None,
        "started_at": timestamp(now()),
        "completed_at": None,
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": find_suite_id(sha)},
        "app": simulation.writer.app(),
        "pull_requests": list_brief_pulls(simulation, repository, sha),
    }


def _keep_details(simulation: Simulation, run_id: int, change: CheckRunChange) -> None:
    """Add annotations to those that are there; buttons replace the earlier ones."""
    known = simulation.check_details.get(run_id, CheckDetails())
    come = tuple(remark.model_dump() for remark in change.output.annotations) if change.output else ()
    actions = known.actions if change.actions is None else tuple(action.model_dump() for action in change.actions)
    simulation.check_details[run_id] = CheckDetails((*known.annotations, *come), actions)


def _merge(run: dict[str, Any], change: CheckRunChange) -> dict[str, Any]:
    plain = change.model_dump(include={"name", "details_url", "external_id", "status"}, exclude_none=True)
    merged = {**run, **plain}
    if change.started_at:
        merged["started_at"] = timestamp(change.started_at)
    if change.status:
        merged["conclusion"] = change.conclusion
        ended = timestamp(change.completed_at or now())
        merged["completed_at"] = ended if change.status == "completed" else None
    if change.output:
        merged["output"] = _merge_output(run["output"], change.output)
    return merged


def _merge_output(known: dict[str, Any], output: Output) -> dict[str, Any]:
    said = {key: getattr(output, key) for key in output.model_fields_set - {"annotations"}}
    count = known["annotations_count"] + len(output.annotations)
    return {**known, **said, "annotations_count": count}
