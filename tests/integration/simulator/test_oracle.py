"""The judge itself: what GitHub's description refuses, in both directions."""

import json
from pathlib import Path
from typing import Any

import pytest

from github_app.simulator.deliveries import Delivery
from github_app.simulator.journal import Exchange
from tests.fakes.openapi_oracle import OpenApiOracle, load_oracle

_STATUS = "/repos/acme/app/statuses/" + "a" * 40
_ERROR = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


def exchange(method: str, path: str, body: object, status: int, answer: object) -> Exchange:
    return Exchange(
        kind="api",
        method=method,
        path=path,
        query="",
        request_headers={"content-type": "application/json"},
        request_body=json.dumps(body).encode(),
        status=status,
        response_headers={"content-type": "application/json; charset=utf-8"},
        response_body=json.dumps(answer).encode(),
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"state": "successs"}, "'successs' is not one of"),
        ({}, "'state' is a required property"),
        ({"state": "error", "target_url": 7}, "7 is not of type 'string'"),
    ],
)
def test_a_request_that_github_refuses_is_named(oracle: OpenApiOracle, body: dict[str, Any], reason: str) -> None:
    assert reason in (oracle.judge(exchange("POST", _STATUS, body, 404, _ERROR)) or "")


def test_a_request_that_github_takes_is_fine(oracle: OpenApiOracle) -> None:
    assert oracle.judge(exchange("POST", _STATUS, {"state": "error"}, 404, _ERROR)) is None


def test_an_answer_that_github_does_not_give_is_named(oracle: OpenApiOracle) -> None:
    said = oracle.judge(exchange("POST", _STATUS, {"state": "error"}, 201, {"id": 1}))
    assert said is not None
    assert "'context' is a required property" in said


def test_an_undocumented_success_is_named(oracle: OpenApiOracle) -> None:
    assert "203" in (oracle.judge(exchange("POST", _STATUS, {"state": "error"}, 203, {})) or "")


@pytest.mark.parametrize(("method", "path"), [("GET", "/nonsense"), ("PUT", "/app"), ("GET", "/repos/a/b/c/d")])
def test_what_github_does_not_have_is_named(oracle: OpenApiOracle, method: str, path: str) -> None:
    assert oracle.judge(exchange(method, path, None, 404, _ERROR)) == f"GitHub has no {method} {path}"


def test_the_longest_path_is_meant(oracle: OpenApiOracle) -> None:
    runs = {"total_count": 0, "check_runs": []}
    assert oracle.judge(exchange("GET", "/repos/a/b/commits/x/y/check-runs", None, 200, runs)) is None
    assert "required" in (oracle.judge(exchange("GET", "/repos/a/b/commits/x/y", None, 200, runs)) or "")


def test_a_delivery_without_what_github_sends_is_named(oracle: OpenApiOracle) -> None:
    delivery = Delivery(id=1, guid="g", event="push", body=b'{"ref": "refs/heads/main"}')
    assert "'after' is a required property" in (oracle.judge_delivery(delivery) or "")


def test_a_missing_description_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `make setup`"):
        load_oracle(tmp_path / "api.github.com.json")
