"""Pull requests, comparisons and rights, as GitHub tells them."""

from pathlib import Path

import pytest

from domain.errors import OperatorError
from domain.pull_requests import Author
from domain.source import Commit, CommitSha
from github_app.forge import GitHubForge
from github_app.simulator.pull_requests import PullRequest as HostedPullRequest
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def main(developer: Developer) -> CommitSha:
    """The commit on main."""
    return developer.publish("README", "shop")


@pytest.fixture
def feature(developer: Developer, main: CommitSha) -> CommitSha:
    """The commit on feature, one ahead of main."""
    sha = developer.commit("feature.py")
    assert sha != main
    developer.push("HEAD:refs/heads/feature")
    return sha


@pytest.fixture
def opened(hosted: Hosted, feature: CommitSha) -> HostedPullRequest:
    assert feature
    return hosted.github.open_pull_request(hosted.repository.id, "feature", title="Sell it", author="ann", draft=True)


def test_a_pull_request_is_found_with_its_commit(
    hosted: Hosted, forge: GitHubForge, opened: HostedPullRequest, main: CommitSha, feature: CommitSha
) -> None:
    found = forge.find_pull_request(hosted.address, opened.number)
    assert found is not None
    assert (found.id, found.number, found.title, found.state, found.draft) == (opened.id, 1, "Sell it", "open", True)
    assert (found.head_repository_id, found.head_branch) == (hosted.repository.id, "feature")
    assert found.head == Commit(feature, "Change it", "Ada")
    assert (found.base_branch, found.base.sha, found.author.login) == ("main", main, "ann")


def test_a_pull_request_that_is_not_there_is_none(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    assert main
    assert forge.find_pull_request(hosted.address, 404) is None


def test_closed_and_merged_are_told_apart(hosted: Hosted, forge: GitHubForge, opened: HostedPullRequest) -> None:
    def state() -> str:
        found = forge.find_pull_request(hosted.address, opened.number)
        assert found is not None
        return found.state

    hosted.github.change_pull_request(hosted.repository.id, opened.number, state="closed")
    assert state() == "closed"
    hosted.github.change_pull_request(hosted.repository.id, opened.number, state="open", draft=False)
    hosted.github.merge_pull_request(hosted.repository.id, opened.number)
    assert state() == "merged"


def test_a_pull_request_of_a_fork_names_the_fork(
    tmp_path: Path, hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    fork = hosted.github.fork_repository(hosted.repository.id, "mallory")
    stranger = Developer(tmp_path / "fork", hosted.github.push_url(fork.full_name))
    stranger.git("pull", "--quiet", str(developer.directory), main)
    sha = stranger.publish("evil.py")
    opened = hosted.github.open_pull_request(hosted.repository.id, "main", head_repository_id=fork.id)
    found = forge.find_pull_request(hosted.address, opened.number)
    assert found is not None
    assert (found.head_repository_id, found.head.sha, found.head_branch) == (fork.id, sha, "main")
    assert found.is_fork_of(hosted.repository.id)

    hosted.github.simulation.delete_repository(fork.id)
    orphan = forge.find_pull_request(hosted.address, opened.number)
    assert orphan is not None
    assert (orphan.head_repository_id, orphan.head.sha) == (None, sha)


def test_a_pull_request_takes_two_reads(hosted: Hosted, forge: GitHubForge, opened: HostedPullRequest) -> None:
    for _ in range(2):
        forge.find_pull_request(hosted.address, opened.number)
    reads = [request.split()[:2] for request in hosted.api_requests()]
    token, pull, commit = ["POST", "/app/installations//access_tokens"], ["GET", "/pulls/"], ["GET", "/commits/"]
    assert reads == [token, pull, commit, pull, commit]


def test_changed_paths_hold_both_names_of_a_renamed_file(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    developer.write("src/new.py")
    developer.git("mv", "README", "LIESMICH")
    head = developer.publish("src/new.py")
    assert forge.list_changed_paths(hosted.address, main, head) == ("README", "LIESMICH", "src/new.py")
    assert forge.list_changed_paths(hosted.address, head, head) == ()


def test_paths_are_unknown_when_history_was_rewritten(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    newer = developer.publish("b.py")
    developer.git("checkout", "--quiet", main)
    aside = developer.commit("c.py")
    developer.push("HEAD:refs/heads/aside")
    assert forge.list_changed_paths(hosted.address, newer, aside) is None
    assert forge.list_changed_paths(hosted.address, newer, main) is None
    assert forge.list_changed_paths(hosted.address, CommitSha("f" * 40), main) is None


@pytest.mark.parametrize(("files", "known"), [(299, True), (300, False), (400, False)], ids=str)
def test_paths_are_unknown_when_github_may_have_left_some_out(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha, files: int, known: object
) -> None:
    for number in range(files):
        developer.write(f"many/{number}")
    head = developer.publish("many/0")
    paths = forge.list_changed_paths(hosted.address, main, head)
    assert (paths is not None) is known
    assert paths is None or len(paths) == 299


def test_a_missing_permission_is_the_operators_business(
    hosted: Hosted, forge: GitHubForge, opened: HostedPullRequest
) -> None:
    installation = hosted.github.install("acme", permissions={"metadata": "read", "contents": "read"})
    address = type(hosted.address)(installation.id, hosted.repository.id)
    with pytest.raises(OperatorError) as caught:
        forge.find_pull_request(address, opened.number)
    assert caught.value.code == "github_permission_missing"


@pytest.mark.parametrize(
    ("role", "may_write"), [("admin", True), ("maintain", True), ("write", True), ("triage", False), ("read", False)]
)  # fmt: skip
def test_who_may_push_is_asked_of_github(
    hosted: Hosted, forge: GitHubForge, main: CommitSha, role: str, may_write: object
) -> None:
    assert main
    hosted.github.create_account("bob")
    hosted.github.set_members("acme", {}, {"shop": {"bob": role}})
    assert forge.has_write_access(hosted.address, "bob") is may_write


@pytest.mark.parametrize("login", ["", "nobody", "dependabot[bot]", "../../x", "a/b"])
def test_nobody_unknown_may_push(hosted: Hosted, forge: GitHubForge, main: CommitSha, login: str) -> None:
    assert main
    assert forge.has_write_access(hosted.address, login) is False


def test_an_author_has_a_picture(hosted: Hosted, forge: GitHubForge, opened: HostedPullRequest) -> None:
    found = forge.find_pull_request(hosted.address, opened.number)
    assert found is not None
    assert found.author == Author("ann", found.author.avatar_url)
    assert found.author.avatar_url.startswith("http")
