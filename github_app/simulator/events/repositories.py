"""`repository`: created, deleted, renamed, transferred, edited, archived and the like."""

from collections.abc import Mapping
from typing import Any

from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.envelope import tell, tell_installation
from github_app.simulator.parts import Parts
from github_app.simulator.state import Account, HostedRepository, Installation


def tell_of_repository(
    parts: Parts, action: str, repository: HostedRepository, changes: Mapping[str, Any] | None = None
) -> Delivery | None:
    """Deliver what happened to a repository; `changes` is what was before."""
    return tell(parts, "repository", repository, _content(action, changes))


def tell_of_deletion(parts: Parts, repository: HostedRepository, installation: Installation | None) -> Delivery | None:
    """Deliver `deleted` to the installation that saw the repository."""
    if installation is None:
        return None
    return tell_installation(parts, installation, "repository", repository, _content("deleted", None))


def describe_rename(name: str) -> dict[str, Any]:
    """Return the changes of `renamed`."""
    return {"repository": {"name": {"from": name}}}


def describe_transfer(parts: Parts, owner: Account) -> dict[str, Any]:
    """Return the changes of `transferred`."""
    if owner.kind == "Organization":
        return {"owner": {"from": {"organization": parts.writer.organization(owner)}}}
    return {"owner": {"from": {"user": parts.writer.account(owner)}}}


def _content(action: str, changes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"action": action} if changes is None else {"action": action, "changes": dict(changes)}
