"""The deployment job: fetch the commit, build it, publish it, make it current."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, assert_never

from domain.builds import (
    BuildOutcome,
    BuildRejected,
    BuildRequest,
    BuildStopped,
    Built,
    Phase,
    Problem,
)
from domain.deployments import Deployment, DeploymentStatus, Failure
from domain.environments import QueuePolicy
from domain.errors import OperatorError, TemporarilyUnavailable, UserError
from domain.identifiers import DeploymentId
from domain.ports.builds import ImageBuilder, PhaseLimits
from domain.ports.forge import FetchOptions, Forge, SourceFetcher
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork
from domain.records import ImageOrigin
from domain.source import CloneAccess
from jobs.fetching import FetchPorts, borrow_access, fetch_options
from jobs.listening import DeploymentListener
from jobs.reusing import Reusable, find_reusable
from jobs.subject import Subject, ingredients_of, read_subject, request_of, require_allowed

MAX_TRIES: Final = 8
"""How often a deployment is tried while an outside system is away (about five minutes), before it fails."""

INTERNAL_ERROR: Final = (
    "Pushwright failed in a way it should not have. Whoever operates it finds the cause in its log; "
    "deploy the commit again when it is mended."
)
_PHASE_NAMES: Final = {
    Phase.INSTALL: "Installing dependencies",
    Phase.BUILD: "Building",
    Phase.PUBLISH: "Publishing the image",
}


class Interrupted(TemporarilyUnavailable):
    """The service shuts down in the middle of the job: another worker goes on from the row."""


@dataclass(frozen=True, slots=True)
class DeploymentPorts:
    """What the job needs of the world."""

    store: Store
    forge: Forge
    fetcher: SourceFetcher
    builder: ImageBuilder
    clock: Clock


class DeploymentJob:
    """Takes one deployment from PENDING to a final status."""

    def __init__(self, ports: DeploymentPorts, limits: PhaseLimits, is_stopping: Callable[[], bool]) -> None:
        self._ports = ports
        self._limits = limits
        self._is_stopping = is_stopping

    def run(self, deployment_id: DeploymentId, tries: int) -> None:
        """Do everything the deployment still needs; nothing happens when it is final.

        Args:
            deployment_id: the row.
            tries: how often the job was tried before.

        Raises:
            TemporarilyUnavailable: run it again later.
        """
        deployment = self._begin(deployment_id)
        if deployment is None:
            return
        try:
            self._deploy(deployment)
        except UserError as error:
            self._fail(deployment, Failure(error.code, error.sentence))
        except Interrupted:
            raise
        except OperatorError as error:
            if tries + 1 < MAX_TRIES or _says_when(error):
                self._note(deployment, f"{error.sentence} Trying again.")
                raise
            self._fail(deployment, Failure(error.code, error.sentence))

    def give_up(self, deployment_id: DeploymentId) -> None:
        """Fail the deployment by a fault of ours."""
        with self._ports.store.transaction() as work:
            deployment = work.deployments.get(deployment_id)
        self._fail(deployment, Failure("internal_error", INTERNAL_ERROR))

    def _begin(self, deployment_id: DeploymentId) -> Deployment | None:
        now = self._ports.clock.now()
        with self._ports.store.transaction() as work:
            deployment = work.deployments.begin_attempt(deployment_id)
            if deployment is None:
                return None
            project = work.projects.get(deployment.project_id)
            newer = work.deployments.find_newer_waiting(deployment)
            if project.queue_policy is QueuePolicy.NEWEST_ONLY and newer is not None:
                failure = Failure("superseded", f"Superseded by version {newer.version}, a newer push.")
                work.deployments.advance(deployment, DeploymentStatus.CANCELED, now, failure=failure)
                return None
            return work.deployments.advance(deployment, DeploymentStatus.INSTALLING, now)

    def _deploy(self, deployment: Deployment) -> None:
        with self._ports.store.transaction() as work:
            subject = read_subject(work, deployment)
        require_allowed(subject)
        if deployment.attempt > 1:
            self._note(deployment, f"Attempt {deployment.attempt}: an earlier one was interrupted.")
        fetching = FetchPorts(self._ports.store, self._ports.forge, self._ports.fetcher)
        options = fetch_options(fetching, deployment, subject.project, subject.connection.address)
        with ExitStack() as ending:
            # Every right to read a repository has ended before anything is built.
            with borrow_access(fetching, subject.connection.address, options) as access:
                key = self._find_key(subject, access, options)
                reusable = find_reusable(self._ports.store, self._ports.builder, deployment, key)
                if reusable is not None:
                    self._use_again(deployment, reusable, key)
                    return
                fetched = self._ports.fetcher.fetch(access, deployment.commit.sha, options=options)
                tree = ending.enter_context(fetched)
            self._build(deployment, request_of(subject, access, tree), key)

    def _find_key(self, subject: Subject, access: CloneAccess, options: FetchOptions) -> str | None:
        """Return what stands for everything that goes into the image, None when that cannot be told."""
        content = self._ports.fetcher.identify(access, subject.deployment.commit.sha, options=options)
        return None if content is None else self._ports.builder.find_key(ingredients_of(subject, access, content))

    def _build(self, deployment: Deployment, request: BuildRequest, key: str | None) -> None:
        listener = DeploymentListener(self._ports.store, self._ports.clock, deployment, self._limits, self._is_stopping)
        outcome = self._ports.builder.build(request, listener)
        listener.close()
        self._settle(listener.deployment, outcome, ImageOrigin(key))

    def _use_again(self, deployment: Deployment, reusable: Reusable, key: str | None) -> None:
        """Go through what is left to do at once: there is nothing to build and nothing to publish."""
        now = self._ports.clock.now()
        with self._ports.store.transaction() as work:
            work.deployments.append_log(deployment.id, [("service", "", reusable.sentence)])
            for status in (DeploymentStatus.BUILDING, DeploymentStatus.DEPLOYING):
                work.deployments.advance(deployment, status, now)
            self._make_deployed(work, deployment, reusable.built, ImageOrigin(key, reusable.version))

    def _settle(self, deployment: Deployment, outcome: BuildOutcome, origin: ImageOrigin) -> None:
        match outcome:
            case Built():
                with self._ports.store.transaction() as work:
                    self._make_deployed(work, deployment, outcome, origin)
            case BuildRejected():
                self._note_problems(deployment, outcome.problems)
                self._fail(deployment, Failure(outcome.code, outcome.sentence, outcome.problems))
            case BuildStopped():
                self._stopped(deployment, outcome)
            case _:
                assert_never(outcome)

    def _make_deployed(self, work: UnitOfWork, deployment: Deployment, built: Built, origin: ImageOrigin) -> None:
        """One transaction makes it DEPLOYED and, unless a newer one is, current."""
        now = self._ports.clock.now()
        work.deployments.save_manifest(deployment.id, built.manifest.document, built.manifest.task_ids)
        work.deployments.save_origin(deployment.id, origin)
        done = work.deployments.advance(deployment, DeploymentStatus.DEPLOYED, now, image=built.image)
        preview = work.projects.get_environment(deployment.environment_id).preview
        if done is not None and (preview is None or preview.archived_at is None):
            work.deployments.promote(done, now)

    def _stopped(self, deployment: Deployment, stopped: BuildStopped) -> None:
        match stopped.reason:
            case "timed_out":
                failure = Failure("phase_timed_out", f"{_PHASE_NAMES[stopped.phase]} timed out.")
                self._end(deployment, DeploymentStatus.TIMED_OUT, failure)
            case "lost" if self._is_stopping():
                raise Interrupted("service_stopping", "The service is shutting down.")
            case "lost" | "canceled":
                return
            case _:
                assert_never(stopped.reason)

    def _fail(self, deployment: Deployment, failure: Failure) -> None:
        self._note(deployment, failure.sentence)
        self._end(deployment, DeploymentStatus.FAILED, failure)

    def _end(self, deployment: Deployment, status: DeploymentStatus, failure: Failure) -> None:
        with self._ports.store.transaction() as work:
            work.deployments.advance(deployment, status, self._ports.clock.now(), failure=failure)

    def _note_problems(self, deployment: Deployment, problems: tuple[Problem, ...]) -> None:
        for problem in problems:
            place = f"{problem.file}:{problem.line}" if problem.line else problem.file
            self._note(deployment, f"{place}: {problem.message}")

    def _note(self, deployment: Deployment, text: str) -> None:
        with self._ports.store.transaction() as work:
            work.deployments.append_log(deployment.id, [("service", "", line) for line in text.splitlines()])


def _says_when(error: OperatorError) -> bool:
    """Whether the world is not broken but busy, and said when to come back: that is waited for."""
    return isinstance(error, TemporarilyUnavailable) and error.retry_after is not None
