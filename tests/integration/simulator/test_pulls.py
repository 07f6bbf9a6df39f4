"""Pull requests from a branch and from a fork, moved by real git; GitHub's description judges answers and events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.state import HostedRepository
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Developer, Hosted, listed_events, refused

pytestmark = pytest.mark.usefixtures("judged")


@pytest.fixture
def judged(hosted: Hosted, oracle: OpenApiOracle) -> Iterator[None]:
    yield
    assert [c for d in hosted.github.deliveries if (c := oracle.judge_delivery(d))] == []


@pytest.fixture
def feature(developer: Developer, pushed: str) -> str:
    """A commit on `feature`, one ahead of `main`."""
    sha = developer.commit("feature.py", "f", message="Add a feature")
    assert sha != pushed
    developer.push("HEAD:refs/heads/feature")
    return sha


@pytest.fixture
def pull(hosted: Hosted, feature: str) -> PullRequest:
    assert feature
    return hosted.github.open_pull_request(hosted.repository.id, "feature", title="A feature", author="ann")


@pytest.fixture
def fork(hosted: Hosted, pushed: str) -> HostedRepository:
    assert pushed
    return hosted.github.fork_repository(hosted.repository.id, "mallory")


@pytest.fixture
def stranger(tmp_path: Path, hosted: Hosted, fork: HostedRepository, developer: Developer) -> Developer:
    """Somebody with a clone of the fork."""
    other = Developer(tmp_path / "fork", hosted.github.push_url(fork.full_name))
    other.git("pull", "--quiet", str(developer.directory), "main")
    return other


@pytest.fixture
def control(hosted: Hosted) -> Iterator[httpx.Client]:
    base = f"{hosted.github.page_url}_simulator/repositories/{hosted.repository.id}"
    with httpx.Client(base_url=base, trust_env=False) as client:
        yield client


def test_an_opened_pull_request_is_shown_and_told_of(hosted: Hosted, pull: PullRequest, feature: str) -> None:
    shown = hosted.installed.rest.pulls.get("acme", "shop", pull.number).parsed_data
    assert (shown.number, shown.title, shown.state, shown.head.sha) == (1, "A feature", "open", feature)
    assert (shown.user.login, shown.commits, shown.changed_files) == ("ann", 1, 1)
    assert listed_events(hosted.github)[-1] == "pull_request.opened"


def test_its_commit_is_at_a_ref_of_the_base(hosted: Hosted, developer: Developer, pull: PullRequest) -> None:
    assert developer.git("ls-remote", developer.remote, "refs/pull/1/head").split()[0] == pull.head.sha
    assert hosted.installed.rest.git.get_ref("acme", "shop", "pull/1/head").parsed_data.object_.sha == pull.head.sha


def test_pull_requests_are_listed_by_state_head_and_base_in_pages(
    hosted: Hosted, developer: Developer, pull: PullRequest
) -> None:
    developer.push("HEAD:refs/heads/other")
    second = hosted.github.open_pull_request(hosted.repository.id, "other", draft=True)
    hosted.github.change_pull_request(hosted.repository.id, pull.number, state="closed")
    pulls = hosted.installed.rest.pulls

    def numbers(**wanted: object) -> list[int]:
        return [p.number for p in pulls.list("acme", "shop", **wanted).parsed_data]

    assert numbers() == [second.number]
    assert numbers(state="all", direction="asc") == [1, 2]
    assert numbers(state="closed", head="acme:feature") == [1]
    assert numbers(state="all", base="none") == []
    page = pulls.list("acme", "shop", state="all", per_page=1)
    assert ([p.number for p in page.parsed_data], 'rel="next"' in page.headers["link"]) == ([2], True)


def test_the_changed_files_come_in_pages(hosted: Hosted, developer: Developer, pull: PullRequest) -> None:
    developer.git("mv", "trigger.config.py", "moved ü.py")
    developer.commit("second.py", "a\nb\n")
    developer.push("HEAD:refs/heads/feature")
    files = hosted.installed.rest.pulls.list_files("acme", "shop", pull.number).parsed_data
    assert [(f.filename, f.status, f.additions) for f in files] == [
        ("feature.py", "added", 1),
        ("moved ü.py", "renamed", 0),
        ("second.py", "added", 2),
    ]
    assert files[1].previous_filename == "trigger.config.py"
    paged = hosted.installed.rest.pulls.list_files("acme", "shop", pull.number, per_page=1, page=2).parsed_data
    assert [f.filename for f in paged] == ["moved ü.py"]


def test_a_push_to_the_head_synchronizes_after_the_push_event(
    hosted: Hosted, developer: Developer, pull: PullRequest
) -> None:
    sha = developer.commit("more.py")
    developer.push("HEAD:refs/heads/feature")
    assert listed_events(hosted.github)[-2:] == ["push", "pull_request.synchronize"]
    payload = hosted.github.deliveries[-1].payload
    assert (payload["before"], payload["after"], payload["pull_request"]["head"]["sha"]) == (pull.head.sha, sha, sha)
    assert developer.git("ls-remote", developer.remote, "refs/pull/1/head").split()[0] == sha


def test_a_fork_is_pushed_to_without_a_push_event_here(
    hosted: Hosted, developer: Developer, stranger: Developer, fork: HostedRepository
) -> None:
    first = stranger.commit("evil.py")
    stranger.push("HEAD:refs/heads/patch")
    pull = hosted.github.open_pull_request(hosted.repository.id, "patch", head_repository_id=fork.id, author="mallory")
    second = stranger.commit("worse.py")
    stranger.push("HEAD:refs/heads/patch")
    assert (pull.head.sha, listed_events(hosted.github)) == (
        first,
        ["push", "pull_request.opened", "pull_request.synchronize"],
    )
    developer.git("fetch", "--quiet", developer.remote, second)
    shown = hosted.installed.rest.pulls.get("acme", "shop", pull.number).parsed_data
    assert (shown.head.label, shown.head.repo.full_name, shown.head.repo.fork) == (
        "mallory:patch",
        "mallory/shop",
        True,
    )


def test_a_push_to_a_fork_is_told_to_the_forks_installation(
    hosted: Hosted, stranger: Developer, fork: HostedRepository
) -> None:
    there = hosted.github.install("mallory")
    stranger.commit("evil.py")
    stranger.push("HEAD:refs/heads/patch")
    last = hosted.github.deliveries[-1].payload
    assert (last["installation"]["id"], last["repository"]["id"]) == (there.id, fork.id)


@pytest.mark.usefixtures("pushed")
def test_a_deleted_fork_leaves_its_pull_request_without_a_head_repository(
    hosted: Hosted, stranger: Developer, fork: HostedRepository
) -> None:
    stranger.commit("evil.py")
    stranger.push("HEAD:refs/heads/patch")
    pull = hosted.github.open_pull_request(hosted.repository.id, "patch", head_repository_id=fork.id)
    hosted.github.simulation.delete_repository(fork.id)
    shown = hosted.installed.request("GET", f"/repos/acme/shop/pulls/{pull.number}").json()
    assert (shown["state"], shown["head"]["repo"], shown["head"]["label"]) == ("open", None, "mallory:patch")
    hosted.github.change_pull_request(hosted.repository.id, pull.number, title="Orphan")


@pytest.mark.usefixtures("pull")
def test_deleting_the_head_closes(hosted: Hosted, developer: Developer) -> None:
    developer.push(":refs/heads/feature")
    assert listed_events(hosted.github)[-2:] == ["push", "pull_request.closed"]
    assert hosted.github.deliveries[-1].payload["pull_request"]["merged"] is False


def test_a_merge_makes_a_commit_and_tells_of_both(hosted: Hosted, developer: Developer, pull: PullRequest) -> None:
    merged = hosted.github.merge_pull_request(hosted.repository.id, pull.number)
    tip = developer.git("ls-remote", developer.remote, "refs/heads/main").split()[0]
    assert listed_events(hosted.github)[-2:] == ["push", "pull_request.closed"]
    push, closed = (d.payload for d in hosted.github.deliveries[-2:])
    assert (push["ref"], push["after"]) == ("refs/heads/main", tip)
    assert push["head_commit"]["message"] == "Merge pull request #1 from acme/feature\n\nA feature"
    assert (closed["pull_request"]["merged"], closed["pull_request"]["merge_commit_sha"]) == (True, tip)
    assert merged.merge_commit_sha == tip


@pytest.mark.usefixtures("pull")
def test_a_head_that_is_pushed_to_the_base_is_merged(hosted: Hosted, developer: Developer) -> None:
    developer.push("HEAD:refs/heads/main")
    assert listed_events(hosted.github)[-2:] == ["push", "pull_request.closed"]
    assert hosted.github.deliveries[-1].payload["pull_request"]["merged"] is True


def test_each_change_has_its_event(hosted: Hosted, control: httpx.Client, pull: PullRequest) -> None:
    path = f"/pulls/{pull.number}"
    before = len(hosted.github.deliveries)
    for change in (
        {"title": "Better"},
        {"draft": True},
        {"draft": False, "labels": ["preview", "big"]},
        {"labels": ["big"]},
        {"state": "closed"},
        {"state": "open", "title": "Best"},
        {"title": "Best"},
    ):
        assert control.patch(path, json=change).status_code == 200
    assert [e.partition(".")[2] for e in listed_events(hosted.github)[before:]] == [
        *("edited", "converted_to_draft", "ready_for_review", "labeled", "labeled", "unlabeled"),
        *("closed", "edited", "reopened"),
    ]
    assert hosted.github.deliveries[before].payload["changes"] == {"title": {"from": "A feature"}}
    assert hosted.github.deliveries[before + 3].payload["label"]["name"] == "preview"


def test_another_base_is_told_with_the_former_one(hosted: Hosted, developer: Developer, pull: PullRequest) -> None:
    developer.push(f"{pull.base.sha}:refs/heads/release")
    changed = hosted.github.change_pull_request(hosted.repository.id, pull.number, base="release")
    assert changed.base.ref == "release"
    assert hosted.github.deliveries[-1].payload["changes"]["base"]["ref"] == {"from": "main"}


def test_it_is_opened_and_merged_over_http(hosted: Hosted, control: httpx.Client, feature: str) -> None:
    made = control.post("/pulls", json={"title": "Over HTTP", "head": "feature", "author": "bob"})
    assert (made.status_code, made.json()["head"]["sha"], made.json()["user"]["login"]) == (201, feature, "bob")
    assert control.post("/pulls/1/merge").json()["merged"] is True
    assert control.post("/pulls/1/merge").status_code == 405
    assert control.post("/fork", json={"owner": "zoe"}).json()["full_name"] == "zoe/shop"
    assert "pull_request.opened" in listed_events(hosted.github)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"head": "none"}, "The branch none does not exist in acme/shop: push it first."),
        ({"head": "feature"}, "A pull request already exists for acme:feature."),
        ({"head": "main"}, "No commits between main and main"),
        ({"head": "feature", "head_repository_id": 4242}, "Not Found"),
    ],
)
@pytest.mark.usefixtures("pull")
def test_what_cannot_be_opened_is_refused(control: httpx.Client, body: dict[str, Any], message: str) -> None:
    assert control.post("/pulls", json=body).json()["message"] == message


def test_a_silent_change_is_not_told(hosted: Hosted, control: httpx.Client, pull: PullRequest) -> None:
    before = len(hosted.github.deliveries)
    control.patch(f"/pulls/{pull.number}?silent=true", json={"title": "Quiet"})
    control.post(f"/pulls/{pull.number}/merge?silent=true")
    assert len(hosted.github.deliveries) == before


def test_a_conflict_is_not_merged(
    hosted: Hosted, developer: Developer, pull: PullRequest, control: httpx.Client
) -> None:
    developer.git("checkout", "--quiet", pull.base.sha)
    developer.commit("feature.py", "conflict")
    developer.push()
    assert control.post("/pulls/1/merge").json()["message"] == "Pull Request is not mergeable"
    assert hosted.installed.rest.pulls.get("acme", "shop", 1).parsed_data.mergeable is False


def test_reading_needs_the_permission(hosted: Hosted, pull: PullRequest) -> None:
    weak = hosted.scoped(contents="read")
    for call in (weak.rest.pulls.get, weak.rest.pulls.list_files):
        assert refused(call, "acme", "shop", pull.number)[0] == 403
    assert refused(hosted.installed.rest.pulls.get, "acme", "shop", 99) == (404, "Not Found")


def test_an_installation_without_the_permission_hears_nothing(hosted: Hosted, feature: str) -> None:
    hosted.github.simulation.uninstall(hosted.installation.id)
    hosted.github.install("acme", permissions={"contents": "read"})
    pull = hosted.github.open_pull_request(hosted.repository.id, "feature")
    assert pull.head.sha == feature
    assert "pull_request.opened" not in listed_events(hosted.github)


def test_it_outlives_a_restart(hosted: Hosted, pull: PullRequest) -> None:
    again = type(hosted.github)(hosted.github.settings)
    assert again.simulation.state.get_pull(hosted.repository.id, pull.number) == pull
    assert again.simulation.state.new_number(hosted.repository.id) == 2
