"""`pushwright deliveries`: what GitHub sent, what was decided about it, and sending it through again."""

from typing import Annotated

import typer

from cli.explain import describe
from cli.output import AsJson, Value, age, show_rows
from cli.services import services_of
from domain.identifiers import DeliveryId
from domain.records import DeliveryRecord

app = typer.Typer(no_args_is_help=True, help="Webhook deliveries and the decisions made about them.")


@app.command(name="list")
def list_deliveries(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first, each with what was decided and why."""
    with services_of(context).store.transaction() as work:
        rows = [row for record in work.deliveries.list_recent(limit) for row in _rows(record)]
    columns = ("delivery", "event", "status", "age", "project", "environment", "outcome", "sentence")
    show_rows(rows, columns, as_json=as_json, empty="GitHub has not delivered anything yet.")


@app.command()
def replay(context: typer.Context, delivery: Annotated[str, typer.Argument(help="The delivery's GUID.")]) -> None:
    """Decide about a delivery once more: a failed commit is built again, a deployed one is not."""
    with services_of(context).store.transaction() as work:
        work.deliveries.replay(DeliveryId(delivery))
    print(f"{delivery} is decided about again; see pushwright deliveries list.")


def _rows(record: DeliveryRecord) -> list[dict[str, Value]]:
    row: dict[str, Value] = {
        "delivery": record.id,
        "event": record.event_name,
        "status": record.status,
        "age": age(record.received_at),
    }
    if not record.decisions:
        return [row | {"sentence": record.failure or None}]
    return [row | describe(decision) for decision in record.decisions]
