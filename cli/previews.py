"""`pushwright previews`: previews of branches, archiving one, keeping one."""

from typing import Annotated

import typer

from cli.output import AsJson, Row, age, show_rows
from cli.services import services_of
from domain.environments import Environment
from operations import previews

app = typer.Typer(no_args_is_help=True, help="Previews of branches.")

Slug = Annotated[str, typer.Argument(help="The project.")]
Preview = Annotated[str, typer.Argument(help="The preview's name, or its branch.")]


@app.command(name="list")
def list_previews(
    context: typer.Context,
    slug: Slug,
    archived: Annotated[bool, typer.Option("--archived", help="The archived ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List a project's previews, newest activity first."""
    rows = [_row(one) for one in previews.list_previews(services_of(context).store, slug=slug, archived=archived)]
    columns = ("preview", "branch", "active", "keep", "archived", "current_deployment")
    show_rows(rows, columns, as_json=as_json, empty="There are no previews: open a pull request to have one.")


@app.command()
def archive(context: typer.Context, slug: Slug, preview: Preview) -> None:
    """Archive a preview and end what runs for it; a push to its pull request brings it back."""
    services = services_of(context)
    canceled = previews.archive_preview(services.store, slug=slug, preview=preview, now=services.clock.now())
    ended = f" {len(canceled)} deployment(s) were canceled." if canceled else ""
    print(f"The preview {preview} of {slug} is archived.{ended}")


@app.command()
def keep(
    context: typer.Context,
    slug: Slug,
    preview: Preview,
    off: Annotated[bool, typer.Option("--off", help="Let it be archived again when it is idle.")] = False,
) -> None:
    """Let a preview stay although nothing happens in it."""
    previews.keep_preview(services_of(context).store, slug=slug, preview=preview, keep=not off)
    print(f"The preview {preview} of {slug} {'is archived when it is idle' if off else 'stays until it is archived'}.")


def _row(environment: Environment) -> Row:
    preview = environment.preview
    if preview is None:
        raise AssertionError("only previews of branches are listed")
    return {
        "preview": environment.slug,
        "branch": preview.key.branch,
        "active": age(preview.active_at),
        "keep": preview.keep,
        "archived": age(preview.archived_at) if preview.archived_at else None,
        "current_deployment": environment.current_deployment_id,
    }
