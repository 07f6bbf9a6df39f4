"""The command line, put together."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import deliveries, deployments, github, previews, project, variables
from cli.build import build
from cli.exit_codes import exit_code_of
from cli.explain import explain
from cli.services import Programs, SimulatorOptions, programs_of
from domain.errors import ServiceError


def build_app(programs: Programs) -> typer.Typer:
    """Return the command line; what it starts and uses comes in `programs`."""
    app = typer.Typer(
        name="pushwright",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Turns a git push into a running-ready container image.",
    )

    @app.callback()
    def _prepare(context: typer.Context) -> None:
        context.obj = programs

    for command in (serve, worker, migrate, simulate_github, explain, build):
        app.command()(command)
    app.add_typer(github.app, name="github")
    app.add_typer(project.app, name="project")
    app.add_typer(variables.app, name="env")
    app.add_typer(previews.app, name="previews")
    app.add_typer(deployments.app, name="deployments")
    app.add_typer(deliveries.app, name="deliveries")
    return app


def run(programs: Programs) -> None:
    """Run the command named in the arguments; an error is one sentence on standard error and an exit code."""
    try:
        build_app(programs)()
    except ServiceError as error:
        print(f"pushwright: {error.sentence} [{error.code}]", file=sys.stderr)
        sys.exit(exit_code_of(error))


def serve(
    context: typer.Context,
    with_worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Work in this process too.")] = True,
) -> None:
    """Answer HTTP and work, in one process."""
    programs_of(context).serve(with_worker)


def worker(context: typer.Context) -> None:
    """Work without answering HTTP: one more process on the same database."""
    programs_of(context).work()


def migrate(context: typer.Context) -> None:
    """Bring the database to this version's tables; serve does so too."""
    programs_of(context).migrate()
    print("The database is up to date.")


def simulate_github(
    context: typer.Context,
    root: Annotated[Path, typer.Option(help="Directory of its repositories.")] = Path(".pushwright/simulator"),
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8788,
    webhook_url: Annotated[
        str, typer.Option(help="Where deliveries are sent.")
    ] = "http://127.0.0.1:8787/webhooks/github",
) -> None:
    """Be GitHub on this machine: API, git over HTTP, signed deliveries, and a page of what it was told."""
    programs_of(context).simulate(SimulatorOptions(root, port, webhook_url, print))
