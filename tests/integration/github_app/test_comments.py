"""Our one comment on a pull request."""

from dataclasses import replace

import pytest

from domain.deployments import DeploymentStatus
from domain.errors import OperatorError, TemporarilyUnavailable
from domain.ports.forge import PullRequestComment
from github_app.client import Call
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from github_app.simulator.reports import ReportKind
from github_app.tokens import Purpose
from tests.integration.github_app.hosting import Developer, Hosted
from tests.integration.github_app.test_reports import make_report, moved


@pytest.fixture
def comment(hosted: Hosted, developer: Developer) -> PullRequestComment:
    return PullRequestComment(hosted.address, 12, (make_report(hosted, developer.publish()),), None)


def bodies(hosted: Hosted) -> list[str]:
    return [comment["body"] for comment in hosted.github.comments]


def chat(hosted: Hosted, forge: GitHubForge, count: int, text: str = "Nice") -> None:
    """Let somebody with our own token comment."""
    token = forge._tokens.get(hosted.address, Purpose.WRITE_COMMENTS)
    for _ in range(count):
        forge._client.send(Call("POST", "/repos/acme/shop/issues/12/comments", {"body": text}), token.secret)


def test_a_comment_is_made_once_and_kept_true(hosted: Hosted, forge: GitHubForge, comment: PullRequestComment) -> None:
    comment_id = forge.write_comment(comment)
    done = moved(comment.reports[0], status=DeploymentStatus.DEPLOYED)
    again = forge.write_comment(replace(comment, reports=(replace(done, is_current=True),), comment_id=comment_id))
    assert again == comment_id
    (body,) = bodies(hosted)
    assert "| shop | Deployed | production |" in body


def test_requests_are_counted(hosted: Hosted, forge: GitHubForge, comment: PullRequestComment) -> None:
    comment_id = forge.write_comment(comment)
    forge.write_comment(replace(comment, comment_id=comment_id))
    assert hosted.api_requests() == [
        "POST /app/installations//access_tokens 201",
        "GET /issues//comments 200",
        "POST /issues//comments 201",
        "PATCH /issues/comments/ 200",
    ]


@pytest.mark.parametrize("others", [0, 99, 100, 250])
def test_it_is_found_again_on_whatever_page(
    hosted: Hosted, forge: GitHubForge, comment: PullRequestComment, others: int
) -> None:
    chat(hosted, forge, others)
    comment_id = forge.write_comment(comment)
    assert forge.write_comment(comment) == comment_id
    assert len(bodies(hosted)) == others + 1


def test_a_deleted_comment_is_made_anew(hosted: Hosted, forge: GitHubForge, comment: PullRequestComment) -> None:
    assert forge.write_comment(replace(comment, comment_id=999_999)) != 999_999
    assert len(bodies(hosted)) == 1


def test_a_comment_of_others_with_our_marker_is_left_alone(
    hosted: Hosted, forge: GitHubForge, comment: PullRequestComment
) -> None:
    chat(hosted, forge, 1, "<!-- pushwright:pull-request -->\nMine")
    chat(hosted, forge, 1, "See <!-- pushwright:pull-request -->")
    reports, (stolen, _) = hosted.github.simulation.reports, hosted.github.comments
    person = {**stolen["user"], "type": "User", "login": "mallory"}
    reports.put(ReportKind.COMMENT, hosted.repository, {**stolen, "user": person, "performed_via_github_app": None})
    forge.write_comment(comment)
    assert len(bodies(hosted)) == 3
    assert bodies(hosted)[0].endswith("Mine")


def test_a_comment_of_another_app_is_left_alone(
    hosted: Hosted, forge: GitHubForge, comment: PullRequestComment
) -> None:
    chat(hosted, forge, 1, "<!-- pushwright:pull-request -->\nMine")
    (other,) = hosted.github.comments
    app = {**other["performed_via_github_app"], "id": 4711}
    hosted.github.simulation.reports.put(
        ReportKind.COMMENT, hosted.repository, {**other, "performed_via_github_app": app}
    )
    assert forge.write_comment(comment) != other["id"]


def test_commenting_is_never_repeated_blindly(hosted: Hosted, forge: GitHubForge, comment: PullRequestComment) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="issues/12/comments", count=4))
    with pytest.raises(TemporarilyUnavailable):
        forge.write_comment(comment)
    hosted.github.simulation.faults.clear()
    forge.write_comment(comment)
    assert len(bodies(hosted)) == 1


def test_a_missing_permission_is_named(hosted: Hosted, forge: GitHubForge, comment: PullRequestComment) -> None:
    installation = hosted.github.install("acme", permissions={"contents": "read", "metadata": "read"})
    address = replace(hosted.address, installation_id=installation.id)
    with pytest.raises(OperatorError) as caught:
        forge.write_comment(replace(comment, address=address))
    assert caught.value.code == "github_permission_missing"
