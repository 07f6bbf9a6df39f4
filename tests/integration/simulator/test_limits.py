"""What GitHub counts: calls of an hour, writes of a minute, documents that did not change."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.integration.simulator.world import Hosted


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(settings: SimulatorSettings, clock: Clock) -> Iterator[httpx.Client]:
    """A client of a GitHub that takes five writes a minute and eight an hour."""
    limits = replace(settings, enforce_secondary_limits=True, writes_a_minute=5, writes_an_hour=8)
    github = SimulatedGitHub(limits, clock=clock)
    github.create_repository("acme", "shop")
    installation = github.install("acme")
    grant = github.simulation.tokens.issue(installation, None, installation.permissions)
    headers = {"Authorization": f"Bearer {grant.token}"}
    url = f"{github.base_url}repos/acme/shop/"
    with github.serve(), httpx.Client(trust_env=False, headers=headers) as client:
        client.base_url = httpx.URL(url.replace("http://simulator.invalid", github.page_url.rstrip("/")))
        yield client


def write(client: httpx.Client, times: int) -> list[int]:
    return [client.post("issues/1/comments", json={"body": "x"}).status_code for _ in range(times)]


def test_writes_beyond_a_minutes_are_refused_until_the_minute_is_over(writer: httpx.Client, clock: Clock) -> None:
    assert write(writer, 6) == [201] * 5 + [403]
    refusal = writer.post("issues/1/comments", json={"body": "x"})
    assert "secondary rate limit" in refusal.json()["message"]
    assert 0 < int(refusal.headers["retry-after"]) <= 61
    assert writer.get("issues/1/comments").status_code == 200
    clock.moment += timedelta(seconds=int(refusal.headers["retry-after"]))
    assert write(writer, 4) == [201] * 3 + [403]


def test_writes_beyond_an_hours_wait_for_the_hour(writer: httpx.Client, clock: Clock) -> None:
    write(writer, 5)
    clock.moment += timedelta(minutes=2)
    write(writer, 3)
    refusal = writer.post("issues/1/comments", json={"body": "x"})
    assert 3000 < int(refusal.headers["retry-after"]) <= 3601


def test_limits_are_not_enforced_unless_wanted(hosted: Hosted, new_token: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    url = f"{hosted.github.base_url}repos/acme/shop/issues/1/comments"
    with httpx.Client(headers=headers, trust_env=False) as client:
        answers = [client.post(url, json={"body": "x"}).status_code for _ in range(82)]
    assert set(answers) == {201}


def test_what_did_not_change_is_not_sent_and_not_counted(hosted: Hosted, new_token: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    url = f"{hosted.github.base_url}repos/acme/shop"
    with httpx.Client(headers=headers, trust_env=False) as client:
        first = client.get(url)
        again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
        hosted.github.change_repository(hosted.repository.id, archived=True)
        assert client.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_the_budget_is_told_on_every_answer(hosted: Hosted) -> None:
    first, second = (hosted.installed.request("GET", "/repos/acme/shop").headers for _ in range(2))
    assert int(first["x-ratelimit-remaining"]) - int(second["x-ratelimit-remaining"]) == 1
    assert (first["x-ratelimit-resource"], first["x-ratelimit-limit"]) == ("core", "5000")
    assert int(second["x-ratelimit-reset"]) >= int(first["x-ratelimit-reset"])
