"""How many requests a push and a pull request cost, from the event to the last report."""

from collections import Counter
from dataclasses import replace

from domain.deployments import DeploymentStatus
from domain.ports.forge import DeploymentReport, PullRequestComment
from domain.source import BranchName
from github_app.forge import GitHubForge
from tests.integration.github_app.hosting import Developer, Hosted
from tests.integration.github_app.test_reports import AT, make_report, told

STEPS = (
    DeploymentStatus.PENDING,
    DeploymentStatus.INSTALLING,
    DeploymentStatus.BUILDING,
    DeploymentStatus.DEPLOYING,
    DeploymentStatus.DEPLOYED,
)


def deploy(forge: GitHubForge, report: DeploymentReport) -> DeploymentReport:
    """Tell GitHub of every step, none coalesced."""
    for status in STEPS:
        report = told(forge, report, status=status, finished_at=AT if status is DeploymentStatus.DEPLOYED else None)
        report = replace(report, is_current=status is DeploymentStatus.DEPLOYING)
    return report


def count(hosted: Hosted) -> dict[str, int]:
    """Return reads, writes and tokens."""
    kinds: Counter[str] = Counter()
    for request in hosted.api_requests():
        method = request.partition(" ")[0]
        kinds["tokens" if "access_tokens" in request else "reads" if method == "GET" else "writes"] += 1
    return dict(kinds)


def test_a_push(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    before = developer.publish("a")
    after = developer.publish("b")
    assert forge.find_branch_head(hosted.address, BranchName("main")) == after
    assert forge.list_changed_paths(hosted.address, before, after) == ("b",)
    forge.grant_clone(hosted.address)
    deploy(forge, make_report(hosted, after))
    # Check run: 1 + 4. Deployment: 1, and its states queued, in_progress, success.
    assert count(hosted) == {"reads": 2, "writes": 9, "tokens": 4}


def test_an_event_of_a_pull_request(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish("a")
    head = developer.commit("b")
    developer.push("HEAD:refs/heads/feature")
    opened = hosted.github.open_pull_request(hosted.repository.id, "feature")
    assert forge.find_pull_request(hosted.address, opened.number) is not None
    forge.grant_clone(hosted.address)
    comment = PullRequestComment(hosted.address, opened.number, (make_report(hosted, head),), None)
    first = forge.write_comment(comment)
    done = deploy(forge, make_report(hosted, head))
    forge.write_comment(replace(comment, reports=(done,), comment_id=first))
    # Reads: pull request, commit, and once the comments. Writes: as for a push, and the comment twice.
    assert count(hosted) == {"reads": 3, "writes": 11, "tokens": 5}
