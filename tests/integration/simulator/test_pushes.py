import hashlib
import hmac
import json
from collections.abc import Callable

import pytest

from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Developer, Hosted, Receiver

NOTHING = "0" * 40


def test_a_push_is_delivered_signed_and_with_githubs_headers(
    hosted: Hosted, developer: Developer, receiver: Receiver
) -> None:
    developer.commit("README.md")
    developer.push()
    assert [delivery.status for delivery in hosted.github.deliveries] == ["OK"]
    ((headers, body),) = receiver.calls
    mac = hmac.new(b"It's a Secret to Everybody", body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={mac}"
    assert headers["X-GitHub-Event"] == "push"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert json.loads(body)["installation"]["id"] == hosted.installation.id


def test_the_payload_is_what_github_describes(hosted: Hosted, developer: Developer, oracle: OpenApiOracle) -> None:
    developer.commit("a.py")
    developer.push("HEAD:refs/heads/main", "HEAD:refs/tags/v1")
    developer.git("tag", "--annotate", "--message=Second", "v2")
    developer.push("refs/tags/v2", ":refs/tags/v1")
    assert len(hosted.github.deliveries) == 4
    assert [oracle.judge_delivery(delivery) for delivery in hosted.github.deliveries] == [None] * 4


def test_commits_tell_their_paths(hosted: Hosted, developer: Developer) -> None:
    first = developer.commit("old.py")
    developer.commit("kept.py")
    developer.push()
    developer.git("rm", "--quiet", "old.py")
    developer.commit("kept.py", "y")
    last = developer.commit("new ü\n.py", message="Add\n\nwith a body")
    developer.push()
    payload = hosted.github.deliveries[1].payload
    assert first != payload["before"] != payload["after"] == last == payload["head_commit"]["id"]
    second, third = payload["commits"]
    assert (second["removed"], second["modified"], second["added"]) == (["old.py"], ["kept.py"], [])
    assert (third["added"], third["message"], third["author"]["name"]) == (
        ["new ü\n.py"],
        "Add\n\nwith a body",
        "Ada",
    )


def test_a_new_branch_on_a_known_commit_has_no_commits_but_a_base(hosted: Hosted, developer: Developer) -> None:
    developer.commit("a.py")
    developer.push()
    developer.push("HEAD:refs/heads/copy")
    payload = hosted.github.deliveries[1].payload
    assert (payload["created"], payload["commits"], payload["base_ref"]) == (True, [], "refs/heads/main")
    assert payload["head_commit"]["added"] == ["a.py"]


def test_a_force_push_says_so(hosted: Hosted, developer: Developer) -> None:
    old = developer.commit("a.py")
    developer.push()
    developer.git("commit", "--quiet", "--amend", "--message=Again")
    developer.push("+HEAD:refs/heads/main")
    payload = hosted.github.deliveries[1].payload
    assert (payload["forced"], payload["before"], len(payload["commits"])) == (True, old, 1)


def test_a_deleted_branch_has_neither_commits_nor_head(hosted: Hosted, developer: Developer) -> None:
    developer.commit("a.py")
    developer.push("HEAD:refs/heads/main", "HEAD:refs/heads/old")
    developer.push(":refs/heads/old")
    payload = hosted.github.deliveries[-1].payload
    assert (payload["deleted"], payload["after"], payload["head_commit"]) == (True, NOTHING, None)


HOSTILE = ["-x", "--upload-pack=id", "$(id)", "a;id", "`id`", "ветка/日本", "a#b%41&c", "a'\"b", "n" * 200, "a\u2028b"]


@pytest.mark.parametrize("branch", HOSTILE)
def test_a_hostile_branch_name_goes_through(
    hosted: Hosted, developer: Developer, oracle: OpenApiOracle, branch: str
) -> None:
    sha = developer.commit("a.py")
    developer.push(f"HEAD:refs/heads/{branch}")
    (delivery,) = hosted.github.deliveries
    assert (delivery.payload["ref"], delivery.payload["after"]) == (f"refs/heads/{branch}", sha)
    assert oracle.judge_delivery(delivery) is None


def test_a_refused_push_is_not_delivered(hosted: Hosted, developer: Developer, run_refused: Callable[..., str]) -> None:
    developer.commit("a.py")
    developer.push()
    developer.git("commit", "--quiet", "--amend", "--message=Again")
    assert "non-fast-forward" in run_refused(developer, "push", developer.remote, "HEAD:refs/heads/main")
    assert len(hosted.github.deliveries) == 1


def test_a_suspended_installation_hears_nothing(hosted: Hosted, developer: Developer, receiver: Receiver) -> None:
    hosted.github.simulation.suspend(hosted.installation.id)
    developer.commit("a.py")
    developer.push()
    assert hosted.github.deliveries == ()
    assert receiver.calls == []


def test_a_large_push_comes_in_chunks(hosted: Hosted, developer: Developer) -> None:
    text = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(60_000))
    sha = developer.commit("large.txt", text)
    developer.push()
    assert hosted.github.deliveries[0].payload["after"] == sha
