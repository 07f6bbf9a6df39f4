"""Signing in with GitHub, and what the browser keeps of it."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from domain.secrets import Secret
from github_app.simulator.server import SimulatedGitHub
from store.unit_of_work import PostgresStore
from tests.fakes.services import ACCESS, World, services_with
from tests.integration.edges.browsing import Browser, query_of

pytestmark = pytest.mark.postgres


class StoppedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def test_signing_in_and_out(github: SimulatedGitHub, browser: Browser, site: str) -> None:
    github.sign_in("ann")
    page = browser.visit(f"{site}/sign-in")
    signed_in = browser.json(f"{site}/me").json()
    browser.submit(page)

    assert "You are signed in as <strong>ann</strong>" in page.text
    assert (signed_in["login"], signed_in["id"]) == ("ann", github.simulation.state.find_account("ann").id)  # type: ignore[union-attr]  # she exists
    assert browser.json(f"{site}/me").json()["code"] == "not_signed_in"


def sign_in(client: TestClient, return_to: str = "") -> str:
    """Sign in as Ada and return the header that sets her cookie."""
    going = client.get("/sign-in", params={"return_to": return_to}, follow_redirects=False)
    state = query_of(going.headers["location"])["state"]
    back = client.get("/github/callback", params={"code": "code-of-ada", "state": state}, follow_redirects=False)
    assert back.status_code in {200, 303}, back.text
    return next(value for value in back.headers.get_list("set-cookie") if "person" in value)


def test_the_cookies_of_a_plain_host_are_closed_to_scripts_and_other_sites(store: PostgresStore) -> None:
    client = TestClient(create_app(services_with(store)), base_url="http://127.0.0.1:8787")
    going = client.get("/sign-in", follow_redirects=False)
    trip = next(iter(SimpleCookie(going.headers["set-cookie"]).values()))

    assert (trip.key, trip["httponly"], trip["samesite"], trip["secure"], trip["max-age"]) == (
        "pushwright_trip",
        True,
        "lax",
        "",
        "3600",
    )


def test_the_cookies_of_a_host_with_tls_are_for_tls_and_for_this_host_alone(store: PostgresStore) -> None:
    access = type(ACCESS)(
        "https://push.example", ACCESS.github_url, ACCESS.api_token, ACCESS.creation_key, ACCESS.session_key
    )
    client = TestClient(create_app(services_with(store, access=access)), base_url="https://push.example")
    person = next(iter(SimpleCookie(sign_in(client)).values()))

    assert (person.key, person["httponly"], person["samesite"], person["secure"], person["max-age"]) == (
        "__Host-pushwright_person",
        True,
        "lax",
        True,
        "43200",
    )
    assert client.get("/me").json() == {"id": 1, "login": "ada", "avatar_url": "https://avatars.example/ada"}


def test_a_sign_in_ends_after_twelve_hours(store: PostgresStore) -> None:
    clock = StoppedClock()
    client = TestClient(create_app(services_with(store, world=World(clock=clock))), base_url="http://127.0.0.1")
    sign_in(client)
    clock.moment += timedelta(hours=11, minutes=59)
    assert client.get("/me").status_code == 200
    clock.moment += timedelta(minutes=2)

    assert client.get("/me").status_code == 401


def test_a_state_ends_after_an_hour(store: PostgresStore) -> None:
    clock = StoppedClock()
    client = TestClient(create_app(services_with(store, world=World(clock=clock))), base_url="http://127.0.0.1")
    going = client.get("/sign-in", follow_redirects=False)
    clock.moment += timedelta(hours=1)
    state = query_of(going.headers["location"])["state"]
    late = client.get("/github/callback", params={"code": "code-of-ada", "state": state})

    assert (late.status_code, late.json()["code"]) == (400, "github_state_invalid")


@pytest.mark.parametrize("cookie", ["", "x", "gAAAAAB" + "A" * 100, "é"])
def test_a_cookie_that_is_not_ours_signs_nobody_in(store: PostgresStore, cookie: str) -> None:
    client = TestClient(create_app(services_with(store)), base_url="http://127.0.0.1")

    assert client.get("/me", headers={"Cookie": f"pushwright_person={cookie}".encode()}).status_code == 401


def test_a_cookie_of_another_key_signs_nobody_in(store: PostgresStore) -> None:
    other = type(ACCESS)(ACCESS.public_url, ACCESS.github_url, ACCESS.api_token, ACCESS.creation_key, Secret("77" * 32))
    ours = TestClient(create_app(services_with(store)), base_url="http://127.0.0.1")
    theirs = TestClient(create_app(services_with(store, access=other)), base_url="http://127.0.0.1")
    sign_in(theirs)
    sealed = theirs.cookies["pushwright_person"]

    assert ours.get("/me", headers={"Cookie": f"pushwright_person={sealed}"}).status_code == 401


def test_the_store_has_neither_the_state_nor_the_cookie(store: PostgresStore) -> None:
    client = TestClient(create_app(services_with(store)), base_url="http://127.0.0.1")
    state = query_of(client.get("/sign-in", follow_redirects=False).headers["location"])["state"]
    with store._engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM round_trips").all())

    assert "round" not in rows
    assert state not in rows
    assert client.cookies["pushwright_trip"] not in rows


@pytest.mark.parametrize("path", ["/github/callback", "/github/setup"])
@pytest.mark.parametrize("query", ["", "?state=unheard-of", "?state=unheard-of&code=abc", "?code=abc", "?state=%00"])
def test_coming_back_from_nowhere_is_refused(store: PostgresStore, path: str, query: str) -> None:
    answer = client_of(store).get(f"{path}{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "github_state_invalid")


def test_an_error_is_a_page_for_a_browser_and_a_problem_for_a_program(store: PostgresStore) -> None:
    client = client_of(store)
    page = client.get("/github/callback", headers={"Accept": "text/html"})
    problem = client.get("/github/callback", headers={"Accept": "*/*"})

    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "Start again." in page.text
    assert (problem.status_code, problem.headers["content-type"]) == (400, "application/problem+json")


def client_of(store: PostgresStore) -> TestClient:
    return TestClient(create_app(services_with(store)), base_url="http://127.0.0.1", raise_server_exceptions=False)
