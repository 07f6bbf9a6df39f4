"""What GitHub is told of a deployment: a report becomes the body of a check run. Pure.

What people or their programs wrote (a failure's sentence, task ids) is shown as text: Markdown in it is escaped.
"""

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from domain.deployments import Deployment, DeploymentStatus
from domain.ports.forge import DeploymentReport
from github_app.payloads import clean_text

MAX_SUMMARY_BYTES: Final = 65_535
"""GitHub's limit in characters; counted in bytes here, which is never more."""
_MAX_TITLE_BYTES = 255
_MAX_TASKS_SHOWN = 200
_SHORTENED = "\n\n… (shortened; the whole text is on the deployment's page)"
_MARKDOWN = re.compile(r"[\\`*_\[\]<>#|~@&]|(?<=:/)/")

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
_TITLES: Final[Mapping[DeploymentStatus, str]] = {
    DeploymentStatus.PENDING: "Waiting for its turn",
    DeploymentStatus.INSTALLING: "Installing dependencies",
    DeploymentStatus.BUILDING: "Building",
    DeploymentStatus.DEPLOYING: "Publishing the image",
    DeploymentStatus.DEPLOYED: "Deployed",
    DeploymentStatus.FAILED: "Failed",
    DeploymentStatus.CANCELED: "Canceled",
    DeploymentStatus.TIMED_OUT: "Timed out",
}


def check_run_name(report: DeploymentReport) -> str:
    """Return the name under which the check stands in GitHub's lists; people may require it."""
    return f"pushwright / {report.project_slug} / {report.environment.slug}"


def check_run_body(report: DeploymentReport) -> dict[str, object]:
    """Return the body of the request that creates or updates the check run, without `head_sha`."""
    deployment = report.deployment
    optional = {
        "details_url": report.details_url or None,
        "started_at": _moment(deployment.started_at),
        "conclusion": CONCLUSIONS.get(deployment.status),
        "completed_at": _moment(deployment.finished_at) if deployment.is_final else None,
    }
    return {
        "name": check_run_name(report),
        "external_id": deployment.id,
        "status": STATES[deployment.status],
        **{key: value for key, value in optional.items() if value is not None},
        "output": {"title": _title(deployment), "summary": _summary(report)},
    }


def escape_markdown(text: str) -> str:
    r"""Return `text` so that GitHub shows it as it is: no links, images, mentions or HTML."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def _title(deployment: Deployment) -> str:
    code = f" ({deployment.failure.code})" if deployment.failure else ""
    return clean_text(f"{_TITLES[deployment.status]}: version {deployment.version}{code}", _MAX_TITLE_BYTES)


def _summary(report: DeploymentReport) -> str:
    deployment = report.deployment
    paragraphs = [f"Commit {deployment.commit.sha} to **{escape_markdown(report.environment.slug)}**."]
    if deployment.failure is not None:
        paragraphs.append(escape_markdown(deployment.failure.sentence))
    if deployment.image:
        paragraphs.append(f"Image: `{deployment.image}`")
    if report.task_ids:
        paragraphs.append(_tasks(report.task_ids))
    return _bound("\n\n".join(paragraphs))


def _tasks(task_ids: tuple[str, ...]) -> str:
    shown = [f"- {escape_markdown(' '.join(task_id.split()))}" for task_id in task_ids[:_MAX_TASKS_SHOWN]]
    if len(task_ids) > _MAX_TASKS_SHOWN:
        shown.append(f"- … and {len(task_ids) - _MAX_TASKS_SHOWN} more")
    return "\n".join([f"Tasks ({len(task_ids)}):", "", *shown])


def _bound(text: str) -> str:
    whole = clean_text(text, limit=sys.maxsize)
    if len(whole.encode()) <= MAX_SUMMARY_BYTES:
        return whole
    return clean_text(whole, MAX_SUMMARY_BYTES - len(_SHORTENED.encode())) + _SHORTENED


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
