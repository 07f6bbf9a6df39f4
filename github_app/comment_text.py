"""Our one comment on a pull request: a table with a row for each project. Pure."""

from typing import Final

from domain.deployments import DeploymentStatus
from domain.ports.forge import DeploymentReport, PullRequestComment
from github_app.markdown import bound_body, code_span, escape_line, link
from github_app.reporting import HELD_TITLE, TITLES, is_archived, waits_for_approval

MARKER: Final = "<!-- pushwright:pull-request -->"
"""Tells our comment from others; GitHub does not show it."""
_MAX_ROWS = 100
_MAX_CELL_BYTES = 300
_HEAD = (
    "| Project | Status | Preview | Version | Commit | Tasks | Result |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)  # fmt: skip
_NOTHING = "There is no preview of this pull request."


def comment_body(comment: PullRequestComment) -> str:
    """Return the comment's Markdown."""
    if not comment.reports:
        return f"{MARKER}\n{_NOTHING}\n"
    rows = [_row(report) for report in comment.reports[:_MAX_ROWS]]
    hidden = len(comment.reports) - _MAX_ROWS
    more = f"\n… and {hidden} more\n" if hidden > 0 else ""
    return bound_body("\n".join([MARKER, "**Pushwright previews**", "", _HEAD, *rows, more]))


def status_words(report: DeploymentReport) -> str:
    """Return what the deployment is doing, in words."""
    if is_archived(report):
        return "Archived"
    if waits_for_approval(report.deployment):
        return HELD_TITLE
    if report.deployment.status is DeploymentStatus.DEPLOYED and not report.is_current:
        return "Deployed, not current"
    return TITLES[report.deployment.status]


def _row(report: DeploymentReport) -> str:
    deployment = report.deployment
    version = str(deployment.version)
    cells = (
        escape_line(report.project_slug, _MAX_CELL_BYTES),
        status_words(report),
        escape_line(report.environment.slug, _MAX_CELL_BYTES),
        link(version, report.details_url) if report.details_url else version,
        deployment.commit.sha[:7],
        str(len(report.task_ids)) if report.task_ids else "",
        _result(report),
    )
    return f"| {' | '.join(cells)} |"


def _result(report: DeploymentReport) -> str:
    deployment = report.deployment
    if deployment.failure is not None:
        return f"{escape_line(deployment.failure.sentence, _MAX_CELL_BYTES)} ({code_span(deployment.failure.code)})"
    return code_span(deployment.image) if deployment.image else ""
