"""Projects: creating one, connecting its repository, choosing its branches."""

import re
from typing import Final

from domain.environments import BuildSettings, Environment, EnvironmentKind, Project, QueuePolicy
from domain.errors import InvalidInput, NotFound
from domain.identifiers import new_environment_id, new_project_id
from domain.ports.forge import Forge
from domain.ports.store import Store
from domain.source import BranchName, FullName, Repository, RepositoryAddress

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_MAX_COMMAND: Final = 500
_MAX_CONFIG_PATH: Final = 255


def create_project(store: Store, slug: str, queue_policy: QueuePolicy = QueuePolicy.EVERY_COMMIT) -> Project:
    """Create a project with a production and a staging environment that track nothing yet.

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
    environments = [
        Environment(new_environment_id(), project.id, kind, kind.value)
        for kind in (EnvironmentKind.PRODUCTION, EnvironmentKind.STAGING)
    ]
    with store.transaction() as work:
        work.projects.add(project, environments)
    return project


def connect_repository(store: Store, forge: Forge, *, slug: str, name: FullName) -> Repository:
    """Connect the project to a repository the App can see; production tracks its default branch.

    Connecting does not deploy.

    Raises:
        NotFound: `project_not_found`, `repository_not_accessible`.
        Conflict: `already_connected`.
    """
    found = forge.find_repository(name)
    if found is None:
        raise NotFound(
            "repository_not_accessible",
            f"The GitHub App does not see {name}: check the spelling, and that the App is installed with access to it.",
        )
    installation_id, repository = found
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        work.projects.connect(project.id, installation_id, repository)
        for environment in work.projects.list_environments(project.id):
            production = environment.kind is EnvironmentKind.PRODUCTION
            work.projects.track(environment.id, repository.default_branch if production else None)
    return repository


def disconnect_repository(store: Store, *, slug: str) -> None:
    """Stop automatic deployments of the project; deployments and settings stay."""
    with store.transaction() as work:
        work.projects.disconnect(work.projects.get_by_slug(slug).id)


def track_branch(store: Store, forge: Forge, *, slug: str, kind: EnvironmentKind, branch: BranchName | None) -> None:
    """Let pushes to `branch` deploy to the environment; None stops it. A changed branch must exist on GitHub.

    Raises:
        NotFound: `tracking_branch_not_found`, `project_not_connected`.
    """
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        connection = work.projects.find_connection(project.id)
        environment = _environment_of_kind(work.projects.list_environments(project.id), kind)
    if connection is None:
        raise NotFound("project_not_connected", f"Project {slug} has no repository: connect one first.")
    if branch is not None and branch != environment.tracked_branch:
        _require_branch(forge, connection.address, branch, kind)
    with store.transaction() as work:
        work.projects.track(environment.id, branch)


def get_environment(store: Store, *, slug: str, kind: EnvironmentKind) -> Environment:
    """Return the project's environment of this kind, or raise `NotFound` (`environment_not_found`)."""
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        return _environment_of_kind(work.projects.list_environments(project.id), kind)


def change_build_settings(store: Store, *, slug: str, settings: BuildSettings) -> None:
    """Replace the project's build settings.

    Raises:
        InvalidInput: `build_setting_invalid`, naming the setting and its limit.
    """
    _require_one_line("Install command", settings.install_command, _MAX_COMMAND)
    _require_one_line("Pre-build command", settings.pre_build_command, _MAX_COMMAND)
    _require_one_line("Trigger config file", settings.config_path, _MAX_CONFIG_PATH)
    with store.transaction() as work:
        work.projects.change_settings(work.projects.get_by_slug(slug).id, settings)


def _environment_of_kind(environments: tuple[Environment, ...], kind: EnvironmentKind) -> Environment:
    for environment in environments:
        if environment.kind is kind:
            return environment
    raise NotFound("environment_not_found", f"The project has no {kind.value} environment.")


def _require_branch(forge: Forge, address: RepositoryAddress, branch: BranchName, kind: EnvironmentKind) -> None:
    if forge.find_branch_head(address, branch) is None:
        raise NotFound(
            "tracking_branch_not_found",
            f"{kind.value.capitalize()} tracking branch not found: the repository has no branch {branch}.",
        )


def _require_one_line(setting: str, value: str | None, limit: int) -> None:
    if value is None:
        return
    if len(value) > limit:
        raise InvalidInput("build_setting_invalid", f"{setting} must have at most {limit} characters.")
    if any(ord(character) < ord(" ") for character in value):
        raise InvalidInput("build_setting_invalid", f"{setting} must be a single line.")
