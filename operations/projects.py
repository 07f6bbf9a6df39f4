"""Projects: creating one, connecting its repository, pausing it, and what it is like."""

import re
from dataclasses import dataclass, replace
from typing import Final

from domain.environments import Connection, Environment, EnvironmentKind, Project, QueuePolicy
from domain.errors import Conflict, InvalidInput, NotFound
from domain.identifiers import new_environment_id, new_project_id
from domain.ports.forge import Forge
from domain.ports.store import Store, UnitOfWork
from domain.records import StoredRepository
from domain.source import FullName, Repository
from domain.targets import reason_of_state
from operations.repositories import locate_repository
from operations.watching import begin_watching, look_at_repository

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_KINDS: Final = tuple(EnvironmentKind)


@dataclass(frozen=True, slots=True)
class ConnectionPicture:
    """A project's repository, as people want to see it.

    Attributes:
        repository: None when no more than its number is known.
        reason: why pushes do not deploy, empty when they do.
        hint: what would make them.
    """

    connection: Connection
    repository: StoredRepository | None
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPicture:
    """A project with everything that belongs to it but its previews.

    Attributes:
        connection: None when it has no repository.
    """

    project: Project
    connection: ConnectionPicture | None
    environments: tuple[Environment, ...]


def create_project(store: Store, slug: str, queue_policy: QueuePolicy = QueuePolicy.EVERY_COMMIT) -> Project:
    """Create a project with production, staging and preview environments that track nothing yet.

    The preview environment runs nothing itself: previews of branches inherit its variables.

    Raises:
        InvalidInput: `project_slug_invalid`.
        Conflict: `project_exists`.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidInput(
            "project_slug_invalid",
            f"{slug[:60]!r} cannot name a project: use 1 to 40 lower-case letters, digits and inner dashes.",
        )
    project = Project(new_project_id(), slug, queue_policy=queue_policy)
    environments = [Environment(new_environment_id(), project.id, kind, kind.value) for kind in _KINDS]
    with store.transaction() as work:
        work.projects.add(project, environments)
    return project


def connect_repository(store: Store, forge: Forge, *, slug: str, name: FullName) -> Repository:
    """Connect the project to a repository the App can see.

    Production tracks its default branch, staging nothing; pull requests get previews when the project has a preview
    environment. Connecting does not deploy.

    Raises:
        NotFound: `project_not_found`, `repository_not_accessible`.
        Conflict: `already_connected`, `installation_suspended`.
    """
    with store.transaction() as work:
        _require_unconnected(work, work.projects.get_by_slug(slug))
        _require_awake(work, name)
    address, repository = locate_repository(forge, name)
    found = look_at_repository(forge, address, repository)
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        work.projects.connect(project.id, address.installation_id, repository)
        environments = work.projects.list_environments(project.id)
        for environment in environments:
            production = environment.kind is EnvironmentKind.PRODUCTION
            work.projects.track(environment.id, repository.default_branch if production else None)
        work.projects.change_git_settings(project.id, replace(project.git, previews=has_previews(environments)))
        for facts in found:
            begin_watching(work, facts)
    return repository


def disconnect_repository(store: Store, *, slug: str) -> None:
    """Stop automatic deployments of the project; deployments and settings stay."""
    with store.transaction() as work:
        work.projects.disconnect(work.projects.get_by_slug(slug).id)


def pause_project(store: Store, *, slug: str, paused: bool) -> None:
    """Stop automatic deployments of the project for a while, or let them go on.

    Raises:
        NotFound: `project_not_found`, `project_not_connected`.
    """
    with store.transaction() as work:
        work.projects.pause(work.projects.get_by_slug(slug).id, paused=paused)


def picture_project(work: UnitOfWork, project: Project) -> ProjectPicture:
    """Return what the project is like."""
    connection = work.projects.find_connection(project.id)
    return ProjectPicture(
        project,
        _picture_connection(work, connection) if connection is not None else None,
        work.projects.list_environments(project.id),
    )


def get_environment(store: Store, *, slug: str, kind: EnvironmentKind) -> Environment:
    """Return the project's environment of this kind, or raise `NotFound` (`environment_not_found`)."""
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        return environment_of_kind(work.projects.list_environments(project.id), kind)


def environment_of_kind(environments: tuple[Environment, ...], kind: EnvironmentKind) -> Environment:
    """Return the environment of this kind, or raise `NotFound` (`environment_not_found`)."""
    for environment in environments:
        if environment.kind is kind:
            return environment
    raise NotFound("environment_not_found", f"The project has no {kind.value} environment.")


def has_previews(environments: tuple[Environment, ...]) -> bool:
    """Whether the project has a preview environment, without which pull requests get no previews."""
    return any(environment.kind is EnvironmentKind.PREVIEW for environment in environments)


def _picture_connection(work: UnitOfWork, connection: Connection) -> ConnectionPicture:
    address = connection.address
    connected = work.installations.list_connected(address.installation_id)
    repository = next((one for one in connected if one.repository.id == address.repository_id), None)
    inactive = reason_of_state(connection.state, connection.project_id)
    if inactive is None:
        return ConnectionPicture(connection, repository)
    return ConnectionPicture(connection, repository, inactive.sentence, inactive.hint)


def _require_unconnected(work: UnitOfWork, project: Project) -> None:
    """Say that the project is connected before GitHub is asked: the store says it again when it counts."""
    if work.projects.find_connection(project.id) is not None:
        raise Conflict(
            "already_connected", f"Project {project.slug} has a repository already: disconnect that one first."
        )


def _require_awake(work: UnitOfWork, name: FullName) -> None:
    seen = work.installations.find_repository(name)
    if seen is None:
        return
    installation = work.installations.get(seen.address.installation_id)
    if installation.suspended_at is not None:
        owner = installation.account.login if installation.account else name.partition("/")[0]
        raise Conflict(
            "installation_suspended",
            f"The GitHub App is suspended on {owner}: unsuspend it in the settings of {owner} on GitHub. If that was "
            f"done, let Pushwright look again: pushwright github refresh {installation.id}.",
        )
