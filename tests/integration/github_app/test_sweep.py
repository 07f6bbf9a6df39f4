"""Many repositories asked about at once."""

from pathlib import Path

import pytest

from domain.errors import OperatorError, TemporarilyUnavailable
from domain.identifiers import RepositoryId
from domain.ports.forge import RepositoryFacts, WatchedRepository
from domain.source import BranchName, Commit, CommitSha, FullName, RepositoryAddress
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def main(developer: Developer) -> CommitSha:
    return developer.publish("README", "shop")


def watch(hosted: Hosted, *branches: str, name: str = "acme/shop", pull_requests: bool = True) -> WatchedRepository:
    return WatchedRepository(
        hosted.address, FullName(name), tuple(BranchName(branch) for branch in branches), pull_requests
    )


def sweep(hosted: Hosted, forge: GitHubForge, *watched: WatchedRepository) -> tuple[RepositoryFacts, ...]:
    return forge.read_repositories(hosted.installation.id, watched)


def open_pulls(hosted: Hosted, developer: Developer, count: int) -> list[int]:
    commits = [developer.commit("feature.py", str(number)) for number in range(count)]
    developer.push(*(f"{sha}:refs/heads/f{number}" for number, sha in enumerate(commits)))
    pulls = [hosted.github.open_pull_request(hosted.repository.id, f"f{number}") for number in range(count)]
    return [pull.number for pull in pulls]


def test_heads_are_told_with_their_commits(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    assert main
    hostile = 'feature/"){x}#%'
    developer.push(f"HEAD:refs/heads/{hostile}")
    (facts,) = sweep(hosted, forge, watch(hosted, "main", "gone", hostile, pull_requests=False))
    assert (facts.address, facts.repository.full_name, facts.pull_requests) == (hosted.address, "acme/shop", None)
    assert (facts.repository.default_branch, facts.repository.private) == ("main", True)
    assert {name: head.sha for name, head in facts.heads.items()} == {"main": main, hostile: main}
    assert facts.heads[BranchName("main")] == Commit(main, "Change it", "Ada")
    assert hosted.requested("graphql") == ["POST 200"]


def test_a_pull_request_is_told_as_when_it_is_asked_for(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    assert main
    (number,) = open_pulls(hosted, developer, 1)
    (facts,) = sweep(hosted, forge, watch(hosted, "main"))
    assert facts.pull_requests == (forge.find_pull_request(hosted.address, number),)


def test_closed_pull_requests_are_not_told(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    assert main
    first, second = open_pulls(hosted, developer, 2)
    hosted.github.change_pull_request(hosted.repository.id, first, state="closed")
    (facts,) = sweep(hosted, forge, watch(hosted))
    assert facts.pull_requests is not None
    assert [pull.number for pull in facts.pull_requests] == [second]


def test_a_pull_request_of_a_deleted_fork_has_no_repository(
    tmp_path: Path, hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    fork = hosted.github.fork_repository(hosted.repository.id, "mallory")
    stranger = Developer(tmp_path / "fork", hosted.github.push_url(fork.full_name))
    stranger.git("pull", "--quiet", str(developer.directory), main)
    stranger.publish("evil.py")
    hosted.github.open_pull_request(hosted.repository.id, "main", head_repository_id=fork.id)
    (facts,) = sweep(hosted, forge, watch(hosted))
    assert facts.pull_requests is not None
    assert [pull.head_repository_id for pull in facts.pull_requests] == [fork.id]
    hosted.github.simulation.delete_repository(fork.id)
    (facts,) = sweep(hosted, forge, watch(hosted))
    assert facts.pull_requests is not None
    assert [pull.head_repository_id for pull in facts.pull_requests] == [None]


def test_pull_requests_beyond_the_first_page_are_told(
    hosted: Hosted, forge: GitHubForge, developer: Developer, main: CommitSha
) -> None:
    assert main
    numbers = open_pulls(hosted, developer, 105)
    (facts,) = sweep(hosted, forge, watch(hosted, "main"))
    assert facts.pull_requests is not None
    assert sorted(pull.number for pull in facts.pull_requests) == sorted(numbers)
    assert hosted.requested("graphql") == ["POST 200", "POST 200"]


def test_many_repositories_take_few_requests(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    assert main
    watched = [watch(hosted, "main")]
    for number in range(149):
        made = hosted.github.create_repository("acme", f"r{number}")
        address = RepositoryAddress(hosted.installation.id, RepositoryId(made.id))
        watched.append(
            WatchedRepository(address, FullName(f"acme/r{number}"), (BranchName("main"),), pull_requests=True)
        )
    facts = sweep(hosted, forge, *watched)
    assert [fact.address for fact in facts] == [one.address for one in watched]
    assert hosted.requested("graphql") == ["POST 200"] * 3
    # These have no commits, so their default branch is asked for one by one.
    assert facts[1].repository.default_branch == "main"


def test_a_renamed_repository_is_followed(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    (facts,) = sweep(hosted, forge, watch(hosted, "main"))
    assert (facts.repository.full_name, facts.heads[BranchName("main")].sha) == ("acme/store", main)


def test_a_stranger_under_the_old_name_is_left_out(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    assert main
    hosted.github.simulation.recreate_repository(hosted.repository.id)
    assert sweep(hosted, forge, watch(hosted, "main")) == ()


def test_what_the_app_does_not_see_is_left_out(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    hidden = hosted.github.create_repository("other", "hidden")
    unseen = RepositoryAddress(hosted.installation.id, RepositoryId(hidden.id))
    facts = sweep(
        hosted,
        forge,
        WatchedRepository(unseen, FullName("other/hidden"), (), pull_requests=True),
        watch(hosted, "main"),
    )
    assert [(fact.address, fact.heads[BranchName("main")].sha) for fact in facts] == [(hosted.address, main)]


def test_nothing_watched_asks_nothing(hosted: Hosted, forge: GitHubForge) -> None:
    assert sweep(hosted, forge) == ()
    assert hosted.github.requests == ()


def test_a_passing_fault_is_not_noticed(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="graphql"))
    (facts,) = sweep(hosted, forge, watch(hosted, "main"))
    assert facts.heads[BranchName("main")].sha == main


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.BAD_GATEWAY, "github_unavailable"),
        (FaultKind.DROPPED_CONNECTION, "github_unavailable"),
        (FaultKind.PRIMARY_RATE_LIMIT, "github_rate_limited"),
        (FaultKind.SECONDARY_RATE_LIMIT, "github_rate_limited"),
    ],
)
def test_no_repository_is_lost_in_a_lasting_fault(
    hosted: Hosted, forge: GitHubForge, main: CommitSha, kind: FaultKind, code: str
) -> None:
    assert main
    hosted.github.simulation.faults.add(Fault(kind, count=10, path_part="graphql", retry_after_seconds=900))
    with pytest.raises(TemporarilyUnavailable) as caught:
        sweep(hosted, forge, watch(hosted, "main"))
    assert caught.value.code == code


def test_without_the_permission_the_operator_hears_of_it(hosted: Hosted, forge: GitHubForge, main: CommitSha) -> None:
    assert main
    installation = hosted.github.install("acme", permissions={"metadata": "read", "contents": "read"})
    with pytest.raises(OperatorError) as caught:
        forge.read_repositories(installation.id, [watch(hosted, "main")])
    assert caught.value.code == "github_permission_missing"
