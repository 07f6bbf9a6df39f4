"""Repositories: finding one on GitHub, and keeping what GitHub says of it."""

from domain.errors import NotFound
from domain.ports.forge import Forge
from domain.ports.store import UnitOfWork
from domain.source import FullName, Repository, RepositoryAddress


def locate_repository(forge: Forge, name: FullName) -> tuple[RepositoryAddress, Repository]:
    """Return the repository as GitHub has it now, or raise `NotFound` (`repository_not_accessible`)."""
    found = forge.find_repository(name)
    if found is None:
        raise NotFound(
            "repository_not_accessible",
            f"The GitHub App does not see {name}: check the spelling, and that the App is installed with access to it.",
        )
    installation_id, repository = found
    return RepositoryAddress(installation_id, repository.id), repository


def remember_repository(work: UnitOfWork, address: RepositoryAddress, repository: Repository) -> None:
    """Keep what a delivery says of a repository that concerns somebody here.

    A re-installed App has another installation id; the newest delivery knows it, and the newest names. A late one of
    an installation that is gone would bring back what is no longer true.
    """
    installation = _find_state(work, address)
    if installation == "gone" or (
        installation == "unknown" and not work.projects.list_connected(address.repository_id)
    ):
        return
    work.installations.remember_repository(address.installation_id, repository)


def _find_state(work: UnitOfWork, address: RepositoryAddress) -> str:
    try:
        installation = work.installations.get(address.installation_id)
    except NotFound:
        return "unknown"
    return "known" if installation.deleted_at is None else "gone"
