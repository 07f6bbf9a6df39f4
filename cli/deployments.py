"""`pushwright deployments`: what was deployed, how it went, and its log."""

import time
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from cli.output import AsJson, StepPrinter, Value, age, show_fields, show_rows
from cli.services import services_of
from domain.builds import Problem
from domain.deployments import Deployment
from domain.errors import NotFound
from domain.ports.store import Store, UnitOfWork

app = typer.Typer(no_args_is_help=True, help="Deployments and their logs.")

Reference = Annotated[str, typer.Argument(help="A deployment's short code or id, or a full commit id.")]
_POLL_SECONDS: Final = 0.3
_PATIENCE_SECONDS: Final = 30
_COLUMNS: Final = ("short_code", "version", "status", "project", "environment", "commit", "subject", "age")


@app.command(name="list")
def list_deployments(
    context: typer.Context,
    project: Annotated[str | None, typer.Option(help="Only this project's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List deployments, newest first."""
    with services_of(context).store.transaction() as work:
        project_id = work.projects.get_by_slug(project).id if project else None
        rows = [_row(work, deployment) for deployment in work.deployments.list_recent(project_id, limit)]
    show_rows(rows, _COLUMNS, as_json=as_json, empty="Nothing was deployed yet. Push to a tracked branch.")


@app.command()
def show(context: typer.Context, reference: Reference, as_json: AsJson = False) -> None:
    """Show one deployment."""
    with services_of(context).store.transaction() as work:
        deployment = work.deployments.get_by_reference(reference)
        row = _row(work, deployment)
        current = work.projects.get_environment(deployment.environment_id).current_deployment_id
        tasks = work.deployments.list_task_ids(deployment.id)
    fields = _details(deployment) | {"current": current == deployment.id, "tasks": list(tasks)}
    show_fields(row | fields, as_json=as_json)


@app.command()
def logs(
    context: typer.Context,
    reference: Reference,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more until the deployment ends.")] = False,
) -> None:
    """Print the build log."""
    store = services_of(context).store
    deployment = _await_deployment(store, reference) if follow else _read_deployment(store, reference)
    printer = StepPrinter()
    for line in _lines(store, deployment, follow=follow):
        printer.print(line)
    with store.transaction() as work:
        ended = work.deployments.get(deployment.id)
    if ended.is_final:
        print(f"{ended.status.value}: {ended.failure.sentence if ended.failure else ended.image}")


@app.command()
def cancel(
    context: typer.Context,
    reference: Reference,
    reason: Annotated[str, typer.Option(help="Why; at most 200 characters.")] = "Canceled from the command line.",
) -> None:
    """Cancel a deployment that has not ended; its build is stopped."""
    services = services_of(context)
    with services.store.transaction() as work:
        deployment = work.deployments.get_by_reference(reference)
        work.deployments.cancel(deployment.id, reason[:200], services.clock.now())
    print(f"{deployment.short_code} is canceled.")


@app.command()
def promote(context: typer.Context, reference: Reference) -> None:
    """Make a DEPLOYED deployment current again: roll back, or forward."""
    services = services_of(context)
    with services.store.transaction() as work:
        deployment = work.deployments.get_by_reference(reference)
        work.deployments.promote_again(deployment.id, services.clock.now())
    print(f"{deployment.short_code} (version {deployment.version}) is current.")


def _details(deployment: Deployment) -> dict[str, Value]:
    """Return what only the page of one deployment shows."""
    pull_request, failure = deployment.pull_request, deployment.failure
    return {
        "id": deployment.id,
        "image": deployment.image,
        "image_of": str(deployment.image_of) if deployment.image_of else None,
        "ref": deployment.ref,
        "author": deployment.commit.author_name,
        "triggered_by": deployment.triggered_by.login,
        "pull_request": pull_request.number if pull_request else None,
        "pull_request_title": pull_request.title if pull_request else None,
        "trusted": pull_request.trusted if pull_request else True,
        "held": deployment.held,
        "failure_code": failure.code if failure else None,
        "failure": failure.sentence if failure else None,
        "problems": [_problem_line(problem) for problem in failure.problems] if failure else [],
    }


def _problem_line(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return f"{place}: {problem.message}"


def _read_deployment(store: Store, reference: str) -> Deployment:
    with store.transaction() as work:
        return work.deployments.get_by_reference(reference)


def _await_deployment(store: Store, reference: str) -> Deployment:
    """Return the deployment, waiting a while for one whose push was made just now."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return _read_deployment(store, reference)
        except NotFound:
            if time.monotonic() > give_up_at:
                raise
        time.sleep(_POLL_SECONDS)


def _lines(store: Store, deployment: Deployment, *, follow: bool) -> Iterator[tuple[str, str, str]]:
    offset = 0
    while True:
        with store.transaction() as work:
            ended = work.deployments.get(deployment.id).is_final
            chunks = work.deployments.read_log(deployment.id, offset)
        for chunk in chunks:
            yield from chunk.lines
            offset = chunk.offset + len(chunk.lines)
        if not follow or (ended and not chunks):
            return
        time.sleep(_POLL_SECONDS)


def _row(work: UnitOfWork, deployment: Deployment) -> dict[str, Value]:
    return {
        "short_code": deployment.short_code,
        "version": str(deployment.version),
        "status": deployment.status.value,
        "project": work.projects.get(deployment.project_id).slug,
        "environment": work.projects.get_environment(deployment.environment_id).slug,
        "commit": deployment.commit.sha[:7],
        "sha": deployment.commit.sha,
        "subject": deployment.commit.subject[:60],
        "age": age(deployment.created_at),
    }
