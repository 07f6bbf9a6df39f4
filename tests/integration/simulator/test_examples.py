"""What is delivered has whatever all of GitHub's published examples of the event have."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.integration.simulator.world import Developer, Hosted, listed_events

_EXAMPLES = Path(__file__).parents[3] / "tools/npm/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
# There only when somebody filled it in, or of another kind in each example.
_ELSEWHERE = frozenset({"enterprise", "organization", "requester", "installation", "license", "assignee", "milestone"})


@cache
def load_examples() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in json.loads(_EXAMPLES.read_bytes()):
        for example in event["examples"]:
            action = example.get("action")
            found.setdefault(f"{event['name']}.{action}" if action else event["name"], []).append(example)
    return found


def list_paths(node: object, path: str = "") -> Iterator[str]:
    """The fields of a payload, three objects deep; lists are empty as often as not, and are left out."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in _ELSEWHERE:
                yield f"{path}.{name}"
                yield from list_paths(value, f"{path}.{name}") if path.count(".") < 2 else ()


def find_common(examples: list[dict[str, Any]]) -> set[str]:
    return set.intersection(*(set(list_paths(example)) for example in examples))


@pytest.fixture
def delivered(hosted: Hosted, developer: Developer, pushed: str) -> dict[str, dict[str, Any]]:
    """One payload of each event the simulator delivers."""
    github, shop = hosted.github, hosted.repository.id
    data = {"name": "x", "head_sha": pushed, "actions": [{"label": "a", "description": "b", "identifier": "c"}]}
    run = hosted.installed.rest.checks.create("acme", "shop", data=data).parsed_data.id
    github.press_check_action(run, "c")
    github.rerequest_check_run(run)
    github.rerequest_check_suite(pushed)
    for change in ({"private": False}, {"private": True}, {"archived": True}, {"archived": False}):
        github.change_repository(shop, **change)
    other = github.create_repository("acme", "other", silent=False)
    github.simulation.move_repository(other.id, name="another", silent=False)
    github.simulation.change_access(hosted.installation.id, [shop], silent=False)
    github.simulation.change_access(hosted.installation.id, None, silent=False)
    github.simulation.delete_repository(other.id, silent=False)
    developer.commit("feature.py", "f")
    developer.push("HEAD:refs/heads/feature")
    github.open_pull_request(shop, "feature", body="It is needed.")
    developer.commit("more.py", "m")
    developer.push("HEAD:refs/heads/feature")
    github.change_pull_request(shop, 1, title="x", draft=True, labels=["bug"], state="closed")
    github.change_pull_request(shop, 1, draft=False, labels=[], state="open")
    for suspended in (True, False):
        github.simulation.suspend(hosted.installation.id, suspended=suspended, silent=False)
    github.simulation.uninstall(hosted.installation.id, silent=False)
    github.install("acme", silent=False)
    return dict(zip(listed_events(github), (d.payload for d in github.deliveries), strict=True))


def test_nothing_is_missing_that_all_examples_have(delivered: dict[str, dict[str, Any]]) -> None:
    examples = load_examples()
    missing = {
        name: sorted(lost)
        for name, payload in delivered.items()
        if name in examples and (lost := find_common(examples[name]) - set(list_paths(payload)))
    }
    assert len(set(examples) & set(delivered)) > 20
    assert missing == {}
