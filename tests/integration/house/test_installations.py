"""The App is suspended, uninstalled, loses a repository; repositories move: nothing wrong deploys, nothing is lost."""

import pytest

from domain.environments import ConnectionState
from domain.identifiers import ProjectId
from github_app.simulator.simulation import Simulation
from tests.acceptance.service import wait_until
from tests.fakes.house import House
from tests.integration.github_app.hosting import Developer


@pytest.fixture
def simulation(house: House, developer: Developer) -> Simulation:
    """GitHub, once the developer's repository is connected and its first commit is deployed."""
    developer.publish("file", "first")
    house.wait_until_quiet()
    return house.github.simulation


def installation_of(simulation: Simulation) -> int:
    (installation,) = simulation.state.installations
    return installation


def repository_of(simulation: Simulation) -> int:
    return min(simulation.state.repositories)


def states(house: House) -> set[ConnectionState]:
    with house.store.transaction() as work:
        found = [work.projects.find_connection(ProjectId(one.id)) for one in work.projects.list_all()]
    return {connection.state for connection in found if connection}


def deployed(house: House, sha: str) -> bool:
    house.wait_until_quiet()
    return sorted(one.status for one in house.deployments() if one.commit.sha == sha) == ["DEPLOYED", "DEPLOYED"]


def reasons_of_newest(house: House) -> set[str]:
    house.wait_until_quiet()
    with house.store.transaction() as work:
        return {decision.reason for decision in work.deliveries.list_recent(1)[0].decisions}


def test_what_is_pushed_while_the_app_is_suspended_deploys_when_that_ends(
    house: House, developer: Developer, simulation: Simulation
) -> None:
    simulation.suspend(installation_of(simulation), silent=False)
    house.wait_until_quiet()
    assert states(house) == {ConnectionState.SUSPENDED}
    missed = developer.publish("file", "while suspended")
    house.wait_until_quiet()
    assert not deployed(house, missed)

    simulation.suspend(installation_of(simulation), suspended=False, silent=False)

    wait_until(lambda: deployed(house, missed), "what was missed is deployed", seconds=60)
    assert states(house) == {ConnectionState.ACTIVE}


def test_access_that_is_taken_away_and_given_back_goes_on(
    house: House, developer: Developer, simulation: Simulation
) -> None:
    simulation.change_access(installation_of(simulation), [], silent=False)
    house.wait_until_quiet()
    assert states(house) == {ConnectionState.ACCESS_LOST}

    simulation.change_access(installation_of(simulation), None, silent=False)
    house.wait_until_quiet()

    assert states(house) == {ConnectionState.ACTIVE}
    assert deployed(house, developer.publish("file", "seen again"))


def test_an_app_that_is_uninstalled_and_installed_again_goes_on_under_its_new_id(
    house: House, developer: Developer, simulation: Simulation
) -> None:
    old = installation_of(simulation)
    simulation.uninstall(old, silent=False)
    house.wait_until_quiet()
    assert states(house) == {ConnectionState.ACCESS_LOST}

    simulation.install("acme", silent=False)
    house.wait_until_quiet()

    assert installation_of(simulation) != old
    assert states(house) == {ConnectionState.ACTIVE}
    assert deployed(house, developer.publish("file", "installed again"))


def test_a_renamed_repository_deploys_and_who_takes_its_old_name_does_not(
    house: House, developer: Developer, simulation: Simulation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    simulation.move_repository(repository_of(simulation), name="store", silent=False)
    squatter = house.github.create_repository("acme", "shop")
    stranger = Developer(tmp_path_factory.mktemp("stranger") / "work", house.github.push_url("acme/shop"))
    stranger.publish("file", "not the shop")
    assert squatter.id != repository_of(simulation)
    assert reasons_of_newest(house) == {"not_connected"}

    developer.move(house.github.push_url("acme/store"))

    assert deployed(house, developer.publish("file", "renamed"))


def test_a_repository_that_goes_where_the_app_is_not_is_lost_with_a_reason(
    house: House, simulation: Simulation
) -> None:
    simulation.move_repository(repository_of(simulation), owner="elsewhere", silent=False)

    house.wait_until_quiet()

    assert states(house) == {ConnectionState.ACCESS_LOST}


def test_an_archived_repository_does_not_deploy_until_it_is_unarchived(house: House, simulation: Simulation) -> None:
    simulation.change_repository(repository_of(simulation), archived=True)
    house.wait_until_quiet()
    assert states(house) == {ConnectionState.ARCHIVED}

    simulation.change_repository(repository_of(simulation), archived=False)
    house.wait_until_quiet()

    assert states(house) == {ConnectionState.ACTIVE}


def test_another_default_branch_is_noted_and_tracking_stays(
    house: House, developer: Developer, simulation: Simulation
) -> None:
    developer.push("HEAD:refs/heads/next")
    house.wait_until_quiet()

    simulation.change_repository(repository_of(simulation), default_branch="next")
    house.wait_until_quiet()

    with house.store.transaction() as work:
        newest = work.deliveries.list_recent(1)[0]
        tracked = {
            environment.tracked_branch
            for project in work.projects.list_all()
            for environment in work.projects.list_environments(project.id)
        }
    assert {decision.outcome for decision in newest.decisions} == {"note"}
    assert tracked == {"main", None}


def test_while_the_webhook_secret_is_rotated_both_are_taken(
    house: House, developer: Developer, simulation: Simulation
) -> None:
    assert deployed(house, developer.publish("file", "signed with the old one"))

    simulation.courier.hook.secret = house.next_secret

    assert deployed(house, developer.publish("file", "signed with the new one"))
