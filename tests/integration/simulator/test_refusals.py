"""What the simulator refuses by itself, as GitHub does; asked without a client library and without the judge."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings

_ACTION = {"label": "Try again", "description": "Build it once more", "identifier": "retry"}


@pytest.fixture
def github(settings: SimulatorSettings) -> Iterator[SimulatedGitHub]:
    simulated = SimulatedGitHub(settings)
    simulated.create_repository("acme", "shop")
    with simulated.serve():
        yield simulated


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[httpx.Client]:
    installation = github.install("acme")
    grant = github.simulation.tokens.issue(installation, None, installation.permissions)
    headers = {"Authorization": f"token {grant.token}"}
    with httpx.Client(base_url=f"{github.base_url}repos/acme/shop/", headers=headers, trust_env=False) as asking:
        yield asking


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("check-runs", {"name": "x", "head_sha": "main", "status": "completed"}),
        ("check-runs", {"name": "x", "head_sha": "main", "status": "done"}),
        ("check-runs", {"name": "x", "head_sha": "main", "output": {"title": "No summary"}}),
        ("check-runs", {"name": "x", "head_sha": "main", "output": {"summary": "x" * 65536}}),
        ("check-runs", {"name": "x", "head_sha": "main", "output": {"summary": "", "annotations": [{}] * 51}}),
        ("check-runs", {"name": "x", "head_sha": "main", "actions": [_ACTION] * 4}),
        ("check-runs", {"name": "x", "head_sha": "main", "actions": [{**_ACTION, "label": "x" * 21}]}),
        ("check-runs", {"name": "x", "head_sha": "main", "actions": [{**_ACTION, "description": "x" * 41}]}),
        ("check-runs", {"name": "x", "head_sha": "main", "actions": [{**_ACTION, "identifier": "x" * 21}]}),
        ("check-runs", {"name": "x", "head_sha": "main", "actions": [{"label": "x"}]}),
        ("statuses/main", {"state": "successs"}),
        ("statuses/main", {"state": "success", "description": "x" * 141}),
        ("deployments", {"environment": "no ref"}),
        ("issues/1/comments", {"body": ""}),
        ("issues/1/comments", {"body": "x" * 65537}),
    ],
)
def test_a_body_that_does_not_fit_is_invalid(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")
    assert answer.json()["errors"][0]["code"] == "invalid"


def test_what_is_not_json_is_a_problem(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("statuses/main", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (400, "Problems parsing JSON")


@pytest.mark.parametrize("header", [None, "", "Basic eDp5", "Bearer", "Bearer ghs_unknown", "Bearer a.b.c"])
def test_without_a_known_token_nothing_is_answered(github: SimulatedGitHub, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in ("repos/acme/shop", "app", "installation/repositories"):
        assert httpx.get(f"{github.base_url}{path}", headers=headers, trust_env=False).status_code == 401


@pytest.mark.parametrize("path", ["nonsense", "app/hook", "repos/acme", "repos/acme/shop/nonsense/x", "repositories/9"])
def test_what_is_not_there_is_not_found(client: httpx.Client, github: SimulatedGitHub, path: str) -> None:
    answer = httpx.get(f"{github.base_url}{path}", headers=client.headers, trust_env=False)
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


def test_an_empty_repository_has_no_commits(client: httpx.Client) -> None:
    assert client.get("commits/main").json()["message"] == "Git Repository is empty."
    assert client.get("git/ref/heads/main").status_code == 409
    assert client.get("branches/main").status_code == 404


def test_every_answer_has_githubs_headers(client: httpx.Client) -> None:
    headers = client.get("").headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-github-request-id"]
    assert int(headers["x-ratelimit-remaining"]) < int(headers["x-ratelimit-limit"])


def test_a_simulator_can_go_down_and_come_back(settings: SimulatorSettings) -> None:
    github = SimulatedGitHub(settings)
    with github.serve():
        address = github.page_url
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)
    with github.serve(port=int(address.rstrip("/").rpartition(":")[2])):
        assert httpx.get(address, trust_env=False).status_code == 200
