"""Installations and what they see."""

import pytest

from domain.errors import NotFound
from domain.identifiers import InstallationId
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from tests.integration.github_app.hosting import Hosted


def test_an_installation_says_whose_it_is(hosted: Hosted, forge: GitHubForge) -> None:
    found = forge.find_installation(hosted.installation.id)
    assert found is not None
    account, suspended_at = found
    assert (account.login, account.kind, suspended_at) == ("acme", "Organization", None)


def test_a_suspended_installation_says_since_when(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.simulation.suspend(hosted.installation.id)
    found = forge.find_installation(hosted.installation.id)
    assert found is not None
    assert found[1] is not None
    assert found[1].tzinfo is not None


def test_an_installation_that_is_gone_is_none(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.simulation.uninstall(hosted.installation.id)
    assert forge.find_installation(hosted.installation.id) is None
    assert forge.list_installations() == ()


def test_every_installation_is_listed(hosted: Hosted, forge: GitHubForge) -> None:
    others = [hosted.github.install(f"account-{number}").id for number in range(101)]
    listed = forge.list_installations()
    assert sorted(installation_id for installation_id, _, _ in listed) == sorted([hosted.installation.id, *others])
    assert {account.login for _, account, _ in listed} >= {"acme", "account-0", "account-100"}


def test_every_repository_is_listed(hosted: Hosted, forge: GitHubForge) -> None:
    for number in range(999):
        hosted.github.simulation.state.add_repository("acme", f"r{number}", private=True, default_branch="main")
    repositories = forge.list_repositories(hosted.installation.id)
    assert len({repository.id for repository in repositories}) == 1000
    assert hosted.requested("installation/repositories") == ["GET 200"] * 10


def test_a_page_that_fails_once_is_asked_for_again(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.simulation.faults.add(Fault(FaultKind.DROPPED_CONNECTION, path_part="installation/repositories"))
    assert [repository.full_name for repository in forge.list_repositories(hosted.installation.id)] == ["acme/shop"]


def test_a_suspended_or_unknown_installation_lists_nothing(hosted: Hosted, forge: GitHubForge) -> None:
    hosted.github.simulation.suspend(hosted.installation.id)
    for installation_id in (hosted.installation.id, InstallationId(12345)):
        with pytest.raises(NotFound) as caught:
            forge.list_repositories(installation_id)
        assert caught.value.code == "repository_not_accessible"
