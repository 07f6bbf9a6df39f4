"""Targets: what routing learns of a repository."""

from dataclasses import replace

from sqlalchemy import Engine, event

from domain.deployments import DeploymentStatus
from domain.environments import ConnectionState, ForkPolicy, GitSettings
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.store import Store
from domain.source import CommitSha, RepositoryAddress
from domain.targets import KnownDeployment, Target
from store.targets import NEWEST
from tests.fakes.shop import REPOSITORY, Shop, add_project, sha_of

ADDRESS = RepositoryAddress(InstallationId(999), REPOSITORY.id)


def targets(store: Store, *shas: CommitSha) -> tuple[Target, ...]:
    with store.transaction() as work:
        return work.projects.list_targets(ADDRESS, shas)


def test_a_repository_nobody_connected_has_none(store: Store, shop: Shop) -> None:
    shop.connect()
    with store.transaction() as work:
        assert work.projects.list_targets(RepositoryAddress(InstallationId(7), RepositoryId(1)), ()) == ()


def test_every_environment_of_every_connected_project(store: Store, shop: Shop) -> None:
    shop.connect()
    other = add_project(store, "atlas")
    other.connect()
    add_project(store, "unconnected")
    assert targets(store) == tuple(
        Target(one.project, environment, ConnectionState.ACTIVE)
        for one in (other, shop)
        for environment in (one.production, one.staging)
    )


def test_deployments_come_newest_first_in_their_environment(store: Store, shop: Shop) -> None:
    shop.connect()
    first, second = shop.create_in(DeploymentStatus.FAILED), shop.create()
    production, staging = targets(store)
    assert production.deployments == tuple(
        KnownDeployment(one.id, one.commit.sha, None, one.status, sequence=one.sequence) for one in (second, first)
    )
    assert staging.deployments == ()


def test_an_old_deployment_is_known_when_its_commit_is_asked_about(store: Store, shop: Shop) -> None:
    shop.connect()
    old = shop.create(1)
    for _ in range(NEWEST):
        shop.create()
    assert old.id not in {known.id for known in targets(store)[0].deployments}
    asked = targets(store, sha_of(1), sha_of(2))[0].deployments
    assert (len(asked), asked[-1].id) == (NEWEST + 1, old.id)


def test_two_queries_however_many_environments(store: Store, shop: Shop, engine: Engine) -> None:
    shop.connect()
    add_project(store, "other").connect()
    statements: list[str] = []
    with store.transaction() as work:
        event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
        work.projects.list_targets(ADDRESS, (sha_of(1),))
    assert len(statements) == 2


def test_previews_are_no_targets_of_pushes(store: Store, shop: Shop) -> None:
    shop.connect()
    shop.ensure()
    assert [target.environment for target in targets(store)] == [shop.production, shop.staging]


def test_the_commit_that_an_environment_runs_is_told(store: Store, shop: Shop) -> None:
    shop.connect()
    shop.deploy(shop.wanted(5))
    shop.create(6)
    assert [target.current_sha for target in targets(store)] == [sha_of(5), None]


def test_what_is_held_is_told_as_held(store: Store, shop: Shop) -> None:
    shop.connect()
    shop.find_created(replace(shop.wanted(5), held=True))
    assert [known.held for known in targets(store)[0].deployments] == [True]


def test_the_git_settings_come_with_the_project(store: Store, shop: Shop) -> None:
    shop.connect()
    settings = GitSettings(fork_policy=ForkPolicy.APPROVAL, ignored_paths=("*.md", "!README.md"), submodules=True)
    with store.transaction() as work:
        work.projects.change_git_settings(shop.project.id, settings)
    assert {target.project.git for target in targets(store)} == {settings}
