"""`pushwright project`: create a project, connect its repository, choose branches and build settings."""

from typing import Annotated

import typer

from cli.output import AsJson, show_fields, show_rows
from cli.services import services_of
from domain.environments import BuildSettings, EnvironmentKind, QueuePolicy
from domain.source import parse_branch_name, parse_full_name
from operations import projects

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
    """Create a project with a production and a staging environment."""
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
        _track(context, slug, EnvironmentKind.STAGING, staging)


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
    if production is not None:
        _track(context, slug, EnvironmentKind.PRODUCTION, production)
    if staging is not None:
        _track(context, slug, EnvironmentKind.STAGING, staging)


@app.command()
def settings(
    context: typer.Context,
    slug: Slug,
    config: Annotated[str | None, typer.Option(help="Trigger config file, relative to the repository root.")] = None,
    install_command: Annotated[str | None, typer.Option(help="Replaces the detected install command.")] = None,
    pre_build_command: Annotated[str | None, typer.Option(help="Runs before the code is bundled.")] = None,
) -> None:
    """Replace the build settings; what is not given becomes the default again."""
    changed = BuildSettings(
        config_path=(config or "").strip().lstrip("/") or None,
        install_command=(install_command or "").strip() or None,
        pre_build_command=(pre_build_command or "").strip() or None,
    )
    projects.change_build_settings(services_of(context).store, slug=slug, settings=changed)
    print(f"Build settings of {slug} saved; the next deployment uses them.")


@app.command()
def show(context: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """Show a project's settings and what each environment runs."""
    store = services_of(context).store
    with store.transaction() as work:
        project = work.projects.get_by_slug(slug)
        connection = work.projects.find_connection(project.id)
        environments = work.projects.list_environments(project.id)
    fields = {
        "project": project.slug,
        "repository_id": connection.address.repository_id if connection else None,
        "connection": connection.state.value if connection else "not connected",
        "queue": project.queue_policy.value,
        "config_file": project.settings.config_path,
        "install_command": project.settings.install_command,
        "pre_build_command": project.settings.pre_build_command,
    }
    rows = [
        {
            "environment": environment.slug,
            "tracks": environment.tracked_branch,
            "current_deployment": environment.current_deployment_id,
        }
        for environment in environments
    ]
    if as_json:
        show_fields({**fields, "environments": rows}, as_json=True)
        return
    show_fields(fields, as_json=False)
    show_rows(rows, ("environment", "tracks", "current_deployment"), as_json=False, empty="")


def _track(context: typer.Context, slug: str, kind: EnvironmentKind, branch: str) -> None:
    services = services_of(context)
    name = parse_branch_name(branch) if branch else None
    projects.track_branch(services.store, services.forge, slug=slug, kind=kind, branch=name)
    print(f"Pushes to {name} deploy to {kind.value}." if name else f"No branch deploys to {kind.value} any more.")
