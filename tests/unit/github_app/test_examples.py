"""GitHub's own examples of payloads: each one of them is read."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from domain.events import (
    AccessChanged,
    CheckRequested,
    Event,
    InstallationChanged,
    NotInteresting,
    PullRequestChanged,
    PushReceived,
    RepositoryChanged,
)
from github_app.translate import translate

EXAMPLES = Path(__file__).parents[3] / "tools/npm/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
LIBRARY: Final[dict[str, list[dict[str, Any]]]] = {
    event["name"]: event["examples"] for event in json.loads(EXAMPLES.read_bytes())
}
READ: Final[dict[str, type[Event]]] = {
    "push": PushReceived,
    "pull_request": PullRequestChanged,
    "installation": InstallationChanged,
    "installation_repositories": AccessChanged,
    "repository": RepositoryChanged,
}
NUMBER_OF_EXAMPLES = {
    "push": 7, "pull_request": 29, "installation": 7, "installation_repositories": 3, "repository": 13,
    "check_run": 9, "check_suite": 9, "ping": 4,
}  # fmt: skip
CHECKS = [
    ("check_run", 0, "check_run created"),
    ("check_run", 1, "check_run completed"),
    ("check_run", 2, "check_run completed"),
    ("check_run", 3, "check_run completed"),
    ("check_run", 4, "check_run created"),
    ("check_run", 5, "check_run created"),
    ("check_run", 6, "check_run requested_action lgtm|26764"),
    ("check_run", 7, CheckRequested),
    ("check_run", 8, CheckRequested),
    ("check_suite", 0, "check_suite completed"),
    ("check_suite", 1, "check_suite completed"),
    ("check_suite", 2, "check_suite completed"),
    ("check_suite", 3, "check_suite completed"),
    ("check_suite", 4, "check_suite requested"),
    ("check_suite", 5, "check_suite requested"),
    ("check_suite", 6, "check_suite requested"),
    ("check_suite", 7, CheckRequested),
    ("check_suite", 8, CheckRequested),
]


def as_app(name: str, index: int) -> bytes:
    """Return the example as the App gets it: many of them were recorded by a repository's own webhook."""
    return json.dumps({"installation": {"id": 3}, **LIBRARY[name][index]}).encode()


def numbered(names: set[str]) -> list[Any]:
    return [
        pytest.param(name, index, id=f"{name}-{index}") for name in sorted(names) for index in range(len(LIBRARY[name]))
    ]


def test_no_example_is_left_out() -> None:
    assert {name: len(LIBRARY[name]) for name in NUMBER_OF_EXAMPLES} == NUMBER_OF_EXAMPLES


@pytest.mark.parametrize(("name", "index"), numbered(set(READ)))
def test_every_example_of_what_we_read_becomes_its_event(name: str, index: int) -> None:
    assert type(translate(name, as_app(name, index))) is READ[name]


@pytest.mark.parametrize(("name", "index", "expected"), CHECKS)
def test_every_example_of_a_check_is_read(name: str, index: int, expected: object) -> None:
    event = translate(name, as_app(name, index))
    assert (event.reason if isinstance(event, NotInteresting) else type(event)) == expected


@pytest.mark.parametrize(("name", "index"), numbered({"ping"}))
def test_every_example_of_a_ping_is_one(name: str, index: int) -> None:
    assert translate(name, as_app(name, index)) == NotInteresting("ping")


@pytest.mark.parametrize(("name", "index"), numbered(set(LIBRARY) - set(NUMBER_OF_EXAMPLES)))
def test_every_example_of_another_event_is_unknown(name: str, index: int) -> None:
    assert translate(name, as_app(name, index)) == NotInteresting("unknown_event")


@pytest.mark.parametrize(("name", "index"), numbered(set(READ) - {"installation", "installation_repositories"}))
def test_an_example_without_installation_is_of_another_webhook(name: str, index: int) -> None:
    example = {key: value for key, value in LIBRARY[name][index].items() if key != "installation"}
    assert translate(name, json.dumps(example).encode()) == NotInteresting("no_installation")
