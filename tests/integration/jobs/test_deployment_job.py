"""A deployment's way from PENDING to its end, and what may go wrong on it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.builds import BuildOutcome, BuildRejected, BuildRequest, BuildStopped, LogLine, Phase, Problem, StepStarted
from domain.deployments import DeploymentStatus
from domain.environments import EnvironmentKind, QueuePolicy
from domain.errors import NotFound, TemporarilyUnavailable
from domain.ports.builds import BuildListener, PhaseLimits
from domain.secrets import Secret
from jobs.deployment import MAX_TRIES, Interrupted
from jobs.subject import build_variables
from operations.projects import get_environment
from tests.fakes.builds import BUILT
from tests.fakes.world import SHA_A, SHA_B, World

pytestmark = pytest.mark.postgres


def test_a_build_that_succeeds_is_deployed_and_current(world: World) -> None:
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert (deployment.status, deployment.image) == (DeploymentStatus.DEPLOYED, BUILT.image)
    assert world.current() == deployment.id
    assert None not in (deployment.started_at, deployment.installed_at, deployment.built_at, deployment.finished_at)


def test_the_log_is_kept_in_order(world: World) -> None:
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert world.log(deployment) == ["install runs", "build runs", "publish runs"]


def test_a_job_run_again_after_the_end_does_nothing(world: World) -> None:
    world.push(SHA_A)
    deployment = world.deploy(world.deployments()[0])

    assert world.deploy(deployment) == deployment
    assert len(world.builder.requests) == 1


def test_a_rejected_build_fails_with_its_sentence_and_places(world: World) -> None:
    rejected = BuildRejected("install_failed", "uv sync ended with 1.", (Problem("trigger/a.py", 3, "no such module"),))
    world.builder.script = lambda _request, _listener: rejected
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert deployment.status is DeploymentStatus.FAILED
    assert deployment.failure is not None
    assert (deployment.failure.code, deployment.failure.sentence) == ("install_failed", "uv sync ended with 1.")
    assert "trigger/a.py:3: no such module" in world.log(deployment)
    assert world.current() is None


def test_a_commit_that_is_gone_fails_without_a_retry(world: World) -> None:
    world.fetcher.failures = [NotFound("commit_not_found", "The repository does not have it any more.")]
    world.push(SHA_A)

    failure = world.deploy(world.deployments()[0]).failure

    assert failure is not None
    assert failure.code == "commit_not_found"


def test_the_right_to_clone_has_ended_before_anything_is_built(world: World) -> None:
    ended: list[int] = []

    def note(_request: BuildRequest, _listener: BuildListener) -> BuildOutcome:
        ended.append(len(world.forge.revoked))
        return BUILT

    world.builder.script = note
    world.push(SHA_A)
    world.deploy(world.deployments()[0])

    assert ended == [1]
    assert len(world.forge.revoked) == 1


def test_the_right_to_clone_ends_when_the_fetch_fails_too(world: World) -> None:
    world.fetcher.failures = [NotFound("commit_not_found", "The repository does not have it any more.")]
    world.push(SHA_A)
    world.deploy(world.deployments()[0])

    assert len(world.forge.revoked) == 1


def test_an_outside_system_that_is_away_is_tried_again_and_in_the_end_named(world: World) -> None:
    world.push(SHA_A)
    deployment = world.deployments()[0]
    away = TemporarilyUnavailable("builder_unavailable", "BuildKit does not answer.")
    world.fetcher.failures = [away, away]

    with pytest.raises(TemporarilyUnavailable):
        world.deploy(deployment)
    assert world.read(deployment).status is DeploymentStatus.INSTALLING

    ended = world.deploy(deployment, tries=MAX_TRIES - 1)
    assert ended.failure is not None
    assert ended.failure.code == "builder_unavailable"


def test_an_older_build_that_ends_later_is_deployed_but_not_current(world: World) -> None:
    world.push(SHA_A)
    world.push(SHA_B, before=SHA_A)
    older, newer = world.deployments()

    world.deploy(newer)
    ended = world.deploy(older)

    assert ended.status is DeploymentStatus.DEPLOYED
    assert world.current() == newer.id


def test_an_attempt_that_was_taken_over_changes_nothing(world: World) -> None:
    def lose(_request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        with world.store.transaction() as work:
            work.deployments.begin_attempt(world.deployments()[0].id)
        listener.hear(StepStarted(Phase.PUBLISH, "push"))
        stop = listener.find_stop()
        assert stop is not None
        assert stop.reason == "lost"
        return BUILT

    world.builder.script = lose
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert deployment.status is DeploymentStatus.INSTALLING
    assert world.current() is None


def test_cancel_stops_the_build_and_is_final(world: World) -> None:
    def cancel(_request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        with world.store.transaction() as work:
            work.deployments.cancel(world.deployments()[0].id, "not wanted", datetime.now(UTC))
        stop = listener.find_stop()
        assert stop is not None
        return stop

    world.builder.script = cancel
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert deployment.status is DeploymentStatus.CANCELED


def test_a_phase_that_takes_too_long_times_out(world: World) -> None:
    def wait(_request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        stop = listener.find_stop()
        assert stop == BuildStopped("timed_out", Phase.INSTALL)
        return stop

    world.limits = PhaseLimits(install=timedelta(seconds=-1))
    world.builder.script = wait
    world.push(SHA_A)

    deployment = world.deploy(world.deployments()[0])

    assert deployment.status is DeploymentStatus.TIMED_OUT
    assert deployment.failure is not None
    assert deployment.failure.sentence == "Installing dependencies timed out."


def test_at_shutdown_the_job_goes_back_to_the_queue(world: World) -> None:
    world.stopping = True
    world.push(SHA_A)

    with pytest.raises(Interrupted):
        world.deploy(world.deployments()[0])
    world.stopping = False

    assert world.deploy(world.deployments()[0]).status is DeploymentStatus.DEPLOYED


def test_newest_only_cancels_what_waits_behind_a_newer_push(connect: Callable[[QueuePolicy], World]) -> None:
    world = connect(QueuePolicy.NEWEST_ONLY)
    world.push(SHA_A)
    world.push(SHA_B, before=SHA_A)
    older, newer = world.deployments()

    superseded = world.deploy(older)

    assert superseded.status is DeploymentStatus.CANCELED
    assert superseded.failure is not None
    assert str(newer.version) in superseded.failure.sentence
    assert world.deploy(newer).status is DeploymentStatus.DEPLOYED


def test_only_build_variables_of_the_environment_reach_the_build(world: World) -> None:
    production = get_environment(world.store, slug="shop", kind=EnvironmentKind.PRODUCTION)
    staging = get_environment(world.store, slug="shop", kind=EnvironmentKind.STAGING)
    with world.store.transaction() as work:
        work.variables.set(production.id, "TRIGGER_BUILD_TOKEN", Secret("for production"))
        work.variables.set(production.id, "DATABASE_URL", Secret("for the run"))
        work.variables.set(staging.id, "TRIGGER_BUILD_TOKEN", Secret("for staging"))
    world.push(SHA_A)

    world.deploy(world.deployments()[0])

    assert world.builder.requests[0].variables == {"TOKEN": Secret("for production")}


def test_the_prefix_is_stripped_once() -> None:
    stripped = build_variables({"TRIGGER_BUILD_TRIGGER_BUILD_X": Secret("1"), "X": Secret("2")})

    assert stripped == {"TRIGGER_BUILD_X": Secret("1")}


def test_a_long_log_is_whole(world: World) -> None:
    lines = [f"line {number}" for number in range(1200)]

    def talk(_request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        for line in lines:
            listener.hear(LogLine(Phase.BUILD, "build", line))
        return BUILT

    world.builder.script = talk
    world.push(SHA_A)

    assert world.log(world.deploy(world.deployments()[0])) == lines
