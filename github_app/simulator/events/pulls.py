"""`pull_request`: told to the installation on the base repository."""

from collections.abc import Mapping
from typing import Any

from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.envelope import tell
from github_app.simulator.parts import Parts
from github_app.simulator.pull_objects import write_full_pull
from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.state import Account


def tell_of_pull(
    parts: Parts,
    action: str,
    pull: PullRequest,
    more: Mapping[str, Any] | None = None,
    sender: Account | None = None,
) -> Delivery | None:
    """Deliver what happened to a pull request, with the fields this action has besides."""
    repository = parts.state.get_repository(pull.base.repository_id or 0)
    described = write_full_pull(parts, pull)
    content = {"action": action, "number": pull.number, "pull_request": described, **(more or {})}
    return tell(parts, "pull_request", repository, content, sender)
