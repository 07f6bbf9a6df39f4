"""The comment on a pull request."""

from dataclasses import replace

from domain.deployments import DeploymentStatus, Failure
from domain.ports.forge import DeploymentReport, PullRequestComment
from github_app.comment_text import comment_body
from github_app.markdown import MAX_BODY_BYTES
from tests.unit.github_app.reports import ADDRESS, archived, of_preview, report

HEAD = """<!-- pushwright:pull-request -->
**Pushwright previews**

| Project | Status | Preview | Version | Commit | Tasks | Result |
| --- | --- | --- | --- | --- | --- | --- |
"""


def body(*reports: DeploymentReport) -> str:
    return comment_body(PullRequestComment(ADDRESS, 12, reports, None))


def rows(*reports: DeploymentReport) -> list[str]:
    return body(*reports).removeprefix(HEAD).splitlines()


def test_each_project_has_a_row() -> None:
    done = of_preview(report(DeploymentStatus.DEPLOYED, image="registry.example/acme/shop:1@sha256:2"))
    failed = of_preview(report(DeploymentStatus.FAILED, failure=Failure("no_tasks", "There are no tasks.")))
    text = body(
        replace(done, is_current=True, task_ids=("a", "b")), replace(failed, project_slug="admin", details_url="")
    )
    version = "[20261124.3](https://ci.example/d/1)"
    image = "`registry.example/acme/shop:1@sha256:2`"
    assert text == (
        f"{HEAD}| shop | Deployed | preview-feature | {version} | aaaaaaa | 2 | {image} |\n"
        "| admin | Failed | preview-feature | 20261124.3 | aaaaaaa |  | There are no tasks. (`no_tasks`) |\n"
    )


def test_each_row_says_what_its_deployment_is_doing() -> None:
    words = [
        row.split(" | ")[1]
        for row in rows(
            of_preview(report(DeploymentStatus.PENDING, held=True)),
            of_preview(report(DeploymentStatus.BUILDING)),
            of_preview(report(DeploymentStatus.DEPLOYED)),
            archived(report(DeploymentStatus.DEPLOYED)),
        )
    ]
    assert words == ["Waiting for approval", "Building", "Deployed, not current", "Archived"]


def test_without_a_preview_it_says_so() -> None:
    assert body() == "<!-- pushwright:pull-request -->\nThere is no preview of this pull request.\n"


def test_what_others_wrote_cannot_leave_its_cell() -> None:
    hostile = Failure("x", "a | b\n| c | <img src=x> @everyone ![x](https://evil.example)")
    (row,) = rows(report(DeploymentStatus.FAILED, failure=hostile))
    assert r"a \| b \| c \| \<img src=x\> \@everyone !\[x\](https:/\/evil.example) (`x`)" in row


def test_a_long_sentence_is_cut() -> None:
    (row,) = rows(report(DeploymentStatus.FAILED, failure=Failure("x", "word " * 1000)))
    assert len(row) < 500
    assert "word… (`x`)" in row.replace(" …", "…")


def test_many_projects_are_counted_not_all_shown() -> None:
    shown = rows(*(report(DeploymentStatus.PENDING) for _ in range(120)))
    assert len([row for row in shown if row.startswith("| shop")]) == 100
    assert shown[-1] == "… and 20 more"


def test_it_keeps_to_githubs_limit() -> None:
    hostile = report(DeploymentStatus.FAILED, failure=Failure("x" * 900, "|" * 300), image=None)
    text = body(*(hostile for _ in range(120)))
    assert len(text.encode()) <= MAX_BODY_BYTES
    assert text.endswith("deployment's page)")
