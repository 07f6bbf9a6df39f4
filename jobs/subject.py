"""What a deployment is of, and what its build is asked for."""

from dataclasses import dataclass
from pathlib import Path

from domain.builds import BUILD_VARIABLE_PREFIX, BuildRequest, Ingredients
from domain.deployments import Deployment
from domain.environments import Connection, Environment, EnvironmentKind, ForkPolicy, Project
from domain.errors import NotFound, UserError
from domain.ports.store import UnitOfWork
from domain.secrets import Secret
from domain.source import CloneAccess
from images.labels import image_labels, without_commit


@dataclass(frozen=True, slots=True)
class Subject:
    """What a deployment is of, read together."""

    deployment: Deployment
    project: Project
    environment: Environment
    connection: Connection
    variables: dict[str, Secret]


def read_subject(work: UnitOfWork, deployment: Deployment) -> Subject:
    """Return what the deployment is of, or raise `NotFound` (`project_not_connected`)."""
    connection = work.projects.find_connection(deployment.project_id)
    if connection is None:
        raise NotFound(
            "project_not_connected",
            "The project was disconnected from its repository: connect it again to deploy.",
        )
    return Subject(
        deployment=deployment,
        project=work.projects.get(deployment.project_id),
        environment=work.projects.get_environment(deployment.environment_id),
        connection=connection,
        variables=_read_variables(work, deployment),
    )


def require_allowed(subject: Subject) -> None:
    """Ask once more before strangers' code is built: the fork policy may have changed while it waited.

    Raises:
        UserError: `fork_not_allowed`.
    """
    preview = subject.environment.preview
    if preview is None or preview.key.head_repository_id == subject.connection.address.repository_id:
        return
    if subject.project.git.fork_policy is ForkPolicy.IGNORE:
        raise UserError(
            "fork_not_allowed",
            "The project does not build pull requests from forks any more: "
            "choose another fork policy in its git settings, then redeploy.",
        )


def build_variables(variables: dict[str, Secret]) -> dict[str, Secret]:
    """Return what a build sees: `TRIGGER_BUILD_X` as `X`, the prefix stripped once, and nothing else."""
    return {
        key.removeprefix(BUILD_VARIABLE_PREFIX): value
        for key, value in variables.items()
        if key.startswith(BUILD_VARIABLE_PREFIX) and key != BUILD_VARIABLE_PREFIX
    }


def request_of(subject: Subject, access: CloneAccess, tree: Path) -> BuildRequest:
    """Return what the builder is asked for."""
    deployment = subject.deployment
    return BuildRequest(
        name=f"{subject.project.slug}/{subject.environment.slug}",
        tree=tree,
        commit=deployment.commit,
        settings=subject.project.settings,
        variables=subject.variables,
        image_name=f"{subject.project.slug}",
        tag=f"{deployment.version}.{subject.environment.slug}.{deployment.short_code}",
        labels=_labels(subject, access),
        cache_scope=_cache_scope(subject),
    )


def ingredients_of(subject: Subject, access: CloneAccess, content: str) -> Ingredients:
    """Return everything that goes into the image; `content` stands for its files."""
    return Ingredients(
        content=content,
        settings=subject.project.settings,
        variables=subject.variables,
        labels=without_commit(_labels(subject, access)),
        cache_scope=_cache_scope(subject),
    )


def _read_variables(work: UnitOfWork, deployment: Deployment) -> dict[str, Secret]:
    """Return what the build sees of the environment's variables: for what strangers wrote, nothing."""
    if not deployment.is_trusted:
        return {}
    return build_variables(dict(work.variables.reveal_all(deployment.environment_id)))


def _labels(subject: Subject, access: CloneAccess) -> dict[str, str]:
    return image_labels(
        source=access.url.removesuffix(".git"),
        revision=subject.deployment.commit.sha,
        project=subject.project.slug,
        environment=subject.environment.slug,
    )


def _cache_scope(subject: Subject) -> str:
    """Say whose caches the build shares: what nobody has merged leaves nothing in a cache that production reads."""
    project, environment = subject.project.slug, subject.environment
    if not subject.deployment.is_trusted:
        return f"{project}-{environment.slug}"
    # No slug has a dot, so that no branch can be called what makes it one of these.
    return f"{project}.previews" if environment.kind is EnvironmentKind.PREVIEW else ""
