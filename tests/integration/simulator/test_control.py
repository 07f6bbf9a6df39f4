"""Arranging and breaking the simulator over HTTP, and reading what it knows."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Developer, Hosted, Receiver


@pytest.fixture
def control(hosted: Hosted) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hosted.github.page_url}_simulator", trust_env=False) as client:
        yield client


@pytest.fixture
def asked(hosted: Hosted, new_token: Callable[..., str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {new_token()}"}
    with httpx.Client(base_url=hosted.github.base_url, headers=headers, trust_env=False) as client:
        yield client


def test_a_repository_is_made_renamed_transferred_recreated_and_deleted(control: httpx.Client, hosted: Hosted) -> None:
    made = control.post("/repositories", json={"owner": "zoo", "name": "ape"}).json()
    moved = control.patch(f"/repositories/{made['id']}", json={"owner": "acme", "name": "bee"}).json()
    assert (moved["id"], moved["full_name"]) == (made["id"], "acme/bee")
    again = control.post(f"/repositories/{made['id']}/recreate").json()
    assert again["id"] != made["id"]
    assert control.delete(f"/repositories/{again['id']}").status_code == 204
    assert hosted.github.simulation.state.find_repository("acme", "bee") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"owner": "acme", "name": "shop"}, 422),
        ({"owner": "../..", "name": "x"}, 422),
        ({"owner": "acme"}, 422),
    ],
)
def test_a_repository_that_cannot_be_is_refused(control: httpx.Client, body: dict[str, str], status: int) -> None:
    assert control.post("/repositories", json=body).status_code == status


def test_an_installation_is_made_and_suspended(control: httpx.Client) -> None:
    made = control.post("/installations", json={"account": "zoo", "repository_ids": []}).json()
    assert made["repository_selection"] == "selected"
    path = f"/installations/{made['id']}/suspended"
    assert control.put(path).json()["suspended_at"] is not None
    assert control.delete(path).json()["suspended_at"] is None


def test_access_is_taken_away_and_the_app_uninstalled(
    control: httpx.Client, hosted: Hosted, asked: httpx.Client
) -> None:
    path = f"/installations/{hosted.installation.id}"
    assert asked.get("repos/acme/shop").status_code == 200
    control.put(f"{path}/repositories", json={"repository_ids": []})
    assert asked.get("repos/acme/shop").status_code == 404
    control.delete(path)
    assert asked.get("repos/acme/shop").status_code == 401


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [
        ("server_error", 500, ("content-type", "application/json; charset=utf-8")),
        ("bad_gateway", 502, ("content-type", "application/json; charset=utf-8")),
        ("primary_rate_limit", 403, ("x-ratelimit-remaining", "0")),
        ("secondary_rate_limit", 403, ("retry-after", "7")),
    ],
)
def test_the_next_calls_fail_as_planned(
    control: httpx.Client, asked: httpx.Client, kind: str, status: int, header: tuple[str, str]
) -> None:
    control.post("/faults", json={"kind": kind, "count": 2, "retry_after_seconds": 7})
    answers = [asked.get("repos/acme/shop") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers[header[0]] == header[1]


def test_a_connection_is_dropped_as_planned(control: httpx.Client, asked: httpx.Client) -> None:
    control.post("/faults", json={"kind": "dropped_connection"})
    with pytest.raises(httpx.RemoteProtocolError):
        asked.get("repos/acme/shop")
    assert asked.get("repos/acme/shop").status_code == 200


def test_git_fails_as_planned(control: httpx.Client, developer: Developer, run_refused: Callable[..., str]) -> None:
    control.post("/faults", json={"kind": "server_error", "target": "git", "path_part": "info/refs"})
    assert "500" in run_refused(developer, "ls-remote", developer.remote)
    assert developer.git("ls-remote", developer.remote) == ""


def test_expired_tokens_are_bad_credentials(control: httpx.Client, asked: httpx.Client) -> None:
    control.post("/tokens/expire")
    assert asked.get("repos/acme/shop").json()["message"] == "Bad credentials"


def test_any_event_can_be_delivered_elsewhere(control: httpx.Client, hosted: Hosted, receiver: Receiver) -> None:
    control.put("/receiver", json={"url": f"{receiver.url}/other", "secret": "new"})
    control.post("/deliveries", json={"event": "ping", "payload": {"zen": "Keep it logically awesome.", "hook_id": 1}})
    assert [delivery.event for delivery in hosted.github.deliveries] == ["ping"]
    assert len(receiver.calls) == 1


@pytest.mark.usefixtures("hosted")
def test_what_was_asked_is_told_without_secrets(control: httpx.Client, asked: httpx.Client) -> None:
    asked.get("repos/acme/shop")
    recorded = control.get("/state").json()["requests"]
    assert [(r["method"], r["path"], r["status"]) for r in recorded][-1] == ("GET", "/repos/acme/shop", 200)
    assert recorded[-1]["request_headers"]["authorization"] == "Bearer [redacted]"
    assert "ghs_" not in control.get("/state").text


def test_the_page_shows_what_was_told_and_escapes_it(hosted: Hosted, developer: Developer) -> None:
    sha = developer.commit("a.py")
    developer.push()
    output = {"title": "<script>alert(1)</script>", "summary": "It & all"}
    hosted.installed.rest.checks.create("acme", "shop", data={"name": "x", "head_sha": sha, "output": output})
    page = httpx.get(hosted.github.page_url, trust_env=False)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "<script>" not in page.text
    assert sha[:12] in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.usefixtures("hosted")
def test_what_github_lacks_is_refused_and_noted(settings: SimulatorSettings, oracle: OpenApiOracle) -> None:
    unpersuaded = SimulatedGitHub(settings, on_exchange=oracle.judge)
    with unpersuaded.serve():
        answer = httpx.get(f"{unpersuaded.base_url}repos/acme/shop/nonsense/at/all", trust_env=False)
    assert (answer.status_code, answer.json()["message"]) == (422, "GitHub has no GET /repos/acme/shop/nonsense/at/all")
    assert len(unpersuaded.complaints) == 1


def test_what_is_hosted_outlives_a_restart(hosted: Hosted, settings: SimulatorSettings, developer: Developer) -> None:
    sha = developer.commit("a.py")
    developer.push()
    assert hosted.github.deliveries
    second = SimulatedGitHub(settings)
    assert second.simulation.describe()["repositories"][0]["id"] == hosted.repository.id
    assert second.simulation.git.find_ref(hosted.repository.id, "refs/heads/main") == sha
    assert second.create_repository("acme", "later").id > hosted.installation.id
