"""What a browser is refused before anything is looked at."""

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.fakes.services import UntouchedStore, services_with


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(services_with(UntouchedStore())), raise_server_exceptions=False)


@pytest.mark.parametrize("number", ["0", "-3", "9223372036854775808", "x"])
def test_a_number_no_installation_has_is_refused(client: TestClient, number: str) -> None:
    answer = client.get(f"/github/callback?state=a&installation_id={number}")

    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
    assert "installation_id" in answer.json()["detail"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nLocation: https://evil.example",
        "/\x00",
        " /me",
        "/" + "a" * 2000,
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/github/install"])
def test_nobody_is_sent_to_another_host(client: TestClient, path: str, target: str) -> None:
    answer = client.get(path, params={"return_to": target})

    assert (answer.status_code, answer.json()["code"]) == (400, "return_path_invalid")
