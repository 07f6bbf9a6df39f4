"""Projects, environments and connections."""

from dataclasses import replace

import pytest

from domain.environments import (
    BuildSettings,
    Connection,
    ConnectionState,
    ForkPolicy,
    GitSettings,
    Project,
    QueuePolicy,
)
from domain.errors import Conflict, NotFound
from domain.identifiers import EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.ports.store import Store
from domain.records import DecidedHead, TrackedBranch
from domain.source import BranchName, FullName, RepositoryAddress
from tests.fakes.shop import INSTALLATION, REPOSITORY, Shop, add_project, sha_of

NOBODY = ProjectId("proj_nobody")


def test_a_project_comes_back_as_it_was_stored(store: Store) -> None:
    settings = BuildSettings("apps/trigger.config.py", "uv sync", "make")
    project = Project(ProjectId("proj_1"), "shop", settings, QueuePolicy.NEWEST_ONLY)
    with store.transaction() as work:
        work.projects.add(project, [])
        assert work.projects.get(project.id) == work.projects.get_by_slug("shop") == project


def test_a_slug_is_taken_once(store: Store, shop: Shop) -> None:
    with pytest.raises(Conflict) as caught, store.transaction() as work:
        work.projects.add(replace(shop.project, id=ProjectId("proj_other")), [])
    assert caught.value.code == "project_exists"


def test_projects_are_listed_by_slug(store: Store) -> None:
    for slug in ("zoo", "atlas"):
        add_project(store, slug)
    with store.transaction() as work:
        assert [project.slug for project in work.projects.list_all()] == ["atlas", "zoo"]


def test_environments_are_listed_production_first(store: Store, shop: Shop) -> None:
    with store.transaction() as work:
        assert work.projects.list_environments(shop.project.id) == (shop.production, shop.staging, shop.preview)
        assert work.projects.get_environment(shop.staging.id) == shop.staging


def test_settings_are_replaced_as_a_whole(store: Store, shop: Shop) -> None:
    with store.transaction() as work:
        work.projects.change_settings(shop.project.id, BuildSettings(config_path="a.py"))
        work.projects.change_settings(shop.project.id, BuildSettings(install_command="pip install ."))
        assert work.projects.get(shop.project.id).settings == BuildSettings(install_command="pip install .")


def test_tracking_is_set_and_taken_back(store: Store, shop: Shop) -> None:
    for branch in (BranchName("släsh/-x"), None):
        with store.transaction() as work:
            work.projects.track(shop.production.id, branch)
            assert work.projects.get_environment(shop.production.id).tracked_branch == branch


def test_a_connection_is_found_until_it_is_disconnected(store: Store, shop: Shop) -> None:
    shop.connect()
    address = RepositoryAddress(INSTALLATION, REPOSITORY.id)
    with store.transaction() as work:
        found = work.projects.find_connection(shop.project.id)
        assert found == Connection(shop.project.id, address, ConnectionState.ACTIVE)
        work.projects.disconnect(shop.project.id)
        work.projects.disconnect(shop.project.id)
        assert work.projects.find_connection(shop.project.id) is None


def test_a_project_has_one_repository(store: Store, shop: Shop) -> None:
    shop.connect()
    with pytest.raises(Conflict) as caught, store.transaction() as work:
        work.projects.connect(shop.project.id, INSTALLATION, REPOSITORY)
    assert caught.value.code == "already_connected"


def test_a_repository_serves_many_projects(store: Store, shop: Shop) -> None:
    shop.connect()
    other = add_project(store, "other")
    other.connect()
    with store.transaction() as work:
        assert work.projects.find_connection(other.project.id) is not None


def test_a_transferred_repository_is_met_through_its_new_installation(store: Store, shop: Shop) -> None:
    shop.connect()
    with store.transaction() as work:
        moved = replace(REPOSITORY, full_name=FullName("new/home"))
        work.installations.remember_repository(InstallationId(8), moved)
        connection = work.projects.find_connection(shop.project.id)
    assert connection is not None
    assert connection.address == RepositoryAddress(InstallationId(8), REPOSITORY.id)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get", (NOBODY,)),
        ("get_by_slug", ("nobody",)),
        ("change_settings", (NOBODY, BuildSettings())),
        ("change_git_settings", (NOBODY, GitSettings())),
        ("connect", (NOBODY, INSTALLATION, REPOSITORY)),
    ],
)
def test_an_unknown_project_is_not_found(store: Store, method: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        getattr(work.projects, method)(*arguments)
    assert caught.value.code == "project_not_found"


def test_an_unknown_environment_is_not_found(store: Store) -> None:
    nowhere = EnvironmentId("env_nowhere")
    for act in (lambda p: p.get_environment(nowhere), lambda p: p.track(nowhere, None)):
        with pytest.raises(NotFound) as caught, store.transaction() as work:
            act(work.projects)
        assert caught.value.code == "environment_not_found"


def test_git_settings_are_replaced_as_a_whole(store: Store, shop: Shop) -> None:
    first = GitSettings(previews=False, drafts=False, fork_policy=ForkPolicy.WITHOUT_SECRETS, submodules=True)
    second = GitSettings(ignored_paths=("docs/**", "# a comment", "a'b"))
    with store.transaction() as work:
        for settings in (first, second):
            work.projects.change_git_settings(shop.project.id, settings)
            assert work.projects.get(shop.project.id).git == settings


def test_a_project_is_added_with_its_git_settings(store: Store) -> None:
    project = Project(ProjectId("proj_1"), "shop", git=GitSettings(fork_policy=ForkPolicy.APPROVAL))
    with store.transaction() as work:
        work.projects.add(project, [])
        assert work.projects.get(project.id) == project


def test_pausing_is_taken_back(store: Store, shop: Shop) -> None:
    shop.connect()
    for paused, state in ((True, ConnectionState.PAUSED), (False, ConnectionState.ACTIVE)):
        with store.transaction() as work:
            work.projects.pause(shop.project.id, paused=paused)
            found = work.projects.find_connection(shop.project.id)
        assert found is not None
        assert found.state is state


def test_a_project_without_repository_is_not_paused(store: Store, shop: Shop) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        work.projects.pause(shop.project.id, paused=True)
    assert caught.value.code == "project_not_connected"


def test_projects_of_a_repository_are_listed_by_slug(store: Store, shop: Shop) -> None:
    shop.connect()
    other = add_project(store, "atlas")
    other.connect()
    add_project(store, "unconnected")
    with store.transaction() as work:
        assert work.projects.list_connected(REPOSITORY.id) == (other.project, shop.project)


def test_tracked_branches_come_once_per_repository_with_where_they_were(store: Store, shop: Shop) -> None:
    shop.connect()
    other = add_project(store, "other")
    other.connect()
    address = RepositoryAddress(INSTALLATION, REPOSITORY.id)
    main, next_one = BranchName("main"), BranchName("next")
    with store.transaction() as work:
        for environment in (shop.production, shop.staging, other.production):
            work.projects.track(environment.id, main)
        work.projects.track(other.staging.id, next_one)
        for number in (1, 2):
            work.projects.remember_head(REPOSITORY.id, main, DecidedHead(sha_of(number), revisited=number == 2))
        work.projects.remember_head(RepositoryId(43), next_one, DecidedHead(sha_of(3)))
        assert work.projects.list_tracked_branches() == (
            TrackedBranch(address, REPOSITORY, main, sha_of(2)),
            TrackedBranch(address, REPOSITORY, next_one, None),
        )
        assert work.projects.find_head(REPOSITORY.id, main) == DecidedHead(sha_of(2), revisited=True)
        assert work.projects.find_head(REPOSITORY.id, next_one) is None


def test_branches_of_connections_that_are_not_active_are_not_tracked(store: Store, shop: Shop) -> None:
    shop.connect()
    with store.transaction() as work:
        work.projects.track(shop.production.id, BranchName("main"))
        work.projects.pause(shop.project.id, paused=True)
        assert work.projects.list_tracked_branches() == ()
