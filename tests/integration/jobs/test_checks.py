"""Buttons in the Checks tab do what they say, for whoever may write, for this commit."""

from dataclasses import replace

import pytest

from domain.deployments import DeploymentStatus
from domain.environments import ForkPolicy
from domain.errors import NotFound
from domain.identifiers import RepositoryId
from domain.source import FullName
from tests.fakes.forge import ADDRESS, REPOSITORY, check_body
from tests.fakes.world import FORK, SHA_A, SHA_B, World, outcomes, pull_request

pytestmark = pytest.mark.postgres


def test_redeploying_builds_the_commit_once_more_with_who_asked(world: World) -> None:
    world.push(SHA_A)
    first = world.deploy()

    record = world.press("redeploy", first)

    assert outcomes(record) == [("start", "")]
    again = world.deployments()[-1]
    assert (again.id, again.triggered_by.login) == (record.decisions[0].deployment_id, "ada")
    assert world.deploy(again).status is DeploymentStatus.DEPLOYED
    assert world.current() == again.id


def test_a_redeployed_pull_request_keeps_its_data_and_its_trust(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.WITHOUT_SECRETS)
    world.open(pull_request(head_repository_id=FORK))
    first = world.deploy()

    world.press("redeploy", first)

    again = world.deployments()[-1]
    assert again.pull_request == first.pull_request
    assert again.pull_request is not None
    assert not again.pull_request.trusted


def test_canceling_ends_it_with_who_asked(world: World) -> None:
    world.push(SHA_A)

    assert outcomes(world.press("cancel", world.deployments()[0])) == [("cancel", "")]

    (deployment,) = world.deployments()
    assert deployment.status is DeploymentStatus.CANCELED
    assert deployment.failure is not None
    assert deployment.failure.sentence == "Canceled by ada on GitHub."


def test_rolling_back_makes_the_earlier_one_current(world: World) -> None:
    world.push(SHA_A)
    first = world.deploy()
    world.push(SHA_B, before=SHA_A)
    world.deploy()

    assert outcomes(world.press("roll_back", first)) == [("promote", "")]
    assert world.current() == first.id


def test_a_suite_is_asked_for_again_in_every_environment_of_the_commit(world: World) -> None:
    world.track_staging("main")
    world.push(SHA_A)
    for deployment in world.deployments():
        world.deploy(deployment)

    record = world.deliver(check_body("redeploy", "", SHA_A), "check_run")

    assert outcomes(record) == [("start", ""), ("start", "")]
    assert len(world.deployments()) == 4


def test_whoever_may_not_write_changes_nothing(world: World) -> None:
    world.push(SHA_A)

    record = world.press("cancel", world.deployments()[0], sender="eve")

    assert outcomes(record) == [("ignore", "not_permitted")]
    assert world.deployments()[0].status is DeploymentStatus.PENDING


def test_the_right_to_write_is_asked_for_at_that_moment(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.APPROVAL)
    world.open(pull_request(head_repository_id=FORK))
    world.forge.writers.remove("ada")

    assert outcomes(world.press("approve", world.deployments()[0])) == [("ignore", "not_permitted")]
    assert world.deployments()[0].held


@pytest.mark.parametrize(("external_id", "sha"), [("deployment_unknown", SHA_A), ("", SHA_B)])
def test_a_check_that_is_not_ours(world: World, external_id: str, sha: str) -> None:
    world.push(SHA_A)

    record = world.deliver(check_body("redeploy", external_id, sha), "check_run")

    assert outcomes(record) == [("ignore", "check_unknown")]


def test_an_approval_of_another_commit_is_none(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.APPROVAL)
    world.open(pull_request(head_repository_id=FORK))
    (held,) = world.deployments()

    record = world.deliver(check_body("approve", held.id, SHA_B), "check_run")

    assert outcomes(record) == [("ignore", "check_unknown")]
    assert world.read(held).held


def test_a_check_of_another_repository_does_not_reach_the_deployment(world: World) -> None:
    world.push(SHA_A)
    other = replace(REPOSITORY, id=RepositoryId(8), full_name=FullName("eve/own"))
    project = world.project()
    with world.store.transaction() as work:
        work.projects.disconnect(project.id)
        work.projects.connect(project.id, ADDRESS.installation_id, other)

    record = world.press("cancel", world.deployments()[0])

    assert outcomes(record) == [("ignore", "check_unknown")]
    assert world.deployments()[0].status is DeploymentStatus.PENDING


def test_a_closed_pull_requests_preview_is_not_deployed_again(world: World) -> None:
    world.open()
    deployment = world.deploy()
    world.close()

    assert outcomes(world.press("redeploy", deployment)) == [("ignore", "preview_archived")]


def test_a_repository_that_is_out_of_sight_is_a_decision_too(world: World) -> None:
    world.push(SHA_A)
    world.forge.failures = [NotFound("repository_not_accessible", "The App does not see it.")]

    record = world.press("redeploy", world.deployments()[0])

    assert (record.status, outcomes(record)) == ("done", [("ignore", "access_lost")])
