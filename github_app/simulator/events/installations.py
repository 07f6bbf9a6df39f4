"""`installation` and `installation_repositories`, which every App hears."""

from collections.abc import Iterable
from typing import Any

from github_app.simulator.deliveries import Delivery
from github_app.simulator.objects import node_id
from github_app.simulator.parts import Parts
from github_app.simulator.state import HostedRepository, Installation


def tell_of_installation(
    parts: Parts, action: str, installation: Installation, repositories: Iterable[HostedRepository] = ()
) -> Delivery:
    """Deliver `created`, `deleted`, `suspend` or `unsuspend`, also to whoever is suspended."""
    content: dict[str, Any] = {
        "action": action,
        "installation": parts.writer.installation(installation),
        "repositories": _list_brief(repositories),
        "sender": parts.writer.account(parts.actor()),
    }
    if action == "created":
        content["requester"] = None
    return parts.courier.deliver("installation", content)


def tell_of_access(
    parts: Parts, action: str, installation: Installation, repositories: Iterable[HostedRepository]
) -> Delivery | None:
    """Deliver `added` or `removed`; nothing when there is nothing to tell."""
    listed = _list_brief(repositories)
    if not listed:
        return None
    described = parts.writer.installation(installation)
    content = {
        "action": action,
        "installation": described,
        "repository_selection": described["repository_selection"],
        "repositories_added": listed if action == "added" else [],
        "repositories_removed": listed if action == "removed" else [],
        "requester": None,
        "sender": parts.writer.account(parts.actor()),
    }
    return parts.courier.deliver("installation_repositories", content)


def _list_brief(repositories: Iterable[HostedRepository]) -> list[dict[str, Any]]:
    return [
        {
            "id": repository.id,
            "node_id": node_id("Repository", repository.id),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
        }
        for repository in repositories
    ]
