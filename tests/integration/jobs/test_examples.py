"""Every payload GitHub publishes as an example of our events ends in a decision; the snapshot lists them all."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.environments import Environment, EnvironmentKind, Project
from domain.events import Event, PullRequestChanged, PushReceived
from domain.identifiers import DeliveryId, new_environment_id, new_project_id
from domain.ports.store import Store
from domain.records import DecisionRecord, NewDelivery
from domain.source import BranchName, Repository, RepositoryAddress
from github_app.translate import translate
from jobs.delivery import DeliveryJob
from tests.fakes.builds import SystemClock
from tests.fakes.forge import RecordingForge
from tests.fakes.world import pull_request

pytestmark = pytest.mark.postgres

EXAMPLES = Path(__file__).parents[3] / "tools/npm/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
EVENTS = (
    "push",
    "pull_request",
    "installation",
    "installation_repositories",
    "repository",
    "check_run",
    "check_suite",
    "ping",
)
NUMBER_OF_EXAMPLES = 81


@dataclass
class ExampleForge(RecordingForge):
    """Reads what GitHub really sends, and knows whatever repository it is about."""

    def translate(self, event_name: str, body: bytes) -> Event:
        return translate(event_name, body)

    def know(self, address: RepositoryAddress, repository: Repository) -> None:
        self.repositories[address.installation_id] = (repository,)


def test_every_example_ends_in_a_decision(store: Store, snapshot: SnapshotAssertion) -> None:
    library = {event["name"]: event["examples"] for event in json.loads(EXAMPLES.read_bytes())}
    decided = [
        f"{name} {index} {payload.get('action', '')}: {outcome}"
        for name in EVENTS
        for index, payload in enumerate(library[name])
        for outcome in decide_example(store, name, {"installation": {"id": 3}, **payload})
    ]

    assert sum(len(library[name]) for name in EVENTS) == NUMBER_OF_EXAMPLES
    assert {line.rpartition(" ")[0].partition(":")[0] for line in decided} == {
        f"{name} {index} {payload.get('action', '')}" for name in EVENTS for index, payload in enumerate(library[name])
    }
    assert "\n".join(decided) == snapshot


def decide_example(store: Store, name: str, payload: dict[str, Any]) -> list[str]:
    """Let the payload arrive for a connected project, and return what was decided."""
    body = json.dumps(payload).encode()
    forge, event = ExampleForge(), translate(name, body)
    project = connect(store, forge, event)
    delivery = DeliveryId(f"example-{datetime.now(UTC).timestamp()}")
    with store.transaction() as work:
        work.deliveries.add(NewDelivery(delivery, name, f"delivery:{delivery}", body, datetime.now(UTC)))
    DeliveryJob(store, forge, SystemClock()).run(delivery)
    with store.transaction() as work:
        record = next(one for one in work.deliveries.list_recent(50) if one.id == delivery)
        if project is not None:
            work.projects.disconnect(project.id)
    assert record.status == "done"
    return [describe(decision) for decision in record.decisions]


def connect(store: Store, forge: ExampleForge, event: Event) -> Project | None:
    """Let GitHub be as the event says, and store a project that its repository deploys to."""
    address: RepositoryAddress | None = getattr(event, "address", None)
    repository: Repository | None = getattr(event, "repository", None)
    if address is None or repository is None:
        return None
    forge.know(address, repository)
    branch = repository.default_branch
    if isinstance(event, PushReceived):
        branch = BranchName(event.ref.removeprefix("refs/heads/"))
        forge.heads[branch] = event.after
    if isinstance(event, PullRequestChanged):
        known = pull_request(event.number, head_repository_id=repository.id)
        forge.pull_requests[event.number] = replace(known, is_open=event.action != "closed")
    project = Project(new_project_id(), f"example-{new_project_id()[-8:]}")
    environments = [Environment(new_environment_id(), project.id, kind, kind.value) for kind in EnvironmentKind]
    with store.transaction() as work:
        work.projects.add(project, environments)
        work.projects.connect(project.id, address.installation_id, repository)
        work.projects.track(environments[0].id, branch)
    return project


def describe(decision: DecisionRecord) -> str:
    return f"{decision.outcome}({decision.reason})" if decision.reason else decision.outcome
