"""What happens to installations and repositories is remembered, told, and healed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.environments import ConnectionState, ForkPolicy
from domain.identifiers import InstallationId
from domain.source import FullName, RepositoryAddress
from tests.fakes.forge import (
    ACCOUNT,
    ADDRESS,
    REPOSITORY,
    access_body,
    installation_body,
    push_body,
    repository_body,
)
from tests.fakes.world import SHA_A, SHA_B, World, outcomes, pull_request

pytestmark = pytest.mark.postgres
NEW = InstallationId(4)


def state(world: World) -> ConnectionState:
    with world.store.transaction() as work:
        connection = work.projects.find_connection(world.project().id)
    assert connection is not None
    return connection.state


def address(world: World) -> RepositoryAddress:
    with world.store.transaction() as work:
        connection = work.projects.find_connection(world.project().id)
    assert connection is not None
    return connection.address


def waiting(world: World) -> list[str]:
    return [record.event_name for record in world.records() if record.status == "received"]


def test_suspending_pauses_with_a_reason_on_the_project(world: World) -> None:
    record = world.deliver(installation_body("suspend"), "installation")

    assert [(one.outcome, one.project_slug) for one in record.decisions] == [("note", None), ("note", "shop")]
    assert "acme" in record.decisions[0].sentence
    assert "Unsuspend" in record.decisions[1].hint
    assert state(world) is ConnectionState.SUSPENDED
    assert outcomes(world.push(SHA_A)) == [("ignore", "suspended")]


def test_unsuspending_sweeps_what_was_missed(world: World) -> None:
    world.push(SHA_A)
    world.sweep()
    world.deliver(installation_body("suspend"), "installation")
    world.forge.heads["main"] = SHA_B

    world.deliver(installation_body("unsuspend"), "installation")

    assert waiting(world) == ["sweep"]
    for _ in range(2):
        world.decide(next(record.id for record in world.records() if record.status == "received"))
    assert [one.commit.sha for one in world.deployments()] == [SHA_A, SHA_B]


def test_uninstalling_loses_access_and_deletes_nothing(world: World) -> None:
    world.push(SHA_A)

    record = world.deliver(installation_body("deleted"), "installation")

    assert [one.project_slug for one in record.decisions] == [None, "shop"]
    assert state(world) is ConnectionState.ACCESS_LOST
    assert len(world.deployments()) == 1


def test_installing_again_finds_the_repository_by_its_id(world: World) -> None:
    world.deliver(installation_body("deleted"), "installation")

    record = world.deliver(installation_body("created", [REPOSITORY.id], installation_id=NEW), "installation")

    assert [one.project_slug for one in record.decisions] == [None, "shop"]
    assert (state(world), address(world).installation_id) == (ConnectionState.ACTIVE, NEW)
    assert waiting(world) == ["sweep"]


def test_a_late_event_of_the_installation_that_is_gone_does_not_bring_it_back(world: World) -> None:
    world.deliver(installation_body("deleted"), "installation")
    world.deliver(installation_body("created", [REPOSITORY.id], installation_id=NEW), "installation")

    world.deliver(push_body(SHA_A))

    assert address(world).installation_id == NEW


def test_access_comes_and_goes(world: World) -> None:
    lost = world.deliver(access_body(removed=[REPOSITORY.id]), "installation_repositories")
    assert [one.project_slug for one in lost.decisions] == [None, "shop"]
    assert state(world) is ConnectionState.ACCESS_LOST

    regained = world.deliver(access_body(added=[REPOSITORY.id, 12345]), "installation_repositories")
    assert [one.project_slug for one in regained.decisions] == [None, "shop"]
    assert "2 added" in regained.decisions[0].sentence
    assert state(world) is ConnectionState.ACTIVE
    assert waiting(world) == ["sweep"]


def test_new_permissions_are_noted(world: World) -> None:
    record = world.deliver(installation_body("new_permissions_accepted"), "installation")

    assert outcomes(record) == [("note", "")]


def test_a_rename_is_followed(world: World) -> None:
    record = world.deliver(repository_body("renamed", name="acme/store"), "repository")

    assert [(one.outcome, one.project_slug) for one in record.decisions] == [("note", "shop")]
    with world.store.transaction() as work:
        assert work.installations.find_repository(FullName("acme/store")) is not None
        assert work.installations.find_repository(FullName("acme/shop")) is None


def test_a_transfer_brings_its_installation(world: World) -> None:
    world.deliver(repository_body("transferred", name="other/shop", installation_id=NEW), "repository")

    assert address(world).installation_id == NEW


def test_a_deleted_repository_loses_access(world: World) -> None:
    record = world.deliver(repository_body("deleted"), "repository")

    assert "deployments stay" in record.decisions[0].sentence
    assert state(world) is ConnectionState.ACCESS_LOST


def test_an_archived_repository_waits_and_an_unarchived_one_is_swept(world: World) -> None:
    world.deliver(repository_body("archived"), "repository")
    assert outcomes(world.push(SHA_A)) == [("ignore", "archived")]

    world.deliver(repository_body("unarchived"), "repository")

    assert state(world) is ConnectionState.ACTIVE
    assert waiting(world) == ["sweep"]


def test_a_repository_that_becomes_public_stops_building_forks(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.WITHOUT_SECRETS)

    record = world.deliver(repository_body("publicized"), "repository")

    assert [(one.outcome, one.project_slug) for one in record.decisions] == [("note", "shop")]
    assert "forks" in record.decisions[0].sentence
    assert world.project().git.fork_policy is ForkPolicy.IGNORE


def test_a_new_default_branch_is_told_and_tracking_stays(world: World) -> None:
    record = world.deliver(repository_body("edited", previous="master"), "repository")

    assert "it was master" in record.decisions[0].sentence
    assert outcomes(world.push(SHA_A)) == [("start", "")]


def test_a_repository_that_nobody_connected(world: World) -> None:
    with world.store.transaction() as work:
        work.projects.disconnect(world.project().id)

    assert outcomes(world.deliver(repository_body("renamed"), "repository")) == [("ignore", "not_connected")]


def test_a_sweep_notices_what_no_event_told(world: World) -> None:
    world.sweep()
    world.forge.installations[ADDRESS.installation_id] = (ACCOUNT, datetime.now(UTC))
    assert [outcomes(record) for record in world.sweep()] == [[("note", ""), ("note", "")]]
    assert state(world) is ConnectionState.SUSPENDED

    world.forge.installations[ADDRESS.installation_id] = (ACCOUNT, None)
    world.sweep()
    assert state(world) is ConnectionState.ACTIVE

    world.forge.repositories[ADDRESS.installation_id] = ()
    world.sweep()
    assert state(world) is ConnectionState.ACCESS_LOST

    world.forge.installations = {}
    world.sweep()
    with world.store.transaction() as work:
        assert work.installations.list_all() == ()


def test_a_sweep_notices_that_a_repository_became_public(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.APPROVAL)
    world.forge.repositories[ADDRESS.installation_id] = (replace(REPOSITORY, private=False),)

    world.sweep()

    assert world.project().git.fork_policy is ForkPolicy.IGNORE


def test_a_pull_request_closed_while_suspended_is_archived_afterwards(world: World) -> None:
    world.sweep()
    world.open()
    world.forge.pull_requests = {1: pull_request(is_open=False)}

    world.sweep()

    assert world.previews() == []
