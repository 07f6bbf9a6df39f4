"""Making the App of a manifest, and installing it on the web side."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from githubkit import AppAuthStrategy

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.integration.simulator.world import Hosted, Receiver, listed_events

_SETUP = "http://127.0.0.1:8080/setup?from=github"


@pytest.fixture
def settings(settings: SimulatorSettings) -> SimulatorSettings:
    return type(settings)(**{name: getattr(settings, name) for name in settings.__slots__} | {"setup_url": _SETUP})


@pytest.fixture
def web(hosted: Hosted) -> Iterator[httpx.Client]:
    hosted.github.set_members("zoo", {"ann": "admin", "bob": "member"})
    hosted.github.sign_in("ann")
    with httpx.Client(base_url=hosted.github.page_url, trust_env=False) as client:
        yield client


def manifest(receiver: Receiver, **changes: object) -> dict[str, str]:
    said = {
        "name": "Pushwright of Acme",
        "url": "https://pushwright.example.com",
        "hook_attributes": {"url": receiver.url},
        "redirect_url": "http://127.0.0.1:8080/setup/created",
        "callback_urls": ["http://127.0.0.1:8080/callback"],
        "setup_url": "http://127.0.0.1:8080/setup/installed",
        "default_permissions": {"contents": "read", "checks": "write"},
        "default_events": ["push"],
        **changes,
    }
    return {"manifest": json.dumps(said)}


def find_query(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def make(hosted: Hosted, web: httpx.Client, form: dict[str, str], path: str = "settings/apps/new") -> dict[str, Any]:
    code = find_query(web.post(f"{path}?state=s1", data=form))["code"]
    answer = httpx.post(f"{hosted.github.base_url}app-manifests/{code}/conversions", trust_env=False)
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


def test_a_manifest_becomes_the_app(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    made = make(hosted, web, manifest(receiver))
    assert (made["slug"], made["owner"]["login"]) == ("pushwright-of-acme", "ann")
    assert made["permissions"] == {"metadata": "read", "contents": "read", "checks": "write"}
    client = hosted.client(AppAuthStrategy(made["id"], made["pem"]))
    found = client.rest.apps.get_authenticated().parsed_data
    assert (found.id, found.slug, found.client_id) == (made["id"], made["slug"], made["client_id"])
    assert client.rest.apps.list_installations().parsed_data == []


def test_its_deliveries_are_signed_with_its_own_secret(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    made = make(hosted, web, manifest(receiver), "organizations/zoo/settings/apps/new")
    hosted.github.install("acme", silent=False)
    delivery = hosted.github.deliveries[0]
    assert made["owner"]["login"] == "zoo"
    assert delivery.request_headers["X-GitHub-Hook-Installation-Target-ID"] == str(made["id"])
    assert hosted.github.simulation.courier.hook.secret == made["webhook_secret"]


def test_the_app_is_told_only_of_its_events(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    make(hosted, web, manifest(receiver))
    hosted.github.install("acme")
    hosted.github.change_repository(hosted.repository.id, archived=True)
    assert hosted.github.deliveries == ()


def test_a_hook_that_is_not_active_hears_nothing(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    make(hosted, web, manifest(receiver, hook_attributes={"url": receiver.url, "active": False}))
    hosted.github.install("acme", silent=False)
    assert hosted.github.deliveries == ()


def test_the_app_outlives_a_restart(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    made = make(hosted, web, manifest(receiver))
    again = SimulatedGitHub(hosted.github.settings).simulation
    assert (again.app, again.app.id) == (hosted.github.simulation.app, made["id"])
    assert (hosted.github.settings.root / "app.json").stat().st_mode & 0o777 == 0o600


def test_a_code_is_for_one_conversion(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    code = find_query(web.post("settings/apps/new", data=manifest(receiver)))["code"]
    url = f"{hosted.github.base_url}app-manifests/{code}/conversions"
    assert [httpx.post(url, trust_env=False).status_code for _ in range(2)] == [201, 404]


def test_the_keys_are_not_noted(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    made = make(hosted, web, manifest(receiver))
    told = web.get("_simulator/state").text
    assert [name for name in ("pem", "client_secret", "webhook_secret") if made[name] in told] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 35},
        {"colour": "blue"},
        {"hook_attributes": {"active": True}},
        {"default_permissions": {"contents": "all"}},
        {"default_events": ["pull_request"]},
        {"default_events": ["installation"]},
        {"redirect_url": "javascript:alert(1)"},
    ],
)
def test_a_manifest_that_github_does_not_take(web: httpx.Client, receiver: Receiver, changes: dict[str, Any]) -> None:
    answer = web.post("settings/apps/new", data=manifest(receiver, **changes))
    assert (answer.status_code, "Invalid GitHub App configuration" in answer.text) == (422, True)


def test_only_who_may_makes_an_app(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    path = "organizations/zoo/settings/apps/new"
    assert web.get("settings/apps/new").status_code == 200
    hosted.github.sign_in("bob")
    assert web.post(path, data=manifest(receiver)).status_code == 404
    hosted.github.sign_in(None)
    assert web.post(path, data=manifest(receiver)).status_code == 401


def test_installing_returns_to_the_setup_url(hosted: Hosted, web: httpx.Client) -> None:
    answer = web.get("apps/pushwright/installations/new?state=s1")
    query = find_query(answer)
    (installation,) = [i for i in hosted.github.simulation.state.installations.values() if i.account.login == "zoo"]
    assert query == {
        "from": "github",
        "installation_id": str(installation.id),
        "setup_action": "install",
        "state": "s1",
    }
    assert listed_events(hosted.github) == ["installation.created"]
    assert hosted.github.deliveries[0].payload["sender"]["login"] == "ann"


def test_an_account_and_repositories_are_chosen(hosted: Hosted, web: httpx.Client) -> None:
    mine = hosted.github.create_repository("ann", "mine")
    hosted.github.create_repository("ann", "secret")
    web.get("apps/pushwright/installations/new", params={"account": "ann", "repository_ids[]": mine.id})
    payload = hosted.github.deliveries[0].payload
    assert (payload["installation"]["account"]["login"], [r["name"] for r in payload["repositories"]]) == (
        "ann",
        ["mine"],
    )


def test_a_second_time_leads_to_the_installation(hosted: Hosted, web: httpx.Client) -> None:
    first = find_query(web.get("apps/pushwright/installations/new"))["installation_id"]
    again = web.get("apps/pushwright/installations/new")
    assert again.headers["location"] == f"{hosted.github.page_url}settings/installations/{first}"
    assert "pushwright on zoo" in web.get(again.headers["location"]).text


def test_a_member_only_asks(hosted: Hosted, web: httpx.Client) -> None:
    hosted.github.sign_in("bob")
    query = find_query(web.get("apps/pushwright/installations/new?account=zoo&state=s2"))
    assert query == {"from": "github", "setup_action": "request", "state": "s2"}
    assert hosted.github.deliveries == ()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("apps/other/installations/new", 404),
        ("apps/pushwright/installations/new?account=acme", 404),
        ("apps/pushwright/installations/new?account=nobody", 404),
        ("settings/installations/4242", 404),
        ("apps/pushwright", 200),
    ],
)
def test_pages_that_are_there_or_not(web: httpx.Client, path: str, status: int) -> None:
    assert web.get(path).status_code == status


def test_an_app_that_asks_for_the_user_gets_a_code(hosted: Hosted, web: httpx.Client, receiver: Receiver) -> None:
    make(hosted, web, manifest(receiver, request_oauth_on_install=True))
    query = find_query(web.get("apps/pushwright-of-acme/installations/new?account=ann&state=s3"))
    assert (query["setup_action"], query["state"]) == ("install", "s3")
    tokens = hosted.github.simulation.authorizations.exchange(query["code"])
    assert tokens is not None
    assert tokens.user.login == "ann"
