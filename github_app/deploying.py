"""GitHub's own deployments: one for each of ours, so that GitHub's pages show what each environment runs."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog
from pydantic import BaseModel, RootModel

from domain.deployments import DeploymentStatus, GitHubTraces
from domain.environments import EnvironmentKind
from domain.errors import OperatorError
from domain.ports.forge import DeploymentReport
from github_app.asking import CREATED, NOT_FOUND, OK, Asking, follow_pages, parse, route
from github_app.client import Answer, Call, refusal
from github_app.payloads import clean_text
from github_app.reporting import TITLES, is_archived
from github_app.tokens import Purpose

_MAX_DESCRIPTION_BYTES: Final = 140
_OUR_ID: Final = "pushwright_deployment"
_REFUSED: Final = frozenset({"github_permission_missing", "github_request_refused"})
_log = structlog.get_logger(__name__)
STATES: Final[Mapping[DeploymentStatus, str]] = {
    DeploymentStatus.PENDING: "queued",
    DeploymentStatus.INSTALLING: "in_progress",
    DeploymentStatus.BUILDING: "in_progress",
    DeploymentStatus.DEPLOYING: "in_progress",
    DeploymentStatus.DEPLOYED: "success",
    DeploymentStatus.FAILED: "failure",
    DeploymentStatus.CANCELED: "inactive",
    DeploymentStatus.TIMED_OUT: "error",
}


def deployment_state(report: DeploymentReport) -> str:
    """Return the state GitHub's deployment has; only what the environment runs is a success."""
    deployed = report.deployment.status is DeploymentStatus.DEPLOYED
    if deployed and (not report.is_current or is_archived(report)):
        return "inactive"
    return STATES[report.deployment.status]


def environment_name(report: DeploymentReport) -> str:
    """Return what GitHub calls the environment: several projects may deploy from one repository."""
    return f"{report.project_slug}/{report.environment.slug}"


def deployment_body(report: DeploymentReport) -> dict[str, object]:
    """Return the body of the request that creates GitHub's deployment."""
    kind = report.environment.kind
    return {
        "ref": report.deployment.commit.sha,
        "task": "deploy",
        "auto_merge": False,
        "required_contexts": [],
        "payload": {_OUR_ID: report.deployment.id},
        "environment": environment_name(report),
        "description": f"Version {report.deployment.version}",
        "transient_environment": kind is EnvironmentKind.PREVIEW,
        "production_environment": kind is EnvironmentKind.PRODUCTION,
    }


def status_body(report: DeploymentReport) -> dict[str, object]:
    """Return the body of the request that gives GitHub's deployment its state."""
    deployment = report.deployment
    words = f"{TITLES[deployment.status]}: version {deployment.version}"
    urls = {"log_url": report.details_url, "environment_url": report.details_url} if report.details_url else {}
    return {
        "state": deployment_state(report),
        "description": clean_text(words, _MAX_DESCRIPTION_BYTES),
        # GitHub would end others by itself, and not tell us: ours say themselves when they are not current any more.
        "auto_inactive": False,
        **urls,
    }


def report_deployment(asking: Asking, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
    """Bring GitHub's deployment to the state of ours, and return what GitHub has now.

    The check run tells everything: where the App may not make deployments, they are left out.
    """
    known = report.deployment.on_github
    made = _unless_refused(report, known, lambda: _make(asking, report, look_for_existing=look_for_existing))
    return _unless_refused(report, made, lambda: _tell(asking, report, made))


def _unless_refused(report: DeploymentReport, traces: GitHubTraces, step: Callable[[], GitHubTraces]) -> GitHubTraces:
    try:
        return step()
    except OperatorError as error:
        if error.code not in _REFUSED:
            raise
        _log.warning("github_deployment_refused", deployment=report.deployment.id, reason=error.sentence)
        return traces


def _make(asking: Asking, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
    known = report.deployment.on_github
    if known.deployment_id is not None:
        return known
    found = _find(asking, report) if look_for_existing else None
    return replace(known, deployment_id=found or _create(asking, report), deployment_state="")


def _tell(asking: Asking, report: DeploymentReport, traces: GitHubTraces) -> GitHubTraces:
    state = deployment_state(report)
    if traces.deployment_id is None or traces.deployment_state == state:
        return traces
    if not _add_status(asking, report, traces.deployment_id):
        traces = replace(traces, deployment_id=_create(asking, report))
        _add_status(asking, report, traces.deployment_id)
    return replace(traces, deployment_state=state)


def _create(asking: Asking, report: DeploymentReport) -> int:
    answer = _send(asking, report, "deployments", deployment_body(report))
    if answer.status != CREATED:
        raise refusal(answer, "create a deployment")
    return parse(_Deployment, answer).id


def _add_status(asking: Asking, report: DeploymentReport, deployment_id: int | None) -> bool:
    """Give GitHub's deployment its state; False when GitHub does not have it any more."""
    answer = _send(asking, report, f"deployments/{deployment_id}/statuses", status_body(report))
    if answer.status not in {CREATED, NOT_FOUND}:
        raise refusal(answer, "change a deployment's state")
    return answer.status == CREATED


def _find(asking: Asking, report: DeploymentReport) -> int | None:
    """Return GitHub's deployment made before a crash kept its id from being stored."""
    wanted: dict[str, str | int] = {"sha": report.deployment.commit.sha, "environment": environment_name(report)}
    pages = follow_pages(
        lambda query: asking.ask(
            report.address,
            Purpose.WRITE_DEPLOYMENTS,
            lambda name: Call("GET", f"{route(name)}/deployments", query={**wanted, **query}),
        )
    )
    for answer in pages:
        if answer.status != OK:
            raise refusal(answer, "list the deployments of a commit")
        found = [made.id for made in parse(_Deployments, answer).root if made.is_of(report)]
        if found:
            return found[0]
    return None


def _send(asking: Asking, report: DeploymentReport, path: str, body: dict[str, object]) -> Answer:
    return asking.ask(
        report.address, Purpose.WRITE_DEPLOYMENTS, lambda name: Call("POST", f"{route(name)}/{path}", body)
    )


class _Deployment(BaseModel):
    id: int
    payload: object = None

    def is_of(self, report: DeploymentReport) -> bool:
        return isinstance(self.payload, dict) and self.payload.get(_OUR_ID) == report.deployment.id


class _Deployments(RootModel[list[_Deployment]]):
    pass
