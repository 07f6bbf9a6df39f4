"""Users authorize the App on the web side, and what the App may then ask in their name."""

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Hosted, refused

_CALLBACK = "http://127.0.0.1:8080/auth/callback"


@pytest.fixture
def settings(settings: SimulatorSettings) -> SimulatorSettings:
    return type(settings)(
        **{name: getattr(settings, name) for name in settings.__slots__} | {"callback_url": _CALLBACK}
    )


@pytest.fixture
def web(hosted: Hosted) -> Iterator[httpx.Client]:
    """The browser of `ann`, who administers `acme`, where `bob` is a member and `cid` reads one repository."""
    github = hosted.github
    github.create_repository("acme", "other")
    github.set_members("acme", {"ann": "admin", "bob": "member"}, {"shop": {"cid": "read", "bob": "maintain"}})
    github.create_account("eve")
    github.sign_in("ann")
    with httpx.Client(base_url=github.page_url, trust_env=False) as client:
        yield client


def ask(github: SimulatedGitHub, web: httpx.Client, **changes: str) -> httpx.Response:
    query = {"client_id": github.settings.client_id, "redirect_uri": _CALLBACK, "state": "s&1", **changes}
    return web.get("login/oauth/authorize", params=query)


def find_query(answer: httpx.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(github: SimulatedGitHub, web: httpx.Client, code: str, **changes: str) -> httpx.Response:
    form = {"client_id": github.settings.client_id, "client_secret": github.settings.client_secret, "code": code}
    return web.post("login/oauth/access_token", data=form | changes, headers={"Accept": "application/json"})


def sign_in(github: SimulatedGitHub, web: httpx.Client, login: str) -> str:
    github.sign_in(login)
    token: str = exchange(github, web, find_query(ask(github, web))["code"]).json()["access_token"]
    return token


def test_a_user_comes_back_with_a_code_and_the_state(hosted: Hosted, web: httpx.Client) -> None:
    answer = ask(hosted.github, web)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, _CALLBACK)
    assert find_query(answer)["state"] == "s&1"


def test_a_code_is_exchanged_once(hosted: Hosted, web: httpx.Client) -> None:
    code = find_query(ask(hosted.github, web))["code"]
    tokens = exchange(hosted.github, web, code).json()
    assert (tokens["access_token"][:4], tokens["token_type"], tokens["scope"]) == ("ghu_", "bearer", "")
    assert hosted.client(tokens["access_token"]).rest.users.get_authenticated().parsed_data.login == "ann"
    again = exchange(hosted.github, web, code)
    assert (again.status_code, again.json()["error"]) == (200, "bad_verification_code")


def test_a_refresh_token_gives_another_one(hosted: Hosted, web: httpx.Client) -> None:
    old = exchange(hosted.github, web, find_query(ask(hosted.github, web))["code"]).json()
    renewal = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    new = exchange(hosted.github, web, "", **renewal).json()
    assert new["access_token"] != old["access_token"]
    assert exchange(hosted.github, web, "", **renewal).json()["error"] == "bad_refresh_token"


def test_without_the_header_the_answer_is_a_form(hosted: Hosted, web: httpx.Client) -> None:
    query = {"client_id": hosted.github.settings.client_id, "client_secret": "wrong", "code": "x"}
    answer = web.post("login/oauth/access_token", params=query)
    assert parse_qs(answer.text)["error"] == ["incorrect_client_credentials"]


@pytest.mark.parametrize("wrong", [{"client_secret": "guess"}, {"client_id": "guess"}])
def test_a_wrong_secret_is_an_error(hosted: Hosted, web: httpx.Client, wrong: dict[str, str]) -> None:
    code = find_query(ask(hosted.github, web))["code"]
    answer = exchange(hosted.github, web, code, **wrong)
    assert (answer.status_code, answer.json()["error"]) == (200, "incorrect_client_credentials")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "other"}, 404),
        ({"redirect_uri": "http://127.0.0.1:80801/auth/callback"}, 400),
        ({"redirect_uri": "http://127.0.0.1:8080/auth/callback2"}, 400),
        ({"redirect_uri": "https://evil.example.com/auth/callback"}, 400),
        ({"redirect_uri": f"{_CALLBACK}/deeper"}, 302),
        ({"redirect_uri": ""}, 302),
    ],
)
def test_users_return_to_the_app_alone(hosted: Hosted, web: httpx.Client, changes: dict[str, str], status: int) -> None:
    assert ask(hosted.github, web, **changes).status_code == status


def test_nobody_is_asked_to_sign_in(hosted: Hosted, web: httpx.Client) -> None:
    hosted.github.sign_in(None)
    answer = ask(hosted.github, web)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")


def test_a_user_may_refuse(hosted: Hosted, web: httpx.Client) -> None:
    web.put("_simulator/session", json={"login": "ann", "denies": True})
    assert find_query(ask(hosted.github, web))["error"] == "access_denied"


def test_a_challenge_is_answered(hosted: Hosted, web: httpx.Client) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    pkce = {"code_challenge": digest, "code_challenge_method": "S256"}
    code = find_query(ask(hosted.github, web, **pkce))["code"]
    assert exchange(hosted.github, web, code).json()["error"] == "bad_verification_code"
    code = find_query(ask(hosted.github, web, **pkce))["code"]
    assert "access_token" in exchange(hosted.github, web, code, code_verifier="verifier").json()


def test_a_user_token_ends(hosted: Hosted, web: httpx.Client) -> None:
    client = hosted.client(sign_in(hosted.github, web, "ann"))
    web.post("_simulator/user-tokens/expire")
    assert refused(client.rest.users.get_authenticated) == (401, "Bad credentials")
    assert refused(hosted.installed.rest.users.get_authenticated)[0] == 403


@pytest.mark.parametrize(
    ("login", "seen"),
    [
        ("ann", {"shop": "admin", "other": "admin"}),
        ("bob", {"shop": "maintain", "other": "pull"}),
        ("cid", {"shop": "pull"}),
        ("eve", None),
    ],
)
def test_users_see_what_they_have_a_role_in(
    hosted: Hosted, web: httpx.Client, login: str, seen: dict[str, str] | None
) -> None:
    client = hosted.client(sign_in(hosted.github, web, login))
    installations = client.rest.apps.list_installations_for_authenticated_user(per_page=1).parsed_data.installations
    assert [i.id for i in installations] == ([] if seen is None else [hosted.installation.id])
    list_ = client.rest.apps.list_installation_repos_for_authenticated_user
    if seen is None:
        assert refused(list_, hosted.installation.id)[0] == 404
        return
    repositories = list_(hosted.installation.id).json()["repositories"]
    assert {r["name"] for r in repositories} == set(seen)
    assert all(r["permissions"][seen[r["name"]]] for r in repositories)


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [("ann", "admin", "admin"), ("bob", "write", "maintain"), ("cid", "read", "read"), ("eve", "none", "none")],
)
@pytest.mark.usefixtures("web")
def test_a_permission_is_asked_for(hosted: Hosted, login: str, permission: str, role: str) -> None:
    found = hosted.installed.rest.repos.get_collaborator_permission_level("acme", "shop", login).parsed_data
    assert (found.permission, found.role_name) == (permission, role)


@pytest.mark.usefixtures("web")
def test_a_stranger_has_no_permission_to_ask_for(hosted: Hosted) -> None:
    call = hosted.installed.rest.repos.get_collaborator_permission_level
    assert refused(call, "acme", "shop", "nobody") == (404, "Not Found")


def test_members_are_arranged_over_http(hosted: Hosted, web: httpx.Client) -> None:
    body = {"logins": {"dan": "member"}, "repositories": {"shop": {"dan": "write"}}}
    assert web.put("_simulator/accounts/acme/members", json=body).status_code == 200
    found = hosted.installed.rest.repos.get_collaborator_permission_level("acme", "shop", "dan").parsed_data
    assert found.permission == "write"
    assert web.put("_simulator/accounts/acme", json={"kind": "User"}).status_code == 422
    assert web.put("_simulator/accounts/acme/members", json={"logins": {"dan": "king"}}).status_code == 422


def test_secrets_are_not_noted(hosted: Hosted, web: httpx.Client, oracle: OpenApiOracle) -> None:
    assert oracle
    token = sign_in(hosted.github, web, "ann")
    told = web.get("_simulator/state").text
    assert ("/login/oauth/access_token" in told, token in told) == (True, False)
    assert hosted.github.settings.client_secret not in told
