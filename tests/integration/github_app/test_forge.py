"""The API as the jobs see it, against the simulated GitHub."""

import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from domain.errors import NotFound, OperatorError, TemporarilyUnavailable
from domain.identifiers import InstallationId, RepositoryId
from domain.secrets import Secret
from domain.source import BranchName, FullName, RepositoryAddress
from github_app.client import AppIdentity, Call, GitHubHost
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from github_app.simulator.keys import generate_private_key
from github_app.tokens import InstallationToken, Purpose
from tests.integration.github_app.hosting import Developer, Hosted, WallClock

MAIN = BranchName("main")
HOSTILE_BRANCHES = (
    "-x", "--upload-pack=touch", "$(id)", "`id`", "a;id", "a&&id", "a|id", "a'b", 'a"b', "a>b", "a#b", "a%0ab", "a%2Fb",
    "a+b", "a@b", "@x", "HEAD", "refs/heads/x", "<script>", "a=b,c=d", "a!b", "feature/foo", "ветка/日本", "b" * 200,
)  # fmt: skip


def kept_token(forge: GitHubForge, address: RepositoryAddress) -> InstallationToken:
    return forge._tokens.get(address, Purpose.READ_CODE)


def test_finds_the_head_of_a_branch(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    sha = developer.publish()
    assert forge.find_branch_head(hosted.address, MAIN) == sha
    assert forge.find_branch_head(hosted.address, BranchName("nope")) is None


def test_an_empty_repository_has_no_branch(hosted: Hosted, forge: GitHubForge) -> None:
    assert forge.find_branch_head(hosted.address, MAIN) is None


def test_finds_branches_of_any_legal_name(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    heads = {name: developer.commit("file", name) for name in HOSTILE_BRANCHES}
    developer.push(*(f"{sha}:refs/heads/{name}" for name, sha in heads.items()))
    assert {name: forge.find_branch_head(hosted.address, BranchName(name)) for name in heads} == heads


def test_a_tag_does_not_take_the_place_of_a_branch(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    good = developer.publish()
    developer.commit("file", "evil")
    developer.push("HEAD:refs/tags/main", "HEAD:refs/heads/main2", "HEAD:refs/heads/heads/main")
    assert forge.find_branch_head(hosted.address, MAIN) == good


def test_finds_a_repository_and_its_installation(hosted: Hosted, forge: GitHubForge) -> None:
    installation_id, repository = forge.find_repository(FullName("acme/shop"))
    assert (installation_id, repository.id) == (hosted.installation.id, hosted.repository.id)
    assert (repository.full_name, repository.default_branch, repository.private) == ("acme/shop", "main", True)


def test_does_not_find_what_the_app_cannot_see(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.create_repository("other", "secret")
    assert forge.find_repository(FullName("other/secret")) is None
    assert forge.find_repository(FullName("acme/nope")) is None


def test_a_clone_is_granted_for_one_repository_and_reading_only(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.create_repository("acme", "other")
    access = forge.grant_clone(hosted.address)
    request = next(e for e in reversed(hosted.github.requests) if e.path.endswith("access_tokens"))
    assert request.request_json == {"repository_ids": [hosted.repository.id], "permissions": {"contents": "read"}}
    assert access.url == hosted.github.clone_url("acme/shop")
    answer = forge._client.send(Call("GET", "/installation/repositories"), access.token)
    assert [it["full_name"] for it in answer.document["repositories"]] == ["acme/shop"]


def test_a_revoked_right_reads_nothing_more(hosted: Hosted, forge: GitHubForge) -> None:
    access = forge.grant_clone(hosted.address)
    other = forge.grant_clone(hosted.address)
    forge.revoke_clone(access)
    forge.revoke_clone(access)
    assert hosted.requested("installation/token") == ["DELETE 204", "DELETE 401"]
    assert forge._client.send(Call("GET", "/installation/repositories"), access.token).status == 401
    assert forge._client.send(Call("GET", "/installation/repositories"), other.token).status == 200


def test_a_right_that_cannot_be_revoked_is_logged_without_its_token(
    hosted: Hosted, forge: GitHubForge, capsys: pytest.CaptureFixture[str]
) -> None:
    access = forge.grant_clone(hosted.address)
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, count=9, path_part="installation/token"))
    forge.revoke_clone(access)
    told = capsys.readouterr().out
    assert ("clone_token_not_revoked" in told, "github_unavailable" in told) == (True, True)
    assert access.token.reveal() not in told


def test_a_token_is_used_for_many_calls(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish()
    for _ in range(3):
        forge.find_branch_head(hosted.address, MAIN)
    assert hosted.requested("access_tokens") == ["POST 201"]


def test_what_did_not_change_costs_nothing(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    first = developer.publish()
    assert [forge.find_branch_head(hosted.address, MAIN) for _ in range(2)] == [first, first]
    second = developer.publish("file", "changed")
    assert forge.find_branch_head(hosted.address, MAIN) == second
    assert hosted.requested("git/ref") == ["GET 200", "GET 304", "GET 200"]


def test_a_limited_installation_is_left_in_peace(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish()
    forge.find_branch_head(hosted.address, MAIN)
    hosted.github.simulation.faults.add(
        Fault(FaultKind.PRIMARY_RATE_LIMIT, path_part="git/ref", retry_after_seconds=1800)
    )
    for _ in range(3):
        with pytest.raises(TemporarilyUnavailable) as caught:
            forge.find_branch_head(hosted.address, MAIN)
    assert caught.value.retry_after is not None
    # GitHub tells the end as a whole second.
    assert timedelta(minutes=29) < caught.value.retry_after <= timedelta(minutes=30, seconds=1)
    assert hosted.requested("git/ref") == ["GET 200", "GET 403"]


def test_many_at_once_ask_for_one_token(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    sha = developer.publish()
    with ThreadPoolExecutor(8) as pool:
        heads = list(pool.map(lambda _: forge.find_branch_head(hosted.address, MAIN), range(16)))
    assert set(heads) == {sha}
    assert hosted.requested("access_tokens") == ["POST 201"]


def test_a_revoked_token_is_renewed(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    sha = developer.publish()
    token = kept_token(forge, hosted.address)
    forge._client.send(Call("DELETE", "/installation/token"), token.secret)
    assert forge.find_branch_head(hosted.address, MAIN) == sha
    assert hosted.requested("access_tokens") == ["POST 201", "POST 201"]


def test_an_expiring_token_is_renewed_beforehand(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish()
    token = kept_token(forge, hosted.address)

    class Later:
        def now(self) -> datetime:
            return token.expires_at - timedelta(seconds=90)

    forge._tokens._clock = Later()
    assert kept_token(forge, hosted.address).secret != token.secret


def test_a_renamed_and_transferred_repository_is_followed(
    hosted: Hosted, developer: Developer, forge: GitHubForge
) -> None:
    sha = developer.publish()
    assert forge.find_branch_head(hosted.address, MAIN) == sha
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    assert forge.find_branch_head(hosted.address, MAIN) == sha
    assert forge.grant_clone(hosted.address).url == hosted.github.clone_url("acme/store")


def test_a_stranger_under_the_old_name_gives_nothing(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish()
    forge.find_branch_head(hosted.address, MAIN)
    hosted.github.simulation.recreate_repository(hosted.repository.id)
    developer.publish("file", "stranger")
    for ask in (lambda: forge.find_branch_head(hosted.address, MAIN), lambda: forge.grant_clone(hosted.address)):
        with pytest.raises(NotFound) as caught:
            ask()
        assert caught.value.code == "repository_not_accessible"


def test_a_suspended_installation_is_named(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    developer.publish()
    forge.find_branch_head(hosted.address, MAIN)
    hosted.github.simulation.suspend(hosted.installation.id)
    with pytest.raises(NotFound, match="suspended") as caught:
        forge.find_branch_head(hosted.address, MAIN)
    assert caught.value.code == "repository_not_accessible"


def test_an_unknown_installation_is_no_access(forge: GitHubForge) -> None:
    with pytest.raises(NotFound) as caught:
        forge.grant_clone(RepositoryAddress(InstallationId(12345), RepositoryId(1)))
    assert caught.value.code == "repository_not_accessible"


def test_another_key_is_the_operators_error(hosted: Hosted) -> None:
    forge = GitHubForge(hosted.host, AppIdentity(1, Secret(generate_private_key())), WallClock())
    with pytest.raises(OperatorError) as caught:
        forge.grant_clone(hosted.address)
    assert caught.value.code == "github_app_unauthorized"
    assert "PRIVATE" not in str(caught.value)


def test_a_passing_fault_is_not_noticed(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    sha = developer.publish()
    hosted.github.simulation.faults.add(Fault(FaultKind.BAD_GATEWAY, path_part="git/ref"))
    hosted.github.simulation.faults.add(Fault(FaultKind.DROPPED_CONNECTION, path_part="access_tokens"))
    assert forge.find_branch_head(hosted.address, MAIN) == sha


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.DROPPED_CONNECTION])
def test_a_lasting_fault_is_temporary(hosted: Hosted, forge: GitHubForge, kind: FaultKind) -> None:
    hosted.github.simulation.faults.add(Fault(kind, count=10))
    with pytest.raises(TemporarilyUnavailable) as caught:
        forge.find_branch_head(hosted.address, MAIN)
    assert caught.value.code == "github_unavailable"
    assert "githubkit" not in "".join(traceback.format_exception(caught.value))


def test_nobody_sleeps_until_a_rate_limit_resets(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.PRIMARY_RATE_LIMIT, retry_after_seconds=1800))
    started = time.monotonic()
    with pytest.raises(TemporarilyUnavailable) as caught:
        forge.find_branch_head(hosted.address, MAIN)
    assert caught.value.code == "github_rate_limited"
    assert time.monotonic() - started < 2


def test_a_short_limit_is_waited_for(hosted: Hosted, developer: Developer, forge: GitHubForge) -> None:
    sha = developer.publish()
    hosted.github.simulation.faults.add(Fault(FaultKind.SECONDARY_RATE_LIMIT, retry_after_seconds=1))
    assert forge.find_branch_head(hosted.address, MAIN) == sha


def test_github_out_of_reach_is_temporary(private_key: str) -> None:
    # Port 9 is "discard": nobody listens there.
    forge = GitHubForge(GitHubHost(api_url="http://127.0.0.1:9"), AppIdentity(1, Secret(private_key)), WallClock())
    with pytest.raises(TemporarilyUnavailable, match="ConnectError") as caught:
        forge.grant_clone(RepositoryAddress(InstallationId(1), RepositoryId(1)))
    forge.close()
    assert caught.value.code == "github_unavailable"
