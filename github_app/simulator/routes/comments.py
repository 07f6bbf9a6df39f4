"""Comments on issues and pull requests."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Pages, Simulated, allow
from github_app.simulator.state import HostedRepository, now

router = APIRouter(prefix="/repos/{owner}/{repo}/issues")
Readable = Annotated[HostedRepository, Depends(allow("read", "issues", "pull_requests"))]
Writable = Annotated[HostedRepository, Depends(allow("write", "issues", "pull_requests"))]
_LONGEST_BODY: Final = 65536


class CommentRequest(BaseModel):
    """A comment's text."""

    body: Annotated[str, Field(min_length=1, max_length=_LONGEST_BODY)]


@router.get("/{issue_number}/comments")
def list_comments(simulation: Simulated, repository: Readable, issue_number: int, paging: Pages) -> JSONResponse:
    """The comments of an issue, oldest first."""
    reports = simulation.reports.list_reports(ReportKind.COMMENT, repository)
    comments = [dict(r.content) for r in reports if r.content["issue_url"].endswith(f"/issues/{issue_number}")]
    return JSONResponse(paging.cut(comments), headers=paging.link(simulation.writer.api_url, len(comments)))


@router.post("/{issue_number}/comments", status_code=201)
def create_comment(
    simulation: Simulated, repository: Writable, issue_number: int, wanted: CommentRequest
) -> dict[str, Any]:
    """Comment on an issue or pull request; the simulator keeps no issues, any number will do."""
    number, at = simulation.state.new_id(), timestamp(now())
    url = f"{simulation.writer.repository_url(repository)}/issues"
    content = {
        "id": number,
        "node_id": node_id("IssueComment", number),
        "url": f"{url}/comments/{number}",
        "html_url": f"{simulation.writer.page_url(repository)}/issues/{issue_number}#issuecomment-{number}",
        "issue_url": f"{url}/{issue_number}",
        "user": simulation.writer.bot(),
        "created_at": at,
        "updated_at": at,
        "author_association": "NONE",
        "body": wanted.body,
        "performed_via_github_app": simulation.writer.app(),
    }
    return simulation.reports.put(ReportKind.COMMENT, repository, content)


@router.get("/comments/{comment_id}")
def show_comment(simulation: Simulated, repository: Readable, comment_id: int) -> dict[str, Any]:
    """One comment."""
    return simulation.reports.get(ReportKind.COMMENT, repository, comment_id)


@router.patch("/comments/{comment_id}")
def update_comment(
    simulation: Simulated, repository: Writable, comment_id: int, wanted: CommentRequest
) -> dict[str, Any]:
    """Change a comment's text."""
    known = simulation.reports.get(ReportKind.COMMENT, repository, comment_id)
    changed = {**known, "body": wanted.body, "updated_at": timestamp(now())}
    return simulation.reports.put(ReportKind.COMMENT, repository, changed)
