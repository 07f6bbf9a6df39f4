"""Installations: what GitHub said last of them and of the repositories each sees."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.environments import ConnectionState
from domain.errors import NotFound
from domain.events import Account
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.store import Store, UnitOfWork
from domain.records import StoredInstallation, StoredRepository
from domain.source import FullName, Repository, RepositoryAddress
from store.engine import begin
from tests.fakes.shop import INSTALLATION, NOW, REPOSITORY, Shop, add_project, at_once

ACME = Account(5, "acme", "Organization")
ADA = Account(6, "ada", "User")
OTHER = InstallationId(8)


def named(number: int, name: str) -> Repository:
    return replace(REPOSITORY, id=RepositoryId(number), full_name=FullName(name))


def search(work: UnitOfWork, wanted: str, *, limit: int = 10, offset: int = 0) -> list[str]:
    found = work.installations.search_repositories(INSTALLATION, wanted, limit=limit, offset=offset)
    return [one.repository.full_name for one in found]


def test_an_installation_is_remembered_with_its_account(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember(INSTALLATION, ADA)
        work.installations.remember(INSTALLATION, ACME)
        assert work.installations.get(INSTALLATION) == StoredInstallation(INSTALLATION, ACME)


def test_one_that_was_only_met_with_a_repository_has_no_account(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember_repository(INSTALLATION, REPOSITORY)
        assert work.installations.get(INSTALLATION) == StoredInstallation(INSTALLATION, None)


def test_an_unknown_installation_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        work.installations.get(INSTALLATION)
    assert caught.value.code == "installation_not_found"


def test_suspension_and_deletion_are_kept_also_of_one_never_met(store: Store) -> None:
    with store.transaction() as work:
        work.installations.suspend(INSTALLATION, NOW)
        work.installations.delete(OTHER, NOW)
        assert work.installations.get(INSTALLATION).suspended_at == NOW
        assert work.installations.get(OTHER).deleted_at == NOW
        work.installations.suspend(INSTALLATION, None)
        work.installations.remember(OTHER, ACME)
        assert work.installations.get(INSTALLATION).suspended_at is None
        assert work.installations.get(OTHER).deleted_at is None


def test_those_not_deleted_are_listed_by_account(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember(InstallationId(1), ADA)
        work.installations.remember(InstallationId(2), ACME)
        work.installations.remember(InstallationId(3), ACME)
        work.installations.delete(InstallationId(3), NOW)
        assert [one.id for one in work.installations.list_all()] == [2, 1]


def test_a_repository_is_found_by_its_name_in_any_case_with_its_projects(store: Store, shop: Shop) -> None:
    shop.connect()
    add_project(store, "atlas").connect()
    address = RepositoryAddress(INSTALLATION, REPOSITORY.id)
    with store.transaction() as work:
        found = work.installations.find_repository(FullName("ACME/Shop"))
        assert found == StoredRepository(address, REPOSITORY, accessible=True, projects=("atlas", "shop"))
        assert work.installations.find_repository(FullName("acme/sho")) is None


def test_of_two_repositories_of_one_name_the_later_seen_is_meant(store: Store) -> None:
    for number in (1, 2):
        with store.transaction() as work:
            work.installations.remember_repository(INSTALLATION, named(number, "acme/shop"))
    with store.transaction() as work:
        found = work.installations.find_repository(FullName("acme/shop"))
    assert found is not None
    assert found.repository.id == 2


def test_an_installation_sees_exactly_what_replaced_its_repositories(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember_repository(INSTALLATION, named(1, "acme/old"))
        work.installations.remember_repository(OTHER, named(9, "other/one"))
        renamed = [named(2, "acme/b"), named(3, "acme/a"), named(3, "acme/a")]
        work.installations.replace_repositories(INSTALLATION, renamed)
        assert search(work, "") == ["acme/a", "acme/b"]
        assert work.installations.count_repositories(INSTALLATION) == 2
        assert work.installations.count_repositories(OTHER) == 1
        work.installations.replace_repositories(INSTALLATION, [])
        assert work.installations.count_repositories(INSTALLATION) == 0


def test_threads_that_replace_the_same_repositories_do_not_wait_in_a_circle(store: Store) -> None:
    repositories = [named(number, f"acme/r{number}") for number in range(200)]

    def replace_all(turn: int) -> None:
        with store.transaction() as work:
            work.installations.replace_repositories(INSTALLATION, repositories[:: 1 if turn % 2 else -1])

    at_once(replace_all, range(20))
    with store.transaction() as work:
        assert work.installations.count_repositories(INSTALLATION) == 200


def test_access_given_names_those_that_are_known(store: Store) -> None:
    with store.transaction() as work:
        for number in (3, 1):
            work.installations.remember_repository(OTHER, named(number, f"acme/r{number}"))
        granted = work.installations.grant(INSTALLATION, [RepositoryId(number) for number in (1, 2, 3)])
        assert granted == (1, 3)
        assert search(work, "") == ["acme/r1", "acme/r3"]


def test_access_taken_hides_the_repository_until_it_is_given_again(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember_repository(INSTALLATION, REPOSITORY)
        work.installations.revoke(INSTALLATION, [REPOSITORY.id])
        assert work.installations.find_repository(REPOSITORY.full_name) is None
        assert search(work, "") == []
        work.installations.grant(INSTALLATION, [REPOSITORY.id])
        assert search(work, "") == ["acme/shop"]


def test_access_taken_from_one_installation_leaves_what_another_took_over(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember_repository(INSTALLATION, REPOSITORY)
        work.installations.grant(OTHER, [REPOSITORY.id])
        work.installations.revoke(INSTALLATION, [REPOSITORY.id])
        assert work.installations.count_repositories(OTHER) == 1


def test_repositories_of_a_deleted_installation_are_hidden(store: Store) -> None:
    with store.transaction() as work:
        work.installations.remember_repository(INSTALLATION, REPOSITORY)
        work.installations.delete(INSTALLATION, NOW)
        assert work.installations.count_repositories(INSTALLATION) == 0
        work.installations.remember_repository(INSTALLATION, REPOSITORY)
        assert work.installations.find_repository(REPOSITORY.full_name) is None


def test_what_is_searched_for_is_text_not_a_pattern(store: Store) -> None:
    with store.transaction() as work:
        for number, name in enumerate(("acme/a_b", "acme/axb", "acme/100%", "Acme/Back\\slash")):
            work.installations.remember_repository(INSTALLATION, named(number, name))
        assert search(work, "A_B") == ["acme/a_b"]
        assert search(work, "%") == ["acme/100%"]
        assert search(work, "\\") == ["Acme/Back\\slash"]
        assert search(work, "acme/a") == ["acme/a_b", "acme/axb"]
        assert search(work, "\x00") == []


def test_ten_thousand_repositories_are_searched_and_paged(store: Store, engine: Engine) -> None:
    with store.transaction() as work:
        repositories = [named(number, f"acme/service-{number:05}") for number in range(10_000)]
        work.installations.replace_repositories(INSTALLATION, repositories)
    with begin(engine) as connection:
        connection.execute(text("ANALYZE repositories"))
    with store.transaction() as work:
        assert work.installations.count_repositories(INSTALLATION) == 10_000
        assert search(work, "SERVICE-0999", limit=3, offset=8) == ["acme/service-09998", "acme/service-09999"]
        assert search(work, "9999") == ["acme/service-09999"]
        assert search(work, "", limit=2, offset=9_998) == ["acme/service-09998", "acme/service-09999"]


STATES = {
    "nothing": ConnectionState.ACTIVE,
    "paused": ConnectionState.PAUSED,
    "archived paused": ConnectionState.ARCHIVED,
    "suspended archived paused": ConnectionState.SUSPENDED,
    "revoked suspended archived paused": ConnectionState.ACCESS_LOST,
    "lost": ConnectionState.ACCESS_LOST,
    "deleted": ConnectionState.ACCESS_LOST,
}


@pytest.mark.parametrize(("happened", "state"), STATES.items())
def test_the_state_of_a_connection_is_told_from_what_happened(
    store: Store, shop: Shop, happened: str, state: ConnectionState
) -> None:
    shop.connect()
    acts = {
        "nothing": lambda _: None,
        "paused": lambda work: work.projects.pause(shop.project.id, paused=True),
        "archived": lambda work: work.installations.archive_repository(REPOSITORY.id, archived=True),
        "suspended": lambda work: work.installations.suspend(INSTALLATION, NOW),
        "revoked": lambda work: work.installations.revoke(INSTALLATION, [REPOSITORY.id]),
        "lost": lambda work: work.installations.lose_repository(REPOSITORY.id),
        "deleted": lambda work: work.installations.delete(INSTALLATION, NOW + timedelta(days=1)),
    }
    with store.transaction() as work:
        for name in happened.split():
            acts[name](work)
        found = work.projects.find_connection(shop.project.id)
        targets = work.projects.list_targets(RepositoryAddress(INSTALLATION, REPOSITORY.id), ())
    assert found is not None
    assert {found.state, *(target.connection for target in targets)} == {state}


def test_installing_anew_brings_the_connection_back(store: Store, shop: Shop) -> None:
    shop.connect()
    with store.transaction() as work:
        work.installations.delete(INSTALLATION, NOW)
        work.installations.remember(OTHER, ACME)
        work.installations.grant(OTHER, [REPOSITORY.id])
        found = work.projects.find_connection(shop.project.id)
    assert found is not None
    assert (found.address.installation_id, found.state) == (OTHER, ConnectionState.ACTIVE)
