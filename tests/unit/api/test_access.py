"""No route of the API answers without its token; the list is made from the router, so that none can be forgotten."""

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.fakes.services import ACCESS, API_TOKEN, UntouchedStore, services_with

OPEN = {
    "GET /healthz",
    "GET /readyz",
    "POST /webhooks/github",
    "GET /github/app/new",
    "GET /github/app/created",
    "GET /github/install",
    "GET /github/callback",
    "GET /github/setup",
    "GET /sign-in",
    "POST /sign-out",
    "GET /me",
}
"""Routes without the API's token: each is signed, opened by a link or a state, or tells nothing."""


def list_routes() -> list[str]:
    app = create_app(None)  # type: ignore[arg-type]  # only its routes are looked at
    return sorted(f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods)


PROTECTED = [route for route in list_routes() if route not in OPEN]


def ask(client: TestClient, route: str, **headers: str) -> tuple[int, str]:
    method, _, path = route.partition(" ")
    filled = re.sub(r"{(\w+)}", lambda match: "7" if match[1] == "installation_id" else "shop", path)
    answer = client.request(method, filled, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(services_with(UntouchedStore())), raise_server_exceptions=False)


def test_what_is_not_under_the_api_is_named_here() -> None:
    assert [route for route in list_routes() if "/api/v1/" not in route] == sorted(OPEN)


@pytest.mark.parametrize("route", PROTECTED)
@pytest.mark.parametrize(
    "header",
    ["", "Bearer ", "Bearer wrong", f"Basic {API_TOKEN.reveal()}", API_TOKEN.reveal(), f"Bearer {API_TOKEN.reveal()}x"],
)
def test_a_route_without_the_right_token_is_closed(client: TestClient, route: str, header: str) -> None:
    assert ask(client, route, **({"Authorization": header} if header else {})) == (401, "api_token_wrong")


@pytest.mark.parametrize("route", PROTECTED)
def test_without_a_token_in_the_settings_every_route_is_closed(route: str) -> None:
    services = services_with(UntouchedStore(), access=replace(ACCESS, api_token=None))
    client = TestClient(create_app(services), raise_server_exceptions=False)

    assert ask(client, route, Authorization="Bearer ") == (403, "api_disabled")


def test_a_refused_request_says_how_to_authenticate(client: TestClient) -> None:
    assert client.get("/api/v1/projects").headers["www-authenticate"] == 'Bearer realm="pushwright"'


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/api/v1"])
def test_what_is_not_there_is_a_problem_too(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


def test_a_method_that_is_not_taken_is_a_problem_that_names_those_that_are(client: TestClient) -> None:
    answer = client.get("/webhooks/github")

    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method_not_allowed", "POST")
