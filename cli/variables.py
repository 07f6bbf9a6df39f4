"""`pushwright env`: environment variables of an environment. Values go in and are not shown."""

import sys
from typing import Annotated

import typer

from cli.output import AsJson, show_rows
from cli.services import services_of
from domain.environments import EnvironmentKind
from domain.secrets import Secret
from operations.projects import get_environment

app = typer.Typer(no_args_is_help=True, help="Environment variables; TRIGGER_BUILD_X is X in the build.")

Slug = Annotated[str, typer.Argument(help="The project.")]
Kind = Annotated[EnvironmentKind, typer.Argument(help="The environment.")]
Key = Annotated[str, typer.Argument(help="The variable's name.")]


@app.command(name="set")
def set_variable(context: typer.Context, slug: Slug, kind: Kind, key: Key) -> None:
    """Set a variable; its value is read from standard input, or asked for without echo."""
    value = typer.prompt(f"Value of {key}", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    store = services_of(context).store
    environment = get_environment(store, slug=slug, kind=kind)
    with store.transaction() as work:
        work.variables.set(environment.id, key, Secret(value))
    print(f"{key} is set for {slug}/{environment.slug}; the next deployment uses it.")


@app.command(name="rm")
def remove_variable(context: typer.Context, slug: Slug, kind: Kind, key: Key) -> None:
    """Remove a variable."""
    store = services_of(context).store
    environment = get_environment(store, slug=slug, kind=kind)
    with store.transaction() as work:
        work.variables.remove(environment.id, key)
    print(f"{key} is removed from {slug}/{environment.slug}.")


@app.command(name="list")
def list_variables(context: typer.Context, slug: Slug, kind: Kind, as_json: AsJson = False) -> None:
    """List the names of an environment's variables."""
    store = services_of(context).store
    environment = get_environment(store, slug=slug, kind=kind)
    with store.transaction() as work:
        keys = sorted(work.variables.reveal_all(environment.id))
    show_rows([{"name": key} for key in keys], ("name",), as_json=as_json, empty="No variables are set.")
