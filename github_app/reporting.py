"""What GitHub is told of a deployment: a report becomes the body of a check run. Pure.

What people or their programs wrote (a failure's sentence, task ids) is shown as text: Markdown in it is escaped.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from domain.builds import Problem
from domain.deployments import Deployment, DeploymentStatus
from domain.events import CheckAction
from domain.ports.forge import DeploymentReport
from github_app.markdown import bound_body, code_span, escape_line, escape_markdown
from github_app.payloads import clean_text

_MAX_TITLE_BYTES = 255
_MAX_TASKS_SHOWN = 200
_MAX_PROBLEMS_SHOWN = 50
_MAX_PROBLEM_BYTES = 500

STATES: Final[Mapping[DeploymentStatus, str]] = {
    DeploymentStatus.PENDING: "queued",
    DeploymentStatus.INSTALLING: "in_progress",
    DeploymentStatus.BUILDING: "in_progress",
    DeploymentStatus.DEPLOYING: "in_progress",
    DeploymentStatus.DEPLOYED: "completed",
    DeploymentStatus.FAILED: "completed",
    DeploymentStatus.CANCELED: "completed",
    DeploymentStatus.TIMED_OUT: "completed",
}
CONCLUSIONS: Final[Mapping[DeploymentStatus, str]] = {
    DeploymentStatus.DEPLOYED: "success",
    DeploymentStatus.FAILED: "failure",
    DeploymentStatus.CANCELED: "cancelled",
    DeploymentStatus.TIMED_OUT: "timed_out",
}
TITLES: Final[Mapping[DeploymentStatus, str]] = {
    DeploymentStatus.PENDING: "Waiting for its turn",
    DeploymentStatus.INSTALLING: "Installing dependencies",
    DeploymentStatus.BUILDING: "Building",
    DeploymentStatus.DEPLOYING: "Publishing the image",
    DeploymentStatus.DEPLOYED: "Deployed",
    DeploymentStatus.FAILED: "Failed",
    DeploymentStatus.CANCELED: "Canceled",
    DeploymentStatus.TIMED_OUT: "Timed out",
}
HELD_TITLE: Final = "Waiting for approval"
_HELD: Final = (
    "The commit comes from a fork. Nothing of it is built until somebody with write access to the repository "
    "presses **Approve fork build**; look at what it changes first."
)
# GitHub takes three buttons, labels of 20 characters and descriptions of 40.
_BUTTONS: Final[Mapping[CheckAction, tuple[str, str]]] = {
    CheckAction.REDEPLOY: ("Redeploy", "Deploy this commit once more"),
    CheckAction.CANCEL: ("Cancel", "End this deployment"),
    CheckAction.APPROVE: ("Approve fork build", "Build this commit of the fork"),
    CheckAction.ROLL_BACK: ("Roll back to this", "Make this version current again"),
}


def check_run_name(report: DeploymentReport) -> str:
    """Return the name under which the check stands in GitHub's lists; people may require it."""
    return f"pushwright / {report.project_slug} / {report.environment.slug}"


def check_run_body(report: DeploymentReport) -> dict[str, object]:
    """Return the body of the request that creates or updates the check run, without `head_sha` and annotations."""
    deployment = report.deployment
    held = waits_for_approval(deployment)
    optional = {
        "details_url": report.details_url or None,
        "started_at": _moment(deployment.started_at),
        "conclusion": "action_required" if held else CONCLUSIONS.get(deployment.status),
        "completed_at": _moment(deployment.finished_at) if deployment.is_final else None,
    }
    return {
        "name": check_run_name(report),
        "external_id": deployment.id,
        "status": "completed" if held else STATES[deployment.status],
        **{key: value for key, value in optional.items() if value is not None},
        "output": check_run_output(report),
        "actions": [_button(action) for action in list_actions(report)],
    }


def check_run_output(report: DeploymentReport) -> dict[str, object]:
    """Return what the check run says."""
    return {"title": _title(report.deployment), "summary": _summary(report)}


def list_actions(report: DeploymentReport) -> tuple[CheckAction, ...]:
    """Return the buttons the check run has."""
    deployment = report.deployment
    if waits_for_approval(deployment):
        return (CheckAction.APPROVE, CheckAction.CANCEL)
    if not deployment.is_final:
        return (CheckAction.CANCEL,)
    can_return = deployment.status is DeploymentStatus.DEPLOYED and not is_archived(report)
    if can_return and not report.is_current:
        return (CheckAction.REDEPLOY, CheckAction.ROLL_BACK)
    return (CheckAction.REDEPLOY,)


def waits_for_approval(deployment: Deployment) -> bool:
    """Whether nothing happens until somebody approves it."""
    return deployment.held and deployment.status is DeploymentStatus.PENDING


def is_archived(report: DeploymentReport) -> bool:
    """Whether the deployment belongs to a preview that is in the archive."""
    preview = report.environment.preview
    return preview is not None and preview.archived_at is not None


def _button(action: CheckAction) -> dict[str, str]:
    label, description = _BUTTONS[action]
    return {"label": label, "description": description, "identifier": action.value}


def _title(deployment: Deployment) -> str:
    words = HELD_TITLE if waits_for_approval(deployment) else TITLES[deployment.status]
    code = f" ({deployment.failure.code})" if deployment.failure else ""
    return clean_text(f"{words}: version {deployment.version}{code}", _MAX_TITLE_BYTES)


def _summary(report: DeploymentReport) -> str:
    deployment = report.deployment
    paragraphs = [f"Commit {deployment.commit.sha} to **{escape_markdown(report.environment.slug)}**."]
    if waits_for_approval(deployment):
        paragraphs.append(_HELD)
    if deployment.status is DeploymentStatus.DEPLOYED:
        paragraphs.append(_place_of(report))
    if deployment.failure is not None:
        paragraphs.append(escape_markdown(deployment.failure.sentence))
        paragraphs.extend(_problems(deployment.failure.problems))
    if deployment.image_of is not None:
        paragraphs.append(
            f"Image of version {deployment.image_of} is used again, because nothing that goes into it has changed."
        )
    if deployment.image:
        paragraphs.append(f"Image: {code_span(deployment.image)}")
    if report.task_ids:
        paragraphs.append(_tasks(report.task_ids))
    return bound_body("\n\n".join(paragraphs))


def _place_of(report: DeploymentReport) -> str:
    if is_archived(report):
        return "The preview is archived."
    return "The environment runs it." if report.is_current else "The environment runs another version."


def _problems(problems: tuple[Problem, ...]) -> list[str]:
    shown = [
        f"- {escape_markdown(_location(problem))}: {escape_line(problem.message, _MAX_PROBLEM_BYTES)}"
        for problem in problems[:_MAX_PROBLEMS_SHOWN]
    ]
    if len(problems) > _MAX_PROBLEMS_SHOWN:
        shown.append(f"- … and {len(problems) - _MAX_PROBLEMS_SHOWN} more")
    return ["\n".join(shown)] if shown else []


def _location(problem: Problem) -> str:
    return problem.file if problem.line is None else f"{problem.file}:{problem.line}"


def _tasks(task_ids: tuple[str, ...]) -> str:
    shown = [f"- {escape_markdown(' '.join(task_id.split()))}" for task_id in task_ids[:_MAX_TASKS_SHOWN]]
    if len(task_ids) > _MAX_TASKS_SHOWN:
        shown.append(f"- … and {len(task_ids) - _MAX_TASKS_SHOWN} more")
    return "\n".join([f"Tasks ({len(task_ids)}):", "", *shown])


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
