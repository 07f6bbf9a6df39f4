"""Our service in the simulation: the real store, the real jobs, a queue in the same database, and crashes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

from domain.builds import BuildOutcome, BuildRejected, BuildRequest
from domain.deployments import Deployment
from domain.environments import Environment, EnvironmentKind, ForkPolicy, GitSettings, Project
from domain.errors import TemporarilyUnavailable
from domain.events import Account
from domain.identifiers import DeliveryId, DeploymentId, EnvironmentId, ProjectId
from domain.ports.builds import BuildListener, PhaseLimits
from domain.ports.jobs import Job, SqlExecutor
from domain.ports.store import Store, UnitOfWork
from domain.records import DeliveryRecord, NewDelivery
from domain.source import BranchName
from jobs.acting import DeliveryPorts
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, DeploymentPorts
from jobs.healing import Healer
from jobs.reconciling import reconcile_all
from jobs.report import ReportJob
from store.encryption import KEY_BYTES, Cipher
from store.tables import metadata
from store.unit_of_work import PostgresStore
from tests.fakes.builds import FolderFetcher, ScriptedBuilder, succeed
from tests.fakes.forge import REPOSITORY
from tests.simulation.github import ImaginedGitHub
from tests.simulation.things import Outgoing

SHOP = ProjectId("proj_shop")
IGNORED = ("docs/",)
_NOWHERE = Path("/nonexistent")
_SPARED = frozenset({"alembic_version"})


class Crashed(BaseException):
    """The process died here."""


@dataclass
class CrashingStore:
    """The store, in a process that dies at one of the moments before and after its transactions."""

    store: Store
    countdown: int | None = None

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        return self._transaction()

    def ping(self) -> None:
        self.store.ping()

    @contextmanager
    def _transaction(self) -> Iterator[UnitOfWork]:
        self._pass()
        with self.store.transaction() as work:
            yield work
        self._pass()

    def _pass(self) -> None:
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown < 0:
                self.countdown = None
                raise Crashed


class TableQueue:
    """Keeps jobs in a table, so that they are there with the transaction that asks for them or not at all."""

    def defer(self, execute: SqlExecutor, job: Job) -> None:
        parameters = {"kind": job.kind, "key": job.key, "lock": job.lock}
        execute("INSERT INTO simulated_jobs (kind, key, lock) VALUES (%(kind)s, %(key)s, %(lock)s)", parameters)


@dataclass(frozen=True)
class QueuedJob:
    id: int
    kind: str
    key: str
    tries: int


@dataclass
class Service:
    """One process after the other, on one database."""

    engine: Engine
    github: ImaginedGitHub
    fork_policy: ForkPolicy
    store: CrashingStore = field(init=False)
    builder: ScriptedBuilder = field(default_factory=ScriptedBuilder)

    def __post_init__(self) -> None:
        self.store = CrashingStore(PostgresStore(self.engine, TableQueue(), Cipher(bytes(KEY_BYTES))))
        self._ports = DeliveryPorts(self.store, self.github, self.github.clock)
        self._healer = Healer(self._ports)
        self._empty()
        self._set_up()

    def receive(self, one: Outgoing) -> None:
        """Store a delivery as the webhook route does."""
        body = one.guid.encode()
        with self.store.transaction() as work:
            work.deliveries.add(NewDelivery(one.guid, "imagined", one.subject, body, self.github.clock.now()))

    def list_ready(self) -> list[QueuedJob]:
        """Return of each lock the job whose turn it is."""
        with self.engine.begin() as connection:
            rows = connection.execute(text(_READY)).all()
        return [QueuedJob(*row) for row in rows]

    def work(self, job: QueuedJob, *, crash_at: int | None = None, fails: bool = False) -> bool:
        """Do the job; False when it has to be done again."""
        self.builder.script = _reject if fails else succeed
        self.store.countdown = crash_at
        try:
            self._run(job)
        except Crashed:
            return False
        except TemporarilyUnavailable:
            self._execute("UPDATE simulated_jobs SET tries = tries + 1 WHERE id = :id", id=job.id)
            return False
        finally:
            self.store.countdown = None
        self._execute("DELETE FROM simulated_jobs WHERE id = :id", id=job.id)
        return True

    def sweep(self, *, crash_at: int | None = None) -> None:
        """Ask for what is missing, and compare with GitHub."""
        self.store.countdown = crash_at
        try:
            self._healer.redeliver_failed()
            reconcile_all(self._ports)
        except Crashed:
            self._healer = Healer(self._ports)
        except TemporarilyUnavailable:
            pass
        finally:
            self.store.countdown = None

    def ask_for_refused_reports(self) -> None:
        with self.store.transaction() as work:
            work.deployments.queue_refused_reports(self.github.clock.now())

    def deployments(self) -> list[Deployment]:
        with self.store.transaction() as work:
            found = work.deployments.list_recent(None, 10_000)
        return sorted(found, key=lambda one: (one.created_at, one.environment_id, one.sequence))

    def environments(self) -> dict[EnvironmentId, Environment]:
        """Return every environment, archived previews too."""
        with self.store.transaction() as work:
            own = work.projects.list_environments(SHOP)
            previews = work.previews.list_all(SHOP, archived=True)
        return {environment.id: environment for environment in (*own, *previews)}

    def records(self) -> tuple[DeliveryRecord, ...]:
        with self.store.transaction() as work:
            return work.deliveries.list_recent(10_000)

    def _run(self, job: QueuedJob) -> None:
        clock = self.github.clock
        match job.kind:
            case "delivery":
                DeliveryJob(self.store, self.github, clock).run(DeliveryId(job.key))
            case "deployment":
                ports = DeploymentPorts(self.store, self.github, FolderFetcher(_NOWHERE), self.builder, clock)
                DeploymentJob(ports, PhaseLimits(), lambda: False).run(DeploymentId(job.key), job.tries)
            case "report":
                ReportJob(self.store, self.github, clock).run(DeploymentId(job.key))
            case "comment":
                CommentJob(self.store, self.github, clock).run(job.key)
            case kind:
                raise AssertionError(kind)

    def _set_up(self) -> None:
        """One project: production tracks main, staging tracks dev."""
        git = GitSettings(fork_policy=self.fork_policy, ignored_paths=IGNORED)
        project = Project(SHOP, "shop", git=git)
        own = {kind: Environment(EnvironmentId(f"env_{kind}"), SHOP, kind, kind.value) for kind in EnvironmentKind}
        with self.store.transaction() as work:
            work.projects.add(project, list(own.values()))
            work.installations.remember(self.github.installation_id, Account(11, "acme", "Organization"))
            work.projects.connect(SHOP, self.github.installation_id, REPOSITORY)
            work.projects.track(own[EnvironmentKind.PRODUCTION].id, BranchName("main"))
            work.projects.track(own[EnvironmentKind.STAGING].id, BranchName("dev"))
        self.sweep()
        while ready := self.list_ready():
            self.work(ready[0])

    def _empty(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(_JOBS))
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in metadata.tables:
                if table not in _SPARED:
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own tables
            connection.execute(text("DELETE FROM simulated_jobs"))

    def _execute(self, statement: str, **parameters: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), parameters)


_JOBS = """
CREATE TABLE IF NOT EXISTS simulated_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, key text, lock text, tries int DEFAULT 0
)
"""
_READY = "SELECT DISTINCT ON (lock) id, kind, key, tries FROM simulated_jobs ORDER BY lock, id"


def _reject(request: BuildRequest, listener: BuildListener) -> BuildOutcome:
    succeed(request, listener)
    return BuildRejected("install_failed", "uv sync ended with 1.")
