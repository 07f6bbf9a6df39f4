"""What GitHub did not tell, or could not deliver, is found and decided about all the same."""

from datetime import timedelta

import pytest

from domain.errors import TemporarilyUnavailable
from domain.identifiers import DeliveryId
from domain.ports.forge import HookDelivery
from tests.fakes.world import SHA_A, SHA_B, SHA_C, World, outcomes, pull_request

pytestmark = pytest.mark.postgres
AWAY = TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")


@pytest.fixture
def watched(world: World) -> World:
    """The world after its first sweep, with main at commit A."""
    world.push(SHA_A)
    world.deploy()
    world.sweep()
    return world


def attempt(world: World, number: int, guid: str, *, succeeded: bool = False, age: int = 1) -> HookDelivery:
    moment = world.clock.now() - timedelta(minutes=age)
    return HookDelivery(number, DeliveryId(guid), moment, succeeded)


def test_a_push_nobody_told_us_of_is_deployed(watched: World) -> None:
    watched.forge.heads["main"] = SHA_B

    (record,) = watched.sweep()

    assert record.event_name == "sweep"
    assert outcomes(record) == [("start", "")]
    assert watched.deployments()[-1].commit.sha == SHA_B


def test_nothing_new_is_nothing_to_decide(watched: World) -> None:
    assert watched.sweep() == []


def test_a_failed_commit_is_not_built_again_by_a_sweep(watched: World) -> None:
    watched.push(SHA_B, before=SHA_A)
    watched.fetcher.failures = [AWAY]
    watched.deploy(tries=99)

    assert watched.sweep() == []


def test_a_push_that_arrives_while_the_sweep_waits_is_decided_once(watched: World) -> None:
    watched.forge.heads["main"] = SHA_B
    watched.keep_house("reconcile")
    swept = next(record.id for record in watched.records() if record.status == "received")

    watched.push(SHA_B, before=SHA_A)

    assert outcomes(watched.record(swept)) == [("ignore", "nothing_changed")]
    assert len(watched.deployments()) == 2


def test_connecting_does_not_deploy_what_is_there(world: World) -> None:
    world.forge.pull_requests[1] = pull_request()

    (record,) = world.sweep()

    assert outcomes(record) == [("note", "")]
    assert "watched from commit aaaaaaaa" in record.decisions[0].sentence
    assert (world.deployments(), world.sweep()) == ([], [])


def test_a_pull_request_nobody_told_us_of_gets_its_preview(watched: World) -> None:
    watched.forge.pull_requests[1] = pull_request(sha=SHA_C)

    assert [outcomes(record) for record in watched.sweep()] == [[("start", "")]]
    assert watched.previews() == ["feature"]
    assert watched.sweep() == []


def test_a_commit_closing_or_draft_nobody_told_us_of(watched: World) -> None:
    watched.open()
    for changed in (pull_request(sha=SHA_B), pull_request(sha=SHA_B, draft=True)):
        watched.forge.pull_requests[1] = changed
        assert len(watched.sweep()) == 1
    assert watched.deployments()[-1].commit.sha == SHA_B

    watched.forge.pull_requests[1] = pull_request(sha=SHA_B, is_open=False)
    assert [outcomes(record) for record in watched.sweep()] == [[("archive", "")]]


def test_what_was_missed_while_access_was_lost_is_found_afterwards(watched: World) -> None:
    watched.forge.repositories, seen = {}, watched.forge.repositories
    watched.sweep()
    assert outcomes(watched.push(SHA_B, before=SHA_A)) == [("ignore", "access_lost")]

    watched.forge.repositories = seen
    watched.sweep()

    assert watched.deployments()[-1].commit.sha == SHA_B


def test_github_away_is_put_off_to_the_next_turn(watched: World) -> None:
    watched.forge.failures = [AWAY, AWAY]

    watched.keep_house("reconcile")
    watched.keep_house("redeliver")

    assert watched.sweep() == []


def test_one_installation_that_refuses_does_not_keep_the_others_from_being_compared(watched: World) -> None:
    watched.forge.heads["main"] = SHA_B
    account, _ = next(iter(watched.forge.installations.values()))
    watched.forge.installations = {1: (account, None), **watched.forge.installations}
    watched.forge.repositories = {1: (), **watched.forge.repositories}
    watched.forge.refusing.add(1)

    watched.sweep()

    assert watched.deployments()[-1].commit.sha == SHA_B


def test_what_could_not_be_delivered_is_asked_for_once(world: World) -> None:
    known = world.push(SHA_A).id
    world.forge.attempts = [
        attempt(world, 5, "guid-lost"),
        attempt(world, 4, "guid-later-fine", succeeded=True),
        attempt(world, 3, "guid-later-fine"),
        attempt(world, 2, known),
        attempt(world, 1, "guid-lost", age=2),
    ]

    world.keep_house("redeliver")

    assert world.forge.redelivered == [5]


def test_only_three_days_are_looked_at(world: World) -> None:
    world.forge.attempts = [attempt(world, 1, "guid-old", age=60 * 24 * 4)]

    world.keep_house("redeliver")

    assert world.forge.redelivered == []


def test_an_unknown_kind_of_housekeeping_is_left(world: World) -> None:
    world.keep_house("something_newer")
