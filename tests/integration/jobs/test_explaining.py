"""Explaining gives the decision a delivery would get, and changes nothing."""

import pytest

from domain.decisions import Decision
from domain.errors import NotFound
from domain.source import CommitSha, FullName
from operations.deciding import explain_push
from operations.pull_requests import explain_pull_request
from tests.fakes.forge import REPOSITORY
from tests.fakes.world import SHA_A, SHA_B, World, outcomes, pull_request

pytestmark = pytest.mark.postgres


def words(decisions: tuple[Decision, ...]) -> list[tuple[str, str]]:
    return [(decision.outcome.value, str(decision.reason)) for decision in decisions]


def test_a_pull_request_is_explained_as_it_would_be_decided(world: World) -> None:
    world.forge.pull_requests[1] = pull_request()

    explained = explain_pull_request(world.store, world.forge, name=REPOSITORY.full_name, number=1)

    assert (world.deployments(), world.previews(), world.records()) == ([], [], ())
    assert words(explained) == outcomes(world.open()) == [("start", "")]
    explained = explain_pull_request(world.store, world.forge, name=REPOSITORY.full_name, number=1)
    assert words(explained) == [("ignore", "already_in_progress")]


def test_a_pull_request_that_is_not_there_is_explained_too(world: World) -> None:
    explained = explain_pull_request(world.store, world.forge, name=REPOSITORY.full_name, number=9)

    assert words(explained) == [("ignore", "pull_request_unknown")]


def test_a_push_is_explained_with_its_ignored_paths(world: World) -> None:
    world.set_git(ignored_paths=("docs/",))
    world.push(SHA_A)
    world.deploy()
    world.forge.heads["main"] = SHA_B
    world.forge.changed[SHA_A, SHA_B] = ("docs/a.md",)

    explained = explain_push(
        world.store, world.forge, name=REPOSITORY.full_name, ref="refs/heads/main", sha=CommitSha(SHA_B)
    )

    assert words(explained) == [("ignore", "path_filter")]


def test_a_repository_out_of_sight_cannot_be_explained(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        explain_pull_request(world.store, world.forge, name=FullName("eve/secret"), number=1)

    assert caught.value.code == "repository_not_accessible"
