"""One comment on a pull request says what its previews are like."""

from datetime import timedelta

import pytest

from domain.deployments import DeploymentStatus
from domain.errors import NotFound, TemporarilyUnavailable
from tests.fakes.forge import ADDRESS
from tests.fakes.world import SHA_A, SHA_B, World, add_shop, pull_request

pytestmark = pytest.mark.postgres


def test_the_comment_says_what_the_preview_is_like(world: World) -> None:
    world.open()
    world.deploy()

    world.comment()

    (comment,) = world.forge.comments
    assert (comment.number, comment.comment_id) == (1, None)
    assert [(one.project_slug, one.deployment.status, one.is_current) for one in comment.reports] == [
        ("shop", DeploymentStatus.DEPLOYED, True)
    ]


def test_the_same_thing_is_not_said_twice(world: World) -> None:
    world.open()
    world.comment()
    world.comment()
    assert len(world.forge.comments) == 1

    world.deploy()
    world.comment()

    assert [comment.comment_id for comment in world.forge.comments] == [None, 1001]


def test_several_projects_are_rows_of_one_comment(world: World) -> None:
    add_shop(world.store, "other")
    world.open()

    world.comment()

    assert [one.project_slug for one in world.forge.comments[0].reports] == ["other", "shop"]


def test_an_archived_preview_is_told(world: World) -> None:
    world.open()
    world.deploy()
    world.comment()
    world.close()

    world.comment()

    preview = world.forge.comments[-1].reports[0].environment.preview
    assert preview is not None
    assert preview.archived_at is not None


def test_a_pull_request_without_a_preview_gets_no_comment(world: World) -> None:
    world.open(pull_request(draft=True, branch="a..b"))

    world.comment()

    assert world.forge.comments == []


def test_a_comment_that_is_refused_is_tried_with_the_next_change(world: World) -> None:
    world.open()
    world.forge.failures = [NotFound("repository_not_accessible", "The App does not see it.")]
    world.comment()

    world.comment()

    assert len(world.forge.comments) == 1


def test_a_comment_waits_for_the_budget(world: World) -> None:
    world.open()
    with world.store.transaction() as work:
        work.installations.block_writes(ADDRESS.installation_id, world.clock.now() + timedelta(minutes=3))

    with pytest.raises(TemporarilyUnavailable) as caught:
        world.comment()

    assert caught.value.code == "github_writes_paced"
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > timedelta(minutes=2)
    world.clock.offset = timedelta(minutes=4)
    world.comment()
    assert len(world.forge.comments) == 1


def test_the_newest_commit_is_what_is_told(world: World) -> None:
    world.open(pull_request(sha=SHA_A))
    world.open(pull_request(sha=SHA_B), "synchronize")

    world.comment()

    assert world.forge.comments[0].reports[0].deployment.commit.sha == SHA_B
