"""What every event has around it: the repository, its organisation, who did it, the installation that hears it."""

from collections.abc import Mapping
from typing import Any

from github_app.simulator.deliveries import Delivery
from github_app.simulator.objects import node_id
from github_app.simulator.parts import Parts
from github_app.simulator.state import Account, HostedRepository, Installation


def tell(
    parts: Parts, event: str, repository: HostedRepository, content: Mapping[str, Any], sender: Account | None = None
) -> Delivery | None:
    """Deliver an event about a repository to the installation on it, if there is one that hears it."""
    installation = parts.state.find_installation_on(repository)
    if installation is None:
        return None
    return tell_installation(parts, installation, event, repository, {**content, **_sender(parts, sender)})


def tell_installation(
    parts: Parts, installation: Installation, event: str, repository: HostedRepository, content: Mapping[str, Any]
) -> Delivery | None:
    """Deliver an event about a repository to this installation, unless it is suspended or does not subscribe."""
    if installation.suspended_at or not parts.app.hears(event, installation.permissions):
        return None
    payload = {
        **_sender(parts, None),
        **content,
        "repository": {**parts.writer.repository(repository), "custom_properties": {}},
        **describe_organization(parts, repository.owner),
        "installation": describe_reference(installation),
    }
    return parts.courier.deliver(event, payload)


def describe_organization(parts: Parts, owner: Account) -> dict[str, Any]:
    """Return the field `organization`, nothing when the owner is a person."""
    return {"organization": parts.writer.organization(owner)} if owner.kind == "Organization" else {}


def describe_reference(installation: Installation) -> dict[str, Any]:
    """Return the installation as events about something else name it."""
    return {"id": installation.id, "node_id": node_id("IntegrationInstallation", installation.id)}


def _sender(parts: Parts, account: Account | None) -> dict[str, Any]:
    return {"sender": parts.writer.account(account or parts.actor())}
