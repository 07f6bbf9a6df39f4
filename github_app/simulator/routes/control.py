"""What only a simulator has: arranging things, making it misbehave, reading everything it knows."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from github_app.simulator.faults import Fault, FaultKind, FaultTarget
from github_app.simulator.journal import Exchange
from github_app.simulator.refusals import Refused
from github_app.simulator.reports import ReportKind
from github_app.simulator.routes.access import Simulated
from github_app.simulator.routes.hook_deliveries import describe_attempt

router = APIRouter(prefix="/_simulator")
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$")]

Silent = Annotated[bool, Query()]


class NewRepository(BaseModel):
    """A repository to host."""

    owner: Login
    name: Name
    private: bool = True
    default_branch: Annotated[str, Field(min_length=1)] = "main"


class NewInstallation(BaseModel):
    """An installation of the App; `repository_ids` null for all of the account's repositories."""

    account: Login
    repository_ids: list[int] | None = None
    permissions: dict[str, str] | None = None


class NewAccess(BaseModel):
    """What an installation sees: these repositories, or all when null."""

    repository_ids: list[int] | None


class RepositoryChange(BaseModel):
    """What to change: another owner transfers, another name renames; what is not named stays."""

    owner: Login | None = None
    name: Name | None = None
    private: bool | None = None
    archived: bool | None = None
    default_branch: Annotated[str, Field(min_length=1)] | None = None


class NewDelivery(BaseModel):
    """An event to deliver, signed like any other."""

    event: Annotated[str, Field(min_length=1)]
    payload: dict[str, Any]


class NewFault(BaseModel):
    """Which of the next calls fail, and how."""

    kind: FaultKind
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    target: FaultTarget = FaultTarget.API
    path_part: str = ""
    retry_after_seconds: Annotated[int, Field(ge=0)] = 1


class NewReceiver(BaseModel):
    """Where deliveries go from now on."""

    url: str
    secret: str | None = None


@router.get("/state")
def show_state(simulation: Simulated) -> dict[str, Any]:
    """Everything: what is hosted, what was delivered, what was told, what was asked."""
    told = {
        kind.value: [{"repository": r.repository.full_name, **r.content} for r in simulation.reports.list_reports(kind)]
        for kind in ReportKind
    }
    return {
        **simulation.describe(),
        **told,
        "deliveries": [describe_attempt(delivery) for delivery in simulation.courier.list_attempts()],
        "requests": [describe_exchange(exchange) for exchange in simulation.journal.list_exchanges()],
    }


@router.post("/repositories", status_code=201)
def create_repository(simulation: Simulated, wanted: NewRepository, *, silent: Silent = False) -> dict[str, Any]:
    """Host an empty repository."""
    if simulation.state.find_repository(wanted.owner, wanted.name):
        raise Refused(422, f"The repository {wanted.owner}/{wanted.name} exists already: choose another name.")
    repository = simulation.create_repository(**wanted.model_dump(), silent=silent)
    return simulation.writer.repository(repository)


@router.patch("/repositories/{repository_id}")
def change_repository(
    simulation: Simulated, repository_id: int, change: RepositoryChange, *, silent: Silent = False
) -> dict[str, Any]:
    """Rename, transfer, archive, make private or public, choose the default branch."""
    said = change.model_dump(include={"private", "archived", "default_branch"}, exclude_none=True)
    repository = simulation.change_repository(repository_id, silent=silent, **said)
    if change.owner or change.name:
        repository = simulation.move_repository(repository_id, owner=change.owner, name=change.name, silent=silent)
    return simulation.writer.repository(repository)


@router.delete("/repositories/{repository_id}", status_code=204)
def delete_repository(simulation: Simulated, repository_id: int, *, silent: Silent = False) -> Response:
    """Delete."""
    simulation.delete_repository(repository_id, silent=silent)
    return Response(status_code=204)


@router.post("/repositories/{repository_id}/recreate", status_code=201)
def recreate_repository(simulation: Simulated, repository_id: int, *, silent: Silent = False) -> dict[str, Any]:
    """Delete and make an empty one of the same name."""
    return simulation.writer.repository(simulation.recreate_repository(repository_id, silent=silent))


@router.post("/installations", status_code=201)
def install(simulation: Simulated, wanted: NewInstallation, *, silent: Silent = False) -> dict[str, Any]:
    """Install the App."""
    installation = simulation.install(wanted.account, wanted.repository_ids, wanted.permissions, silent=silent)
    return simulation.writer.installation(installation)


@router.put("/installations/{installation_id}/suspended")
def suspend(simulation: Simulated, installation_id: int, *, silent: Silent = False) -> dict[str, Any]:
    """Suspend."""
    return simulation.writer.installation(simulation.suspend(installation_id, silent=silent))


@router.delete("/installations/{installation_id}/suspended")
def unsuspend(simulation: Simulated, installation_id: int, *, silent: Silent = False) -> dict[str, Any]:
    """End a suspension."""
    return simulation.writer.installation(simulation.suspend(installation_id, suspended=False, silent=silent))


@router.put("/installations/{installation_id}/repositories")
def change_access(
    simulation: Simulated, installation_id: int, access: NewAccess, *, silent: Silent = False
) -> dict[str, Any]:
    """Choose which repositories the installation sees."""
    changed = simulation.change_access(installation_id, access.repository_ids, silent=silent)
    return simulation.writer.installation(changed)


@router.delete("/installations/{installation_id}", status_code=204)
def uninstall(simulation: Simulated, installation_id: int, *, silent: Silent = False) -> Response:
    """Uninstall."""
    simulation.uninstall(installation_id, silent=silent)
    return Response(status_code=204)


@router.post("/tokens/expire", status_code=204)
def expire_tokens(simulation: Simulated) -> Response:
    """Let all installation tokens expire now."""
    simulation.tokens.expire_all()
    return Response(status_code=204)


@router.post("/deliveries", status_code=202)
def deliver(simulation: Simulated, wanted: NewDelivery) -> dict[str, Any]:
    """Deliver any event."""
    delivery = simulation.courier.deliver(wanted.event, wanted.payload)
    return {"id": delivery.id, "guid": delivery.guid}


@router.put("/receiver", status_code=204)
def change_receiver(simulation: Simulated, receiver: NewReceiver) -> Response:
    """Send deliveries elsewhere."""
    simulation.courier.hook.url = receiver.url
    simulation.courier.hook.active = True
    if receiver.secret is not None:
        simulation.courier.hook.secret = receiver.secret
    return Response(status_code=204)


@router.post("/faults", status_code=204)
def plan_fault(simulation: Simulated, wanted: NewFault) -> Response:
    """Let the next calls fail."""
    simulation.faults.add(Fault(**wanted.model_dump()))
    return Response(status_code=204)


@router.delete("/faults", status_code=204)
def clear_faults(simulation: Simulated) -> Response:
    """Behave again."""
    simulation.faults.clear()
    return Response(status_code=204)


def describe_exchange(exchange: Exchange) -> dict[str, Any]:
    """Return an exchange with its bodies as values."""
    shown = asdict(exchange)
    bodies = {"request_body": exchange.request_json, "response_body": exchange.response_json}
    return {**shown, **bodies}
