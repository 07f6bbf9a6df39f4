"""`pushwright project`: create a project, connect its repository, choose branches and build settings."""

from collections.abc import Mapping
from typing import Annotated

import typer

from cli.output import AsJson, Value, show_fields, show_rows
from cli.services import services_of
from domain.environments import BuildSettings, EnvironmentKind, ForkPolicy, QueuePolicy
from domain.source import parse_full_name
from operations import project_settings, projects
from operations.project_settings import GitChanges
from operations.projects import ProjectPicture

app = typer.Typer(no_args_is_help=True, help="Projects and their repositories.")

Slug = Annotated[str, typer.Argument(help="The project's name: lower-case letters, digits, dashes.")]


@app.command()
def create(
    context: typer.Context,
    slug: Slug,
    queue: Annotated[
        QueuePolicy, typer.Option(help="What happens to deployments that wait when a newer push arrives.")
    ] = QueuePolicy.EVERY_COMMIT,
) -> None:
    """Create a project with production, staging and preview environments."""
    project = projects.create_project(services_of(context).store, slug, queue)
    print(f"Project {project.slug} created. Next: pushwright project connect {project.slug} --repo OWNER/NAME")


@app.command()
def connect(
    context: typer.Context,
    slug: Slug,
    repo: Annotated[str, typer.Option(help="owner/name on GitHub.")],
    staging: Annotated[str | None, typer.Option(help="Branch that deploys to staging.")] = None,
) -> None:
    """Connect a repository; production tracks its default branch. Connecting does not deploy."""
    services = services_of(context)
    repository = projects.connect_repository(services.store, services.forge, slug=slug, name=parse_full_name(repo))
    print(f"{slug} is connected to {repository.full_name}.")
    print(f"Pushes to {repository.default_branch} deploy to production.")
    if staging:
        _track(context, slug, {EnvironmentKind.STAGING: staging})


@app.command()
def disconnect(context: typer.Context, slug: Slug) -> None:
    """Stop automatic deployments; what is deployed and the settings stay."""
    projects.disconnect_repository(services_of(context).store, slug=slug)
    print(f"{slug} is disconnected: pushes no longer deploy. Its deployments and settings are kept.")


@app.command()
def track(
    context: typer.Context,
    slug: Slug,
    production: Annotated[str | None, typer.Option(help="Branch that deploys to production; '' for none.")] = None,
    staging: Annotated[str | None, typer.Option(help="Branch that deploys to staging; '' for none.")] = None,
) -> None:
    """Choose which branches deploy where."""
    if production is None and staging is None:
        raise typer.BadParameter("give --production or --staging")
    given = {EnvironmentKind.PRODUCTION: production, EnvironmentKind.STAGING: staging}
    _track(context, slug, {kind: branch for kind, branch in given.items() if branch is not None})


@app.command()
def settings(
    context: typer.Context,
    slug: Slug,
    config: Annotated[str | None, typer.Option(help="Trigger config file, relative to the repository root.")] = None,
    install_command: Annotated[str | None, typer.Option(help="Replaces the detected install command.")] = None,
    pre_build_command: Annotated[str | None, typer.Option(help="Runs before the code is bundled.")] = None,
) -> None:
    """Replace the build settings; what is not given becomes the default again."""
    project_settings.change_build_settings(
        services_of(context).store,
        slug=slug,
        settings=BuildSettings(config, install_command, pre_build_command),
    )
    print(f"Build settings of {slug} saved; the next deployment uses them.")


@app.command()
def git(
    context: typer.Context,
    slug: Slug,
    previews: Annotated[
        bool | None, typer.Option("--previews/--no-previews", help="Do pull requests get previews?")
    ] = None,
    drafts: Annotated[bool | None, typer.Option("--drafts/--no-drafts", help="Do draft pull requests?")] = None,
    forks: Annotated[ForkPolicy | None, typer.Option(help="What pull requests from forks lead to.")] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Replaces the ignored paths: a gitignore pattern, as often as needed; '' for none."),
    ] = None,
    submodules: Annotated[
        bool | None, typer.Option("--submodules/--no-submodules", help="Are submodules of the installation fetched?")
    ] = None,
) -> None:
    """Change what pull requests and pushes lead to; what is not given stays."""
    changes = GitChanges(previews, drafts, forks, None if ignore is None else tuple(ignore), submodules)
    if changes == GitChanges():
        raise typer.BadParameter("give at least one option")
    project_settings.change_git_settings(services_of(context).store, slug=slug, changes=changes)
    print(f"Git settings of {slug} saved; the next event uses them.")


@app.command()
def pause(context: typer.Context, slug: Slug) -> None:
    """Stop automatic deployments for a while."""
    projects.pause_project(services_of(context).store, slug=slug, paused=True)
    print(f"{slug} is paused: pushes and pull requests do not deploy until pushwright project resume {slug}.")


@app.command()
def resume(context: typer.Context, slug: Slug) -> None:
    """Let automatic deployments go on."""
    projects.pause_project(services_of(context).store, slug=slug, paused=False)
    print(f"{slug} deploys again; what was pushed meanwhile is not deployed by itself.")


@app.command()
def show(context: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """Show a project's settings and what each environment tracks and runs."""
    with services_of(context).store.transaction() as work:
        picture = projects.picture_project(work, work.projects.get_by_slug(slug))
    fields = _fields(picture)
    rows = [
        {
            "environment": environment.slug,
            "tracks": environment.tracked_branch,
            "current_deployment": environment.current_deployment_id,
        }
        for environment in picture.environments
    ]
    if as_json:
        show_fields({**fields, "environments": rows}, as_json=True)
        return
    show_fields(fields, as_json=False)
    show_rows(rows, ("environment", "tracks", "current_deployment"), as_json=False, empty="")


def _fields(picture: ProjectPicture) -> dict[str, Value]:
    project, connected = picture.project, picture.connection
    repository = connected.repository if connected else None
    return {
        "project": project.slug,
        "repository": repository.repository.full_name if repository else None,
        "repository_id": connected.connection.address.repository_id if connected else None,
        "connection": connected.connection.state.value if connected else "not connected",
        "reason": (connected.reason or None) if connected else None,
        "hint": (connected.hint or None) if connected else None,
        "queue": project.queue_policy.value,
        "config_file": project.settings.config_path,
        "install_command": project.settings.install_command,
        "pre_build_command": project.settings.pre_build_command,
        "previews": project.git.previews,
        "drafts": project.git.drafts,
        "forks": project.git.fork_policy.value,
        "ignored_paths": list(project.git.ignored_paths),
        "submodules": project.git.submodules,
    }


def _track(context: typer.Context, slug: str, branches: Mapping[EnvironmentKind, str]) -> None:
    services = services_of(context)
    tracked = project_settings.track_branches(services.store, services.forge, slug=slug, branches=branches)
    for kind, name in tracked.items():
        print(f"Pushes to {name} deploy to {kind.value}." if name else f"No branch deploys to {kind.value} any more.")
