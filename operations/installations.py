"""What events about installations and repositories change here, told in sentences a person understands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain.decisions import Decision, Ignore, Note
from domain.environments import ForkPolicy, Project
from domain.events import (
    AccessChanged,
    InstallationChange,
    InstallationChanged,
    RepositoryChange,
    RepositoryChanged,
)
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.store import UnitOfWork
from domain.reasons import Reason
from operations.repositories import remember_repository


@dataclass(frozen=True, slots=True)
class Settled:
    """What an event changed.

    Attributes:
        sweep: the installation whose repositories have to be compared with GitHub, None when none has.
    """

    decisions: tuple[Decision, ...]
    sweep: InstallationId | None = None


def settle_installation(work: UnitOfWork, event: InstallationChanged, now: datetime) -> Settled:
    """Keep what happened to the installation, and return it with a note for each project it concerns."""
    account, installation_id = event.account.login, event.installation_id
    match event.change:
        case InstallationChange.CREATED:
            work.installations.remember(installation_id, event.account)
            work.installations.suspend(installation_id, None)
            known = work.installations.grant(installation_id, event.repository_ids)
            notes = _note_each(_connected_to(work, known), "The GitHub App sees the project's repository again.")
            return Settled((Note(f"The GitHub App was installed on {account}."), *notes), installation_id)
        case InstallationChange.DELETED:
            projects = _connected_through(work, installation_id)
            work.installations.delete(installation_id, now)
            lost = "The GitHub App does not see the project's repository any more: pushes do not deploy."
            notes = _note_each(projects, lost, f"Install the App on {account} again.")
            return Settled((Note(f"The GitHub App was uninstalled from {account}."), *notes))
        case InstallationChange.SUSPENDED:
            work.installations.remember(installation_id, event.account)
            work.installations.suspend(installation_id, now)
            waits = "Deployments of the project wait: the GitHub App is suspended."
            hint = f"Unsuspend it in the settings of {account} on GitHub."
            notes = _note_each(_connected_through(work, installation_id), waits, hint)
            return Settled((Note(f"The GitHub App was suspended on {account}.", hint), *notes))
        case InstallationChange.UNSUSPENDED:
            work.installations.remember(installation_id, event.account)
            work.installations.suspend(installation_id, None)
            notes = _note_each(_connected_through(work, installation_id), "Pushes to the project deploy again.")
            return Settled((Note(f"The GitHub App is no longer suspended on {account}."), *notes), installation_id)
        case InstallationChange.PERMISSIONS_ACCEPTED:
            work.installations.remember(installation_id, event.account)
            return Settled((Note(f"{account} accepted the GitHub App's new permissions."),), installation_id)
        case _:
            assert_never(event.change)


def settle_access(work: UnitOfWork, event: AccessChanged) -> Settled:
    """Keep which repositories the installation sees now."""
    work.installations.remember(event.installation_id, event.account)
    lost = _connected_to(work, event.removed)
    work.installations.revoke(event.installation_id, event.removed)
    regained = _connected_to(work, work.installations.grant(event.installation_id, event.added))
    summary = f"{event.account.login} changed what the GitHub App sees: {len(event.added)} added, "
    decisions = (
        Note(f"{summary}{len(event.removed)} removed."),
        *_note_each(
            lost,
            "The GitHub App does not see the project's repository any more: pushes do not deploy.",
            "Give the App access to it in the installation's settings on GitHub.",
        ),
        *_note_each(regained, "The GitHub App sees the project's repository again."),
    )
    return Settled(decisions, event.installation_id if event.added else None)


def settle_repository(work: UnitOfWork, event: RepositoryChanged) -> Settled:
    """Keep what happened to the repository; one that concerns nobody here is ignored."""
    projects = work.projects.list_connected(event.address.repository_id)
    change_settings = _change_repository(work, event, projects)
    if not projects:
        return Settled((Ignore(Reason.NOT_CONNECTED),))
    unarchived = event.change is RepositoryChange.UNARCHIVED
    notes = tuple(change_settings) or _note_each(projects, *_words_of(event))
    return Settled(notes, event.address.installation_id if unarchived else None)


def _change_repository(work: UnitOfWork, event: RepositoryChanged, projects: Sequence[Project]) -> list[Note]:
    repository_id = event.address.repository_id
    match event.change:
        case RepositoryChange.DELETED:
            work.installations.lose_repository(repository_id)
        case RepositoryChange.ARCHIVED | RepositoryChange.UNARCHIVED:
            archived = event.change is RepositoryChange.ARCHIVED
            work.installations.archive_repository(repository_id, archived=archived)
        case RepositoryChange.PUBLICIZED:
            remember_repository(work, event.address, event.repository)
            return _close_to_forks(work, projects)
        case _:
            remember_repository(work, event.address, event.repository)
    return []


def _close_to_forks(work: UnitOfWork, projects: Iterable[Project]) -> list[Note]:
    """Now that everybody can fork the repository, building forks has to be chosen anew."""
    notes = []
    for project in projects:
        if project.git.fork_policy is not ForkPolicy.IGNORE:
            work.projects.change_git_settings(project.id, replace(project.git, fork_policy=ForkPolicy.IGNORE))
            sentence = "The repository is public now: pull requests from forks are no longer built."
            notes.append(Note(sentence, "Choose the project's fork policy again if forks are to be built.", project.id))
    return notes


def _words_of(event: RepositoryChanged) -> tuple[str, str]:
    name, branch = event.repository.full_name, event.repository.default_branch
    if event.previous_default_branch:
        change = f"The repository's default branch is {branch} now, it was {event.previous_default_branch}: "
        hint = f"To deploy {branch}, track it in the project's git settings."
        return f"{change}what the project tracks stays as it is.", hint
    return {
        RepositoryChange.RENAMED: (f"The repository is called {name} now.", ""),
        RepositoryChange.TRANSFERRED: (f"The repository was transferred and is called {name} now.", ""),
        RepositoryChange.DELETED: (
            "The repository was deleted on GitHub: the project's deployments stay.",
            "Disconnect the project, or connect another repository.",
        ),
        RepositoryChange.ARCHIVED: (
            "The repository was archived on GitHub: pushes do not deploy.",
            "Unarchive it in the repository's settings on GitHub.",
        ),
        RepositoryChange.UNARCHIVED: ("The repository is no longer archived: pushes deploy again.", ""),
        RepositoryChange.PRIVATIZED: ("The repository is private now.", ""),
        RepositoryChange.PUBLICIZED: ("The repository is public now.", ""),
        RepositoryChange.EDITED: ("The repository's description or settings were edited.", ""),
        RepositoryChange.CREATED: (f"The repository {name} was created.", ""),
    }[event.change]


def _connected_through(work: UnitOfWork, installation_id: InstallationId) -> tuple[Project, ...]:
    seen = work.installations.list_connected(installation_id)
    return _connected_to(work, [one.repository.id for one in seen])


def _connected_to(work: UnitOfWork, repository_ids: Iterable[RepositoryId]) -> tuple[Project, ...]:
    return tuple(project for each in repository_ids for project in work.projects.list_connected(each))


def _note_each(projects: Iterable[Project], sentence: str, hint: str = "") -> tuple[Note, ...]:
    return tuple(Note(sentence, hint, project.id) for project in projects)
