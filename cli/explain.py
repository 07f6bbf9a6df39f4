"""`pushwright explain`: what would a push or a pull request lead to, and why?"""

from typing import Annotated

import typer

from cli.output import AsJson, Value, show_rows
from cli.services import services_of
from domain.records import DecisionRecord
from operations.explaining import Question
from operations.explaining import explain as explain_question


def explain(
    context: typer.Context,
    repo: Annotated[str, typer.Option(help="owner/name on GitHub.")],
    ref: Annotated[str | None, typer.Option(help="Of a push: a branch name or a full ref.")] = None,
    sha: Annotated[str | None, typer.Option(help="Of a push: the full commit id.")] = None,
    pull_request: Annotated[int | None, typer.Option(min=1, help="A pull request's number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a push or a pull request would lead to and why, without deploying."""
    services = services_of(context)
    records = explain_question(services.store, services.forge, Question(repo, ref, sha, pull_request))
    rows = [describe(record) for record in records]
    columns = ("project", "environment", "outcome", "reason", "sentence", "hint")
    show_rows(rows, columns, as_json=as_json, empty="Nothing would be decided.")


def describe(record: DecisionRecord) -> dict[str, Value]:
    """Return a decision as a row."""
    return {
        "project": record.project_slug,
        "environment": record.environment_slug,
        "outcome": record.outcome,
        "reason": record.reason or None,
        "sentence": record.sentence,
        "hint": record.hint or None,
        "deployment": record.deployment_id,
    }
