"""GitHub fails in every way it has, for a while; afterwards it shows exactly what our rows say."""

import itertools
import threading
import time
from random import Random

import pytest

from domain.deployments import Deployment, DeploymentStatus
from github_app.simulator.faults import Fault, FaultKind
from github_app.simulator.server import SimulatedGitHub
from tests.fakes.house import House
from tests.integration.github_app.hosting import Developer

SEED = 20261124
TROUBLE_SECONDS = 25
PULL_REQUESTS = 3
CONCLUSIONS = {
    DeploymentStatus.DEPLOYED: "success",
    DeploymentStatus.FAILED: "failure",
    DeploymentStatus.CANCELED: "cancelled",
    DeploymentStatus.TIMED_OUT: "timed_out",
}


def make_trouble(github: SimulatedGitHub, random: Random, over: threading.Event) -> None:
    """Let one in a few requests fail until the time is over."""
    while not over.is_set():
        github.simulation.faults.add(
            Fault(kind=random.choice(list(FaultKind)), retry_after_seconds=random.choice([1, 4]))
        )
        time.sleep(random.choice([0.05, 0.2, 0.5]))


def checks_by_deployment(github: SimulatedGitHub) -> dict[str, list[tuple[str, str | None]]]:
    found: dict[str, list[tuple[str, str | None]]] = {}
    for check in github.check_runs:
        found.setdefault(check["external_id"], []).append((check["status"], check["conclusion"]))
    return found


def states_by_deployment(github: SimulatedGitHub) -> dict[str, list[str]]:
    """Return the newest state of each of GitHub's deployments, by ours."""
    newest: dict[int, str] = {}
    for status in github.deployment_statuses:
        newest[int(status["deployment_url"].rpartition("/")[2])] = status["state"]
    found: dict[str, list[str]] = {}
    for deployment in github.deployments:
        found.setdefault(deployment["payload"]["pushwright_deployment"], []).append(newest[deployment["id"]])
    return found


def push_topic(developer: Developer, number: int) -> None:
    """Commit to one of the topic branches in turn, which are made when they are first pushed."""
    branch = f"topic-{number % PULL_REQUESTS}"
    new = ("-b",) if number < PULL_REQUESTS else ()
    developer.git("checkout", "--quiet", *new, branch)
    developer.commit(f"of-{branch}", str(number))
    developer.push(f"HEAD:refs/heads/{branch}")


@pytest.mark.timeout(300)
def test_what_github_shows_is_what_the_rows_say_after_every_kind_of_fault(house: House, developer: Developer) -> None:
    github, random, over = house.github, Random(SEED), threading.Event()  # noqa: S311 - a seed, no secret
    repository_id = github.simulation.state.repositories[min(github.simulation.state.repositories)].id
    trouble = threading.Thread(target=make_trouble, args=(github, random, over))
    trouble.start()
    begun = time.monotonic()
    for number in itertools.count():
        developer.git("checkout", "--quiet", "work")
        developer.publish("file", f"main {number}")
        push_topic(developer, number)
        if number < PULL_REQUESTS:
            github.open_pull_request(repository_id, f"topic-{number}")
        if number == 2 * PULL_REQUESTS:
            github.change_pull_request(repository_id, 1, state="closed")
        if time.monotonic() - begun > TROUBLE_SECONDS:
            break
        time.sleep(2)
    over.set()
    trouble.join()
    github.simulation.faults.clear()
    house.wait_until_quiet(seconds=150)

    deployments = house.deployments()
    assert len(deployments) >= 20
    assert checks_by_deployment(github) == {one.id: [("completed", CONCLUSIONS[one.status])] for one in deployments}
    assert {name: states for name, states in states_by_deployment(github).items() if len(states) != 1} == {}
    assert set(states_by_deployment(github)) == {one.id for one in deployments}
    assert live_environments(github) == current_environments(house)
    assert_comments_tell_the_newest(github, deployments)


def live_environments(github: SimulatedGitHub) -> dict[str, str]:
    """Return which of our deployments GitHub shows as the active one of each environment."""
    states = states_by_deployment(github)
    return {
        one["environment"]: one["payload"]["pushwright_deployment"]
        for one in github.deployments
        if states[one["payload"]["pushwright_deployment"]] == ["success"]
    }


def current_environments(house: House) -> dict[str, str]:
    """Return the current deployment of each environment that has one."""
    current = {}
    with house.store.transaction() as work:
        for project in work.projects.list_all():
            environments = (*work.projects.list_environments(project.id), *work.previews.list_all(project.id))
            for environment in environments:
                deployment = work.deployments.find_current(environment.id)
                if deployment is not None:
                    current[f"{project.slug}/{environment.slug}"] = deployment.id
    return current


def assert_comments_tell_the_newest(github: SimulatedGitHub, deployments: list[Deployment]) -> None:
    """Each pull request has one comment, which names the newest commit of its preview in both projects."""
    previewed = {one.pull_request.number for one in deployments if one.pull_request}
    assert len(previewed) >= PULL_REQUESTS - 1
    assert len(github.comments) == len(previewed)
    bodies = [comment["body"] for comment in github.comments]
    for number in previewed:
        newest = next(one for one in deployments if one.pull_request and one.pull_request.number == number)
        naming = [body for body in bodies if newest.commit.sha[:7] in body]
        assert len(naming) == 1
        assert "shop" in naming[0]
        assert "stock" in naming[0]
