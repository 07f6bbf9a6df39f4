"""`pushwright explain`: what would a push of this commit to this ref lead to, and why?"""

from typing import Annotated

import typer

from cli.output import AsJson, show_rows
from cli.services import services_of
from domain.ports.store import UnitOfWork
from domain.routing import Decision, Ignore, PromoteDeployment, StartDeployment
from domain.source import parse_commit_sha, parse_full_name
from operations.deciding import explain_push


def explain(
    context: typer.Context,
    repo: Annotated[str, typer.Option(help="owner/name on GitHub.")],
    ref: Annotated[str, typer.Option(help="A branch name or a full ref.")],
    sha: Annotated[str, typer.Option(help="The full commit id.")],
    as_json: AsJson = False,
) -> None:
    """Say what a push would lead to and why, without deploying."""
    services = services_of(context)
    full_ref = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    decisions = explain_push(
        services.store, services.forge, name=parse_full_name(repo), ref=full_ref, sha=parse_commit_sha(sha)
    )
    with services.store.transaction() as work:
        rows = [_row(work, decision) for decision in decisions]
    show_rows(rows, ("project", "environment", "outcome", "reason", "sentence", "hint"), as_json=as_json, empty="")


def _row(work: UnitOfWork, decision: Decision) -> dict[str, str | None]:
    project = work.projects.get(decision.project_id).slug if decision.project_id else None
    environment = work.projects.get_environment(decision.environment_id).slug if decision.environment_id else None
    row: dict[str, str | None] = {"project": project, "environment": environment}
    match decision:
        case StartDeployment():
            return row | {"outcome": "start", "reason": "push", "sentence": "It is deployed.", "hint": None}
        case PromoteDeployment():
            sentence = "It was built before: that deployment becomes current again."
            return row | {"outcome": "promote", "reason": "already_built", "sentence": sentence, "hint": None}
        case Ignore():
            return row | {
                "outcome": "ignore",
                "reason": decision.reason.value,
                "sentence": decision.sentence,
                "hint": decision.hint,
            }
