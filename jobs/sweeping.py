"""Sweep deliveries: events that GitHub did not tell us, found by comparing.

A sweep that finds a difference does not act on it. It stores a delivery of its own, which goes the way of GitHub's:
decided in order with the others about its subject, recorded, repeatable. The encoding is ours and small; the facts
are looked up again when the delivery is decided.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.errors import InvalidInput
from domain.events import (
    Account,
    InstallationChange,
    InstallationChanged,
    PullRequestChanged,
    PushReceived,
    RepositoryChange,
    RepositoryChanged,
)
from domain.identifiers import DeliveryId, InstallationId, RepositoryId
from domain.records import NewDelivery, StoredDelivery
from domain.source import (
    NO_COMMIT,
    BranchName,
    Commit,
    FullName,
    Repository,
    RepositoryAddress,
)

SWEEP: Final = "sweep"
"""The event name of these deliveries."""
SWEPT: Final = "swept"
"""The action of a pull request that a sweep found changed."""
_PREFIX: Final = "sweep-"


@dataclass(frozen=True, slots=True)
class SweepRequested:
    """Somebody asks that an installation's repositories be compared with GitHub."""

    installation_id: InstallationId


@dataclass(frozen=True, slots=True)
class SweptPush:
    """A branch was found where no push we know of had brought it.

    Attributes:
        first: whether it is met for the first time: connecting a repository or tracking a branch does not deploy.
    """

    address: RepositoryAddress
    repository: Repository
    ref: str
    head: Commit
    first: bool = False

    @property
    def push(self) -> PushReceived:
        """The push that must have happened; what was there before it is not known."""
        return PushReceived(self.address, self.repository, self.ref, NO_COMMIT, self.head.sha, head_commit=self.head)


Swept = SweptPush | PullRequestChanged | InstallationChanged | RepositoryChanged | SweepRequested


def is_sweep(delivery: StoredDelivery) -> bool:
    """Whether the delivery is one of ours: GitHub's ids are GUIDs, so nobody outside can make one."""
    return delivery.event_name == SWEEP and delivery.id.startswith(_PREFIX)


def make_delivery(event: Swept, now: datetime) -> NewDelivery:
    """Return a delivery, new each time, that `read_event` reads as the event."""
    subject, document = _encode(event)
    new_id = DeliveryId(f"{_PREFIX}{secrets.token_hex(16)}")
    return NewDelivery(new_id, SWEEP, subject, json.dumps(document).encode(), now)


def read_event(body: bytes) -> Swept:
    """Return the event of a delivery made here. Raises `InvalidInput` (`payload_invalid`)."""
    try:
        document = json.loads(body)
        return _READERS[document["kind"]](document)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("payload_invalid", "The sweep's own delivery cannot be read.") from error


def _encode(event: Swept) -> tuple[str, dict[str, object]]:
    match event:
        case SweptPush():
            head = {"sha": event.head.sha, "message": event.head.message, "author_name": event.head.author_name}
            document: dict[str, Any] = {"kind": "push", "ref": event.ref, "head": head, "first": event.first}
            return _about(event.repository, event.address.installation_id, document)
        case PullRequestChanged():
            document = {"kind": "pull_request", "number": event.number}
            return _about(event.repository, event.address.installation_id, document)
        case RepositoryChanged():
            document = {"kind": "repository", "change": event.change.value}
            return _about(event.repository, event.address.installation_id, document)
        case InstallationChanged():
            account = {"id": event.account.id, "login": event.account.login, "kind": event.account.kind}
            document = {"kind": "installation", "change": event.change.value, "account": account}
            return f"installation:{event.installation_id}", {**document, "installation": event.installation_id}
        case SweepRequested():
            wanted = event.installation_id
            return f"installation:{wanted}", {"kind": "sweep", "installation": wanted}


def _about(
    repository: Repository, installation_id: InstallationId, document: dict[str, Any]
) -> tuple[str, dict[str, object]]:
    facts = {
        "id": repository.id,
        "name": repository.full_name,
        "branch": repository.default_branch,
        "private": repository.private,
    }
    return f"repository:{repository.id}", {**document, "installation": installation_id, "repository": facts}


def _read_repository(document: dict[str, Any]) -> tuple[RepositoryAddress, Repository]:
    facts = document["repository"]
    repository = Repository(
        RepositoryId(facts["id"]), FullName(facts["name"]), BranchName(facts["branch"]), private=facts["private"]
    )
    return RepositoryAddress(InstallationId(document["installation"]), repository.id), repository


def _read_push(document: dict[str, Any]) -> SweptPush:
    return SweptPush(*_read_repository(document), document["ref"], Commit(**document["head"]), document["first"])


def _read_pull_request(document: dict[str, Any]) -> PullRequestChanged:
    return PullRequestChanged(*_read_repository(document), SWEPT, document["number"])


def _read_change(document: dict[str, Any]) -> RepositoryChanged:
    return RepositoryChanged(*_read_repository(document), RepositoryChange(document["change"]))


def _read_installation(document: dict[str, Any]) -> InstallationChanged:
    change = InstallationChange(document["change"])
    return InstallationChanged(InstallationId(document["installation"]), Account(**document["account"]), change)


def _read_request(document: dict[str, Any]) -> SweepRequested:
    return SweepRequested(InstallationId(document["installation"]))


_READERS: Final[dict[str, Callable[[dict[str, Any]], Swept]]] = {
    "push": _read_push,
    "pull_request": _read_pull_request,
    "repository": _read_change,
    "installation": _read_installation,
    "sweep": _read_request,
}
