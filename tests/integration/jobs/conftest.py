"""A project that is connected and tracked, and jobs on a real store with a scripted world around them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.deployments import Deployment
from domain.environments import EnvironmentKind, QueuePolicy
from domain.identifiers import DeliveryId
from domain.ports.builds import PhaseLimits
from domain.ports.store import Store
from domain.records import DeliveryRecord, NewDelivery
from domain.source import BranchName
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.report import ReportJob
from operations.projects import connect_repository, create_project, get_environment
from tests.fakes.builds import FolderFetcher, ScriptedBuilder, SystemClock
from tests.fakes.forge import REPOSITORY, RecordingForge, push_body

SHA_A, SHA_B, SHA_C = ("a" * 40, "b" * 40, "c" * 40)


@dataclass
class World:
    """One project `shop`: production tracks main, staging nothing."""

    store: Store
    forge: RecordingForge
    builder: ScriptedBuilder
    fetcher: FolderFetcher
    limits: PhaseLimits = field(default_factory=PhaseLimits)
    stopping: bool = False
    deliveries: int = 0

    def push(self, sha: str, *, before: str = "0" * 40, ref: str = "refs/heads/main", **extra: str) -> DeliveryRecord:
        """Let a push arrive and be decided about."""
        if ref == "refs/heads/main":
            self.forge.heads["main"] = sha
        return self.deliver(push_body(sha, before=before, ref=ref, **extra))

    def deliver(self, body: bytes, event: str = "push") -> DeliveryRecord:
        """Let a delivery arrive and be decided about."""
        delivery = self.receive(body, event)
        self.decide(delivery)
        return self.record(delivery)

    def receive(self, body: bytes, event: str = "push") -> DeliveryId:
        """Let a delivery arrive; nothing is decided yet."""
        self.deliveries += 1
        delivery = DeliveryId(f"00000000-0000-4000-8000-{self.deliveries:012}")
        with self.store.transaction() as work:
            work.deliveries.add(NewDelivery(delivery, event, "repository:7", body, datetime.now(UTC)))
        return delivery

    def decide(self, delivery: DeliveryId) -> None:
        DeliveryJob(self.store, self.forge, SystemClock()).run(delivery)

    def record(self, delivery: DeliveryId) -> DeliveryRecord:
        with self.store.transaction() as work:
            return next(r for r in work.deliveries.list_recent(100) if r.id == delivery)

    def deliver_late(self, sha: str) -> DeliveryRecord:
        """Let a push arrive whose branch has moved on since."""
        return self.deliver(push_body(sha))

    def last_record(self) -> DeliveryRecord:
        """Return the newest delivery with its decisions."""
        with self.store.transaction() as work:
            return work.deliveries.list_recent(1)[0]

    def deployments(self) -> list[Deployment]:
        """Return every deployment, oldest first."""
        with self.store.transaction() as work:
            return sorted(work.deployments.list_recent(None, 100), key=lambda one: (one.environment_id, one.sequence))

    def deploy(self, deployment: Deployment, tries: int = 0) -> Deployment:
        """Run a deployment's job and return the row afterwards."""
        ports = DeploymentPorts(self.store, self.forge, self.fetcher, self.builder, SystemClock())
        DeploymentJob(ports, self.limits, lambda: self.stopping).run(deployment.id, tries)
        return self.read(deployment)

    def read(self, deployment: Deployment) -> Deployment:
        with self.store.transaction() as work:
            return work.deployments.get(deployment.id)

    def report(self, deployment: Deployment) -> None:
        ReportJob(self.store, self.forge).run(deployment.id)

    def current(self, kind: EnvironmentKind = EnvironmentKind.PRODUCTION) -> str | None:
        return get_environment(self.store, slug="shop", kind=kind).current_deployment_id

    def log(self, deployment: Deployment) -> list[str]:
        with self.store.transaction() as work:
            return [line[2] for chunk in work.deployments.read_log(deployment.id, 0) for line in chunk.lines]

    def track_staging(self, branch: str) -> None:
        environment = get_environment(self.store, slug="shop", kind=EnvironmentKind.STAGING)
        with self.store.transaction() as work:
            work.projects.track(environment.id, BranchName(branch))


@pytest.fixture
def connect(store: Store, tmp_path: Path) -> Callable[[QueuePolicy], World]:
    """Give a function that makes the world with a queue policy."""

    def make(policy: QueuePolicy) -> World:
        forge = RecordingForge(heads={"main": SHA_A})
        create_project(store, "shop", policy)
        connect_repository(store, forge, slug="shop", name=REPOSITORY.full_name)
        return World(store, forge, ScriptedBuilder(), FolderFetcher(tmp_path))

    return make


@pytest.fixture
def world(connect: Callable[[QueuePolicy], World]) -> World:
    """The usual world: every commit is deployed."""
    return connect(QueuePolicy.EVERY_COMMIT)


def outcomes(record: DeliveryRecord) -> list[tuple[str, str | None]]:
    """Return the decisions as (outcome, reason)."""
    return [(decision.outcome, decision.reason) for decision in record.decisions]
