"""An earlier image is used again when the same would go into a new one, and only then."""

import pytest

from domain.builds import BuildOutcome, BuildRejected, BuildRequest, Built
from domain.deployments import DeploymentStatus
from domain.environments import ForkPolicy
from domain.ports.builds import BuildListener
from tests.fakes.builds import BUILT, ScriptedBuilder, succeed
from tests.fakes.world import FORK, SHA_A, SHA_B, SHA_C, World, pull_request

pytestmark = pytest.mark.postgres

USED_AGAIN = "is used again, because nothing that goes into it has changed."


class CancelingBuilder(ScriptedBuilder):
    """While it looks for the image, somebody cancels the deployment."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def has_image(self, image: str) -> bool:
        waiting = self._world.deployments()[-1]
        with self._world.store.transaction() as work:
            work.deployments.cancel(waiting.id, "Not this one.", self._world.clock.now())
        return super().has_image(image)


@pytest.fixture
def same(world: World) -> World:
    """A and B have the same files, C has others; A is deployed."""
    world.fetcher.contents = {SHA_A: "tree 1", SHA_B: "tree 1", SHA_C: "tree 2"}
    world.push(SHA_A)
    assert world.deploy().status is DeploymentStatus.DEPLOYED
    return world


def test_a_commit_with_the_same_files_is_deployed_without_a_build(same: World) -> None:
    first = same.deployments()[0]
    same.push(SHA_B, before=SHA_A)

    second = same.deploy()

    assert (second.status, second.image, second.image_of) == (DeploymentStatus.DEPLOYED, BUILT.image, first.version)
    assert len(same.builder.requests) == 1
    assert same.current() == second.id
    assert same.log(second) == [f"Image of version {first.version} {USED_AGAIN}"]
    assert None not in (second.started_at, second.installed_at, second.built_at, second.finished_at)


def test_its_tasks_are_those_of_the_image(same: World) -> None:
    same.push(SHA_B, before=SHA_A)
    second = same.deploy()

    with same.store.transaction() as work:
        assert work.deployments.list_task_ids(second.id) == BUILT.manifest.task_ids


def test_no_file_is_fetched_and_the_right_to_read_is_given_back(same: World) -> None:
    same.push(SHA_B, before=SHA_A)
    fetched, revoked = len(same.fetcher.options), len(same.forge.revoked)

    same.deploy()

    assert (len(same.fetcher.options), len(same.forge.revoked)) == (fetched, revoked + 1)


def test_going_back_to_earlier_files_uses_their_image(same: World) -> None:
    first = same.deployments()[0]
    other = "registry.example/shop:2@sha256:" + "b" * 64

    def build_another(request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        succeed(request, listener)
        return Built(other, BUILT.manifest)

    same.builder.script = build_another
    same.push(SHA_C, before=SHA_A)
    assert same.deploy().image == other
    same.push(SHA_B, before=SHA_C)

    third = same.deploy()

    assert (third.image, third.image_of) == (BUILT.image, first.version)


def test_the_version_that_was_built_is_named_after_several(same: World) -> None:
    first = same.deployments()[0]
    same.push(SHA_B, before=SHA_A)
    same.deploy()
    same.fetcher.contents["d" * 40] = "tree 1"
    same.push("d" * 40, before=SHA_B)

    assert same.deploy().image_of == first.version


def test_other_files_are_built(same: World) -> None:
    same.push(SHA_C, before=SHA_A)

    assert same.deploy().image_of is None
    assert len(same.builder.requests) == 2


def test_files_nobody_can_tell_are_built(same: World) -> None:
    same.fetcher.contents.clear()
    same.push(SHA_B, before=SHA_A)

    assert same.deploy().image_of is None
    assert len(same.builder.requests) == 2


def test_an_image_that_is_gone_is_built_again(same: World) -> None:
    same.builder.images_are_gone = True
    same.push(SHA_B, before=SHA_A)

    assert same.deploy().image_of is None
    assert len(same.builder.requests) == 2


def test_redeploying_builds(same: World) -> None:
    first = same.deployments()[0]
    same.press("redeploy", first)

    again = same.deploy()

    assert (again.id != first.id, again.forced, again.image_of) == (True, True, None)
    assert len(same.builder.requests) == 2


def test_another_environment_has_an_image_of_its_own(same: World) -> None:
    same.track_staging("main")
    same.push(SHA_B, before=SHA_A)
    for waiting in same.deployments()[1:]:
        same.deploy(waiting)

    assert [request.labels["dev.pushwright.environment"] for request in same.builder.requests] == [
        "production",
        "staging",
    ]


def test_a_build_that_failed_is_no_image(world: World) -> None:
    world.fetcher.contents = {SHA_A: "tree 1", SHA_B: "tree 1"}
    world.builder.script = lambda _request, _listener: BuildRejected("install_failed", "No.")
    world.push(SHA_A)
    world.deploy()
    world.push(SHA_B, before=SHA_A)

    assert world.deploy().status is DeploymentStatus.FAILED
    assert len(world.builder.requests) == 2


def test_what_strangers_wrote_is_always_built(world: World) -> None:
    world.set_git(previews=True, fork_policy=ForkPolicy.WITHOUT_SECRETS)
    world.fetcher.contents = {SHA_A: "tree 1", SHA_B: "tree 1"}
    for sha in (SHA_A, SHA_B):
        world.open(pull_request(1, sha, head_repository_id=FORK))
        world.deploy()

    assert [request.cache_scope != "" for request in world.builder.requests] == [True, True]
    assert world.builder.ingredients == []


def test_the_commit_is_not_among_what_goes_into_an_image(same: World) -> None:
    assert [sorted(made_of.labels) for made_of in same.builder.ingredients] == [
        ["dev.pushwright.environment", "dev.pushwright.project", "org.opencontainers.image.source"]
    ]


def test_an_attempt_that_lost_its_deployment_changes_nothing(same: World) -> None:
    same.push(SHA_B, before=SHA_A)
    same.builder = CancelingBuilder(same)

    ended = same.deploy()

    assert (ended.status, ended.image) == (DeploymentStatus.CANCELED, None)
    assert same.current() == same.deployments()[0].id
