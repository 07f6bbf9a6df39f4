"""Check runs: one for each deployment, made once, kept true, found again after a crash."""

from collections.abc import Callable

from pydantic import BaseModel

from domain.ports.forge import DeploymentReport
from domain.source import FullName
from github_app.annotations import MAX_PER_REQUEST, annotations
from github_app.asking import CREATED, NOT_FOUND, OK, Asking, follow_pages, parse, route
from github_app.client import Answer, Call, refusal
from github_app.reporting import check_run_body, check_run_name, check_run_output
from github_app.tokens import Purpose


def report_check_run(asking: Asking, report: DeploymentReport, *, look_for_existing: bool) -> int:
    """Create or update the deployment's check run and return its id."""
    run_id = report.deployment.on_github.check_run_id
    if run_id is None and look_for_existing:
        run_id = _find(asking, report)
    run = _update(asking, report, run_id) if run_id is not None else None
    return _annotate(asking, report, run or _create(asking, report))


def _create(asking: Asking, report: DeploymentReport) -> "_CheckRun":
    body = {**check_run_body(report), "head_sha": report.deployment.commit.sha}
    answer = _ask(asking, report, lambda name: Call("POST", f"{route(name)}/check-runs", body))
    if answer.status != CREATED:
        raise refusal(answer, "create a check run")
    return parse(_CheckRun, answer)


def _update(asking: Asking, report: DeploymentReport, run_id: int) -> "_CheckRun | None":
    """Update the check run; None when GitHub does not have it any more."""
    body = check_run_body(report)
    answer = _ask(asking, report, lambda name: Call("PATCH", f"{route(name)}/check-runs/{run_id}", body))
    if answer.status == NOT_FOUND:
        return None
    if answer.status != OK:
        raise refusal(answer, "update a check run")
    return parse(_CheckRun, answer)


def _annotate(asking: Asking, report: DeploymentReport, run: "_CheckRun") -> int:
    """Add the annotations GitHub does not have yet: it adds what it is sent, also when it has the same already."""
    failure = report.deployment.failure
    missing = annotations(failure.problems if failure else ())[run.output.annotations_count :]
    for start in range(0, len(missing), MAX_PER_REQUEST):
        _add_annotations(asking, report, run.id, missing[start : start + MAX_PER_REQUEST])
    return run.id


def _add_annotations(asking: Asking, report: DeploymentReport, run_id: int, portion: list[dict[str, object]]) -> None:
    body = {"output": {**check_run_output(report), "annotations": portion}}
    answer = _ask(asking, report, lambda name: Call("PATCH", f"{route(name)}/check-runs/{run_id}", body, adds=True))
    if answer.status != OK:
        raise refusal(answer, "annotate a check run")


def _find(asking: Asking, report: DeploymentReport) -> int | None:
    """Return the check run made before a crash kept its id from being stored."""
    path = f"commits/{report.deployment.commit.sha}/check-runs"
    wanted: dict[str, str | int] = {"check_name": check_run_name(report), "filter": "all"}
    pages = follow_pages(
        lambda query: _ask(asking, report, lambda name: Call("GET", f"{route(name)}/{path}", query={**wanted, **query}))
    )
    for answer in pages:
        if answer.status == NOT_FOUND:
            return None
        if answer.status != OK:
            raise refusal(answer, "list the check runs of a commit")
        found = [run.id for run in parse(_CheckRuns, answer).check_runs if run.external_id == report.deployment.id]
        if found:
            return found[0]
    return None


def _ask(asking: Asking, report: DeploymentReport, call_for: Callable[[FullName], Call]) -> Answer:
    return asking.ask(report.address, Purpose.WRITE_CHECKS, call_for)


class _Output(BaseModel):
    annotations_count: int = 0


class _CheckRun(BaseModel):
    id: int
    output: _Output = _Output()
    external_id: str | None = None


class _CheckRuns(BaseModel):
    check_runs: list[_CheckRun]
