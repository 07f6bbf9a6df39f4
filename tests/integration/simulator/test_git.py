"""Real git against the simulator: who may fetch what, and how."""

import base64
import gzip
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.simulator.world import Developer, Hosted


def with_token(token: str, user: str = "x-access-token") -> tuple[str, str]:
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    return ("-c", f"http.extraHeader=Authorization: Basic {basic}")


def test_a_token_for_contents_fetches_the_exact_commit(
    hosted: Hosted, developer: Developer, pushed: str, new_token: Callable[..., str]
) -> None:
    developer.git("commit", "--quiet", "--amend", "--message=Again")
    developer.push("+HEAD:refs/heads/main")
    token = new_token(repository_ids=[hosted.repository.id], permissions={"contents": "read"})
    url = hosted.github.clone_url("acme/shop")
    developer.git("init", "--quiet", "copy")
    developer.git(*with_token(token), "-C", "copy", "fetch", "--quiet", "--depth=1", "--", url, pushed)
    assert developer.git("-C", "copy", "rev-parse", "FETCH_HEAD") == pushed


@pytest.mark.parametrize(
    ("scope", "status"),
    [({"permissions": {"issues": "read"}}, "403"), ({"repositories": ["other"]}, "not found")],
)
@pytest.mark.usefixtures("pushed")
def test_a_token_for_something_else_does_not(
    hosted: Hosted,
    developer: Developer,
    new_token: Callable[..., str],
    run_refused: Callable[..., str],
    scope: dict[str, Any],
    status: str,
) -> None:
    hosted.github.create_repository("acme", "other")
    url = hosted.github.clone_url("acme/shop")
    assert status in run_refused(developer, *with_token(new_token(**scope)), "ls-remote", "--", url)


@pytest.mark.parametrize("authorization", [(), with_token("ghs_unknown"), with_token("guess", "developer")])
@pytest.mark.usefixtures("pushed")
def test_a_private_repository_demands_a_credential(
    hosted: Hosted, developer: Developer, run_refused: Callable[..., str], authorization: tuple[str, ...]
) -> None:
    url = hosted.github.clone_url("acme/shop")
    said = run_refused(developer, *authorization, "ls-remote", "--", url)
    assert "could not read Username" in said or "Authentication failed" in said


def test_a_public_repository_is_open_for_reading_only(
    hosted: Hosted, developer: Developer, run_refused: Callable[..., str]
) -> None:
    hosted.github.create_repository("acme", "open", private=False)
    url = hosted.github.clone_url("acme/open")
    assert developer.git("ls-remote", "--", url) == ""
    developer.commit("a.py")
    assert "could not read Username" in run_refused(developer, "push", url, "HEAD:refs/heads/main")


@pytest.mark.usefixtures("pushed")
def test_a_token_does_not_push(
    hosted: Hosted, developer: Developer, new_token: Callable[..., str], run_refused: Callable[..., str]
) -> None:
    url = hosted.github.clone_url("acme/shop")
    said = run_refused(developer, *with_token(new_token()), "push", "--", url, "HEAD:refs/heads/other")
    assert "403" in said


def test_a_moved_repository_is_followed(hosted: Hosted, developer: Developer, pushed: str) -> None:
    hosted.github.simulation.move_repository(hosted.repository.id, owner="umbrella", name="store")
    assert pushed in developer.git("ls-remote", "--", developer.remote)


def packet(line: str) -> bytes:
    return f"{len(line) + 4:04x}{line}".encode()


def test_compressed_requests_are_understood(hosted: Hosted, pushed: str) -> None:
    command = b"0011command=fetch0001" + packet(f"want {pushed}\n") + packet("done\n") + b"0000"
    headers = {
        "Content-Type": "application/x-git-upload-pack-request",
        "Content-Encoding": "gzip",
        "Git-Protocol": "version=2",
    }
    answer = httpx.post(
        f"{hosted.github.clone_url('acme/shop')}/git-upload-pack",
        content=gzip.compress(command),
        headers=headers,
        auth=("developer", hosted.github.settings.developer_password),
        trust_env=False,
    )
    assert answer.status_code == 200
    assert b"PACK" in answer.content


@pytest.mark.usefixtures("pushed")
def test_dumb_and_unknown_services_are_refused(hosted: Hosted) -> None:
    url = hosted.github.clone_url("acme/shop")
    auth = ("developer", hosted.github.settings.developer_password)
    assert httpx.get(f"{url}/info/refs", auth=auth, trust_env=False).status_code == 403
    assert httpx.post(f"{url}/git-upload-archive", auth=auth, trust_env=False).status_code == 403
    assert httpx.get(f"{url}/HEAD", auth=auth, trust_env=False).status_code == 404
