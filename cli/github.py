"""`pushwright github`: the App, its installations, and the repositories they see."""

from typing import Annotated

import typer

from cli.output import AsJson, Row, show_fields, show_rows
from cli.services import CliServices, services_of
from domain.identifiers import InstallationId
from operations.installing import refresh_installation

app = typer.Typer(no_args_is_help=True, help="The GitHub App and its installations.")

Installation = Annotated[int, typer.Argument(min=1, help="The installation's number.")]


@app.command(name="app")
def show_app(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the GitHub App, or where to create it."""
    services = services_of(context)
    found = services.lookup.find()
    if found is None:
        _show_link(services.lookup.creation_url, as_json=as_json)
        return
    fields = {
        "app": found.app_id,
        "name": found.slug or None,
        "from": "settings" if services.lookup.is_set else "created from here",
        "install_it_at": f"{services.public_url}/github/install",
        "webhooks_go_to": f"{services.public_url}/webhooks/github",
        "people_can_sign_in": bool(found.client_id and found.client_secret.reveal()),
    }
    show_fields(fields, as_json=as_json)


@app.command()
def installations(context: typer.Context, as_json: AsJson = False) -> None:
    """List the installations of the App."""
    services = services_of(context)
    with services.store.transaction() as work:
        rows = [
            {
                "installation": known.id,
                "account": known.account.login if known.account else None,
                "kind": known.account.kind if known.account else None,
                "suspended": known.suspended_at is not None,
                "repositories": work.installations.count_repositories(known.id),
            }
            for known in work.installations.list_all()
        ]
    columns = ("installation", "account", "kind", "suspended", "repositories")
    show_rows(rows, columns, as_json=as_json, empty=_none_yet(services))


@app.command()
def repositories(
    context: typer.Context,
    installation: Installation,
    search: Annotated[str, typer.Option(help="Only those whose name contains this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, by name.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the repositories an installation sees."""
    known = InstallationId(installation)
    with services_of(context).store.transaction() as work:
        work.installations.get(known)
        found = work.installations.search_repositories(known, search.strip(), limit=limit)
    rows: list[Row] = [
        {
            "repository": one.repository.full_name,
            "id": one.repository.id,
            "default_branch": one.repository.default_branch,
            "private": one.repository.private,
            "projects": list(one.projects),
        }
        for one in found
    ]
    empty = "It sees no such repository: give the App access on GitHub, then pushwright github refresh."
    columns = ("repository", "id", "default_branch", "private", "projects")
    show_rows(rows, columns, as_json=as_json, empty=empty)


@app.command()
def refresh(context: typer.Context, installation: Installation) -> None:
    """Ask GitHub what an installation sees now."""
    services = services_of(context)
    refreshed = refresh_installation(services.store, services.forge, InstallationId(installation), services.clock.now())
    account = refreshed.installation.account.login if refreshed.installation.account else installation
    if refreshed.installation.suspended_at is not None:
        print(f"The installation on {account} is suspended: unsuspend it in the settings of {account} on GitHub.")
    else:
        print(f"The installation on {account} sees {refreshed.repositories} repositories.")


def _show_link(url: str, *, as_json: bool) -> None:
    if as_json:
        show_fields({"app": None, "create_it_at": url}, as_json=True)
        return
    # Not in a table, which would cut it to the width of the terminal.
    print("There is no GitHub App yet. While pushwright serve runs, open this link in a browser:")
    print(url)


def _none_yet(services: CliServices) -> str:
    return f"The App is not installed yet: open {services.public_url}/github/install in a browser."
