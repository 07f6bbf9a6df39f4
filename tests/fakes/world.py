"""One project that is connected and tracked, and jobs on a store with a scripted world around them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.deployments import Deployment
from domain.environments import Environment, EnvironmentKind, ForkPolicy, GitSettings, Project, QueuePolicy
from domain.events import Account
from domain.identifiers import DeliveryId, RepositoryId, new_environment_id, new_project_id
from domain.ports.builds import PhaseLimits
from domain.ports.store import Store
from domain.pull_requests import Author, PreviewKey, PullRequest
from domain.records import DeliveryRecord, NewDelivery
from domain.source import BranchName, Commit, CommitSha
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.housekeeping import HousekeepingJob, HousekeepingSettings
from jobs.report import ReportJob
from operations.projects import get_environment
from tests.fakes.builds import FolderFetcher, ScriptedBuilder
from tests.fakes.forge import (
    ADDRESS,
    REPOSITORY,
    RecordingForge,
    check_body,
    pull_request_body,
    push_body,
)
from tests.fakes.job_queue import RecordingJobQueue

SHA_A, SHA_B, SHA_C, SHA_D = (letter * 40 for letter in "abcd")
BASE = "e" * 40
FORK = RepositoryId(99)


@dataclass
class SettableClock:
    """The real time, moved on by `offset`."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def pull_request(number: int = 1, sha: str = SHA_A, branch: str = "feature", **changes: object) -> PullRequest:
    """Return an open pull request of the repository's own branch."""
    opened = PullRequest(
        id=1000 + number,
        number=number,
        title="Sell faster",
        is_open=True,
        merged=False,
        draft=False,
        head_repository_id=REPOSITORY.id,
        head_branch=branch,
        head=Commit(CommitSha(sha), "Sell faster", "Bo"),
        base_branch="main",
        base=Commit(CommitSha(BASE)),
        author=Author("bo"),
    )
    return replace(opened, **changes)  # type: ignore[arg-type]  # fields by name


def add_shop(store: Store, slug: str = "shop", policy: QueuePolicy = QueuePolicy.EVERY_COMMIT) -> Project:
    """Store a connected project: production tracks main, pull requests get previews."""
    project = Project(new_project_id(), slug, queue_policy=policy)
    environments = [Environment(new_environment_id(), project.id, kind, kind.value) for kind in EnvironmentKind]
    with store.transaction() as work:
        work.projects.add(project, environments)
        work.installations.remember(ADDRESS.installation_id, Account(11, "acme", "Organization"))
        work.projects.connect(project.id, ADDRESS.installation_id, REPOSITORY)
        work.projects.track(environments[0].id, REPOSITORY.default_branch)
    return project


@dataclass
class World:
    """A store with the project `shop`, and everything around it."""

    store: Store
    forge: RecordingForge
    builder: ScriptedBuilder
    fetcher: FolderFetcher
    queue: RecordingJobQueue
    clock: SettableClock = field(default_factory=SettableClock)
    limits: PhaseLimits = field(default_factory=PhaseLimits)
    stopping: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def push(self, sha: str, *, before: str = "0" * 40, ref: str = "refs/heads/main", **extra: str) -> DeliveryRecord:
        """Let a push arrive and be decided about."""
        if ref == "refs/heads/main":
            self.forge.heads["main"] = sha
        return self.deliver(push_body(sha, before=before, ref=ref, **extra))

    def open(self, changed: PullRequest | None = None, action: str = "opened") -> DeliveryRecord:
        """Let a pull request be like this on GitHub, and the event arrive and be decided about."""
        changed = changed or pull_request()
        self.forge.pull_requests[changed.number] = changed
        return self.deliver(pull_request_body(changed.number, action), "pull_request")

    def close(self, closed: PullRequest | None = None, *, merged: bool = False) -> DeliveryRecord:
        """Let the pull request be closed."""
        return self.open(replace(closed or pull_request(), is_open=False, merged=merged), "closed")

    def press(self, action: str, deployment: Deployment, sender: str = "ada") -> DeliveryRecord:
        """Let somebody press a button of the deployment's check."""
        return self.deliver(check_body(action, deployment.id, deployment.commit.sha, sender), "check_run")

    def deliver(self, body: bytes, event: str = "push") -> DeliveryRecord:
        """Let a delivery arrive and be decided about."""
        delivery = self.receive(body, event)
        self.decide(delivery)
        return self.record(delivery)

    def receive(self, body: bytes, event: str = "push") -> DeliveryId:
        """Let a delivery arrive; nothing is decided yet."""
        delivery = DeliveryId(f"00000000-0000-4000-8000-{next(self.numbers):012}")
        with self.store.transaction() as work:
            work.deliveries.add(NewDelivery(delivery, event, "repository:7", body, self.clock.now()))
        return delivery

    def deliver_late(self, sha: str, before: str = "0" * 40) -> DeliveryRecord:
        """Let a push arrive whose branch has moved on since."""
        return self.deliver(push_body(sha, before=before))

    def decide(self, delivery: DeliveryId) -> None:
        DeliveryJob(self.store, self.forge, self.clock).run(delivery)

    def record(self, delivery: DeliveryId) -> DeliveryRecord:
        return next(record for record in self.records() if record.id == delivery)

    def records(self) -> tuple[DeliveryRecord, ...]:
        """Return every delivery with its decisions, newest first."""
        with self.store.transaction() as work:
            return work.deliveries.list_recent(1000)

    def last_record(self) -> DeliveryRecord:
        """Return the newest delivery with its decisions."""
        return self.records()[0]

    def deployments(self) -> list[Deployment]:
        """Return every deployment, oldest first."""
        with self.store.transaction() as work:
            found = work.deployments.list_recent(None, 1000)
        return sorted(found, key=lambda one: (one.created_at, one.environment_id, one.sequence))

    def deploy(self, deployment: Deployment | None = None, tries: int = 0) -> Deployment:
        """Run a deployment's job, the newest's unless told otherwise, and return the row afterwards."""
        deployment = deployment or self.deployments()[-1]
        ports = DeploymentPorts(self.store, self.forge, self.fetcher, self.builder, self.clock)
        DeploymentJob(ports, self.limits, lambda: self.stopping).run(deployment.id, tries)
        return self.read(deployment)

    def read(self, deployment: Deployment) -> Deployment:
        with self.store.transaction() as work:
            return work.deployments.get(deployment.id)

    def report(self, deployment: Deployment) -> None:
        ReportJob(self.store, self.forge, self.clock).run(deployment.id)

    def comment(self, number: int = 1) -> None:
        CommentJob(self.store, self.forge, self.clock).run(f"{REPOSITORY.id}:{number}")

    def ports(self) -> DeliveryPorts:
        return DeliveryPorts(self.store, self.forge, self.clock)

    def keep_house(self, key: str) -> None:
        HousekeepingJob(self.ports(), HousekeepingSettings()).run(key)

    def sweep(self) -> list[DeliveryRecord]:
        """Compare with GitHub, decide about what was found, and return it, oldest first."""
        self.keep_house("reconcile")
        waiting = [record.id for record in reversed(self.records()) if record.status == "received"]
        for delivery in waiting:
            self.decide(delivery)
        return [self.record(delivery) for delivery in waiting]

    def project(self) -> Project:
        with self.store.transaction() as work:
            return work.projects.get_by_slug("shop")

    def current(self, kind: EnvironmentKind = EnvironmentKind.PRODUCTION) -> str | None:
        return get_environment(self.store, slug="shop", kind=kind).current_deployment_id

    def preview(self, branch: str = "feature", repository_id: RepositoryId = REPOSITORY.id) -> Environment:
        slug = PreviewKey(repository_id, BranchName(branch)).slug
        with self.store.transaction() as work:
            return work.previews.get_by_slug(self.project().id, slug)

    def previews(self) -> list[str]:
        """Return the branches that have a living preview."""
        with self.store.transaction() as work:
            found = work.previews.list_all(self.project().id)
        return sorted(one.preview.key.branch for one in found if one.preview)

    def log(self, deployment: Deployment) -> list[str]:
        with self.store.transaction() as work:
            return [line[2] for chunk in work.deployments.read_log(deployment.id, 0) for line in chunk.lines]

    def track_staging(self, branch: str) -> None:
        environment = get_environment(self.store, slug="shop", kind=EnvironmentKind.STAGING)
        with self.store.transaction() as work:
            work.projects.track(environment.id, BranchName(branch))

    def set_git(
        self, *, fork_policy: ForkPolicy = ForkPolicy.IGNORE, ignored_paths: Sequence[str] = (), **flags: bool
    ) -> None:
        settings = GitSettings(fork_policy=fork_policy, ignored_paths=tuple(ignored_paths), **flags)
        with self.store.transaction() as work:
            work.projects.change_git_settings(self.project().id, settings)


def outcomes(record: DeliveryRecord) -> list[tuple[str, str]]:
    """Return the decisions as (outcome, reason)."""
    return [(decision.outcome, decision.reason) for decision in record.decisions]
