"""Arranging what people do on GitHub's pages: pull requests, checks, forks."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from github_app.simulator.deliveries import Delivery
from github_app.simulator.pull_objects import write_full_pull
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.control import Login, Name, Silent

router = APIRouter(prefix="/_simulator")
Text = Annotated[str, Field(min_length=1)]


class NewPull(BaseModel):
    """A pull request to open; the author is who is signed in, or else the developer."""

    head: Text
    base: Text = "main"
    title: str | None = None
    body: str | None = None
    draft: bool = False
    author: Login | None = None
    head_repository_id: int | None = None


class PullChange(BaseModel):
    """What to change of a pull request; what is not named stays."""

    title: Text | None = None
    body: str | None = None
    base: Text | None = None
    draft: bool | None = None
    state: Literal["open", "closed"] | None = None
    labels: list[Text] | None = None


class NewFork(BaseModel):
    """Where a fork goes."""

    owner: Login
    name: Name | None = None


class PressedAction(BaseModel):
    """Which of a check run's buttons is pressed, and by whom."""

    identifier: Text
    sender: Login | None = None


class Presser(BaseModel):
    """Who asks for a check again: who is signed in unless somebody is named."""

    sender: Login | None = None


@router.post("/repositories/{repository_id}/fork", status_code=201)
def fork(simulation: Simulated, repository_id: int, wanted: NewFork, *, silent: Silent = False) -> dict[str, Any]:
    """Fork a repository."""
    made = simulation.fork_repository(repository_id, wanted.owner, wanted.name, silent=silent)
    return simulation.writer.repository(made)


@router.post("/repositories/{repository_id}/pulls", status_code=201)
def open_pull(simulation: Simulated, repository_id: int, wanted: NewPull, *, silent: Silent = False) -> dict[str, Any]:
    """Open a pull request."""
    said = wanted.model_dump(exclude={"head", "base"}, exclude_none=True)
    pull = simulation.pulls.open(repository_id, wanted.head, wanted.base, silent=silent, **said)
    return write_full_pull(simulation, pull)


@router.get("/repositories/{repository_id}/pulls/{number}")
def show_pull(simulation: Simulated, repository_id: int, number: int) -> dict[str, Any]:
    """One pull request."""
    return write_full_pull(simulation, simulation.state.get_pull(repository_id, number))


@router.patch("/repositories/{repository_id}/pulls/{number}")
def change_pull(
    simulation: Simulated, repository_id: int, number: int, change: PullChange, *, silent: Silent = False
) -> dict[str, Any]:
    """Change a pull request."""
    said = change.model_dump(exclude_unset=True)
    return write_full_pull(simulation, simulation.pulls.change(repository_id, number, silent=silent, **said))


@router.post("/repositories/{repository_id}/pulls/{number}/merge")
def merge_pull(simulation: Simulated, repository_id: int, number: int, *, silent: Silent = False) -> dict[str, Any]:
    """Merge a pull request."""
    pull = simulation.pulls.merge(repository_id, number, silent=silent)
    return write_full_pull(simulation, pull)


@router.post("/check-runs/{check_run_id}/rerequest", status_code=202)
def rerequest_run(simulation: Simulated, check_run_id: int, presser: Presser | None = None) -> dict[str, Any]:
    """Ask for one check again."""
    return describe_told(simulation.buttons.rerequest_run(check_run_id, sender=presser.sender if presser else None))


@router.post("/check-runs/{check_run_id}/action", status_code=202)
def press_action(simulation: Simulated, check_run_id: int, pressed: PressedAction) -> dict[str, Any]:
    """Press one of a check run's buttons."""
    return describe_told(simulation.buttons.press(check_run_id, pressed.identifier, sender=pressed.sender))


@router.post("/check-suites/{sha}/rerequest", status_code=202)
def rerequest_suite(
    simulation: Simulated, sha: str, presser: Presser | None = None, repository_id: int | None = None
) -> dict[str, Any]:
    """Ask for all checks of a commit again."""
    return describe_told(
        simulation.buttons.rerequest_suite(sha, repository_id=repository_id, sender=presser.sender if presser else None)
    )


def describe_told(delivery: Delivery | None) -> dict[str, Any]:
    """Return which delivery an arrangement made, nulls when nobody hears it."""
    return {"id": delivery and delivery.id, "guid": delivery and delivery.guid}
