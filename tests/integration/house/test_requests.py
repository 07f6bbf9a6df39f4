"""How often GitHub is asked for a push and a pull request, and what a delivery costs that comes a hundred times."""

import httpx
import pytest

from github_app.simulator.deliveries import Hook, sign
from tests.fakes.house import House
from tests.fakes.shop import at_once
from tests.integration.github_app.hosting import Developer


def reads_and_writes(house: House, since: int) -> tuple[list[str], list[str]]:
    """Return the requests to the API since then but those for tokens, as reads and as writes."""
    exchanges = [
        one
        for one in house.github.requests[since:]
        if ".git/" not in one.path and not one.path.endswith(("/access_tokens", "/installation/token"))
    ]
    reads = [one.path for one in exchanges if one.method == "GET" or one.path.endswith("/graphql")]
    return reads, [f"{one.method} {one.path}" for one in exchanges if one.method != "GET" and "graphql" not in one.path]


def test_a_push_to_a_branch_of_one_project_costs_one_read(house: House, developer: Developer) -> None:
    begun = len(house.github.requests)

    developer.publish("file", "changed")
    house.wait_until_quiet()

    reads, writes = reads_and_writes(house, begun)
    assert len(reads) <= 2
    assert len({one.id for one in house.deployments()}) == 2
    assert len(writes) <= 2 * 8


def test_a_pull_request_costs_two_reads_and_one_look_for_the_comment(house: House, developer: Developer) -> None:
    developer.commit("file", "on a branch")
    developer.push("HEAD:refs/heads/topic")
    house.wait_until_quiet()
    begun = len(house.github.requests)

    house.github.open_pull_request(min(house.github.simulation.state.repositories), "topic")
    house.wait_until_quiet()

    reads, _ = reads_and_writes(house, begun)
    assert [read for read in reads if "/comments" not in read] == [
        read for read in reads if "/pulls/" in read or "/commits/" in read
    ]
    assert len(reads) <= 3


@pytest.mark.parametrize("times", [100])
def test_one_delivery_that_comes_a_hundred_times_at_once_is_taken_once(
    house: House, developer: Developer, times: int
) -> None:
    developer.publish("file", "doubled")
    house.wait_until_quiet()
    delivery = house.github.deliveries[-1]
    before = len(house.deployments())
    headers = sign(delivery, Hook(house.url, "secret", 1))

    answers = at_once(
        lambda _: httpx.post(house.url, content=delivery.body, headers=headers, timeout=30).json()["status"],
        range(times),
        threads=times,
    )

    assert answers == ["known"] * times
    house.wait_until_quiet()
    assert len(house.deployments()) == before
