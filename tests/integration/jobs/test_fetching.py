"""What a deployment fetches besides its commit, and what it may read for that."""

from dataclasses import replace

import pytest

from domain.identifiers import InstallationId, RepositoryId
from domain.source import FullName
from tests.fakes.forge import ADDRESS, REPOSITORY
from tests.fakes.world import SHA_A, World

pytestmark = pytest.mark.postgres
LIBRARY = replace(REPOSITORY, id=RepositoryId(8), full_name=FullName("acme/library"))
STRANGE = replace(REPOSITORY, id=RepositoryId(9), full_name=FullName("eve/secret"))


def test_without_submodules_only_the_commit_is_fetched(world: World) -> None:
    world.push(SHA_A)
    world.deploy()

    (options,) = world.fetcher.options
    assert (options.submodules, options.overlay, dict(options.grants)) == (False, None, {})


def test_the_right_to_read_is_taken_back_before_the_build(world: World) -> None:
    world.push(SHA_A)
    world.deploy()

    assert [access.repository for access in world.forge.revoked] == [REPOSITORY]


def test_a_submodule_of_the_same_installation_may_be_read_and_no_other(world: World) -> None:
    world.set_git(submodules=True)
    other = InstallationId(4)
    world.forge.repositories = {ADDRESS.installation_id: (REPOSITORY, LIBRARY), other: (STRANGE,)}
    with world.store.transaction() as work:
        work.installations.replace_repositories(ADDRESS.installation_id, (REPOSITORY, LIBRARY))
        work.installations.replace_repositories(other, (STRANGE,))
    world.push(SHA_A)
    world.deploy()

    (options,) = world.fetcher.options
    assert options.submodules
    granted = options.grants["acme/library"]
    assert granted.repository == LIBRARY
    assert "eve/secret" not in options.grants
    assert "acme/unknown" not in options.grants


def test_a_submodule_that_github_does_not_show_may_not_be_read(world: World) -> None:
    world.set_git(submodules=True)
    with world.store.transaction() as work:
        work.installations.replace_repositories(ADDRESS.installation_id, (REPOSITORY, LIBRARY))
    world.push(SHA_A)
    world.deploy()

    assert "acme/library" not in world.fetcher.options[0].grants
