"""Deciding about a push: gather what routing needs, then route.

Used by the delivery job, which acts on the answer, and by `explain`, which only shows it.
"""

from dataclasses import dataclass

from domain.environments import ConnectionState
from domain.errors import NotFound
from domain.events import PushReceived
from domain.ports.forge import Forge
from domain.ports.store import Store, UnitOfWork
from domain.routing import Decision, Target, decide, tracking
from domain.source import (
    NO_COMMIT,
    Commit,
    CommitSha,
    FullName,
    RepositoryAddress,
    find_branch_name,
)


@dataclass(frozen=True, slots=True)
class BranchHead:
    """What GitHub says the pushed branch points to; `sha` is None when it is gone."""

    sha: CommitSha | None


def look_up_branch_head(store: Store, forge: Forge, event: PushReceived) -> BranchHead:
    """Ask GitHub for the branch's head, where the answer can matter.

    An event is a hint: between the push and now the branch may have moved. No request is made for a push that no
    environment tracks.
    """
    with store.transaction() as work:
        targets = work.projects.list_targets(event.address, (event.after,))
    active = [t for t in tracking(event, targets) if t.connection is ConnectionState.ACTIVE]
    branch = None if event.deletes_ref or not active else find_branch_name(event.ref)
    if branch is None:
        return BranchHead(event.after)
    return BranchHead(forge.find_branch_head(event.address, branch))


def decide_push(work: UnitOfWork, event: PushReceived, head: BranchHead) -> tuple[Decision, ...]:
    """Return the decisions about `event` as the store stands inside this transaction."""
    return decide(event, gather_targets(work, event, head), head.sha)


def gather_targets(work: UnitOfWork, event: PushReceived, head: BranchHead) -> tuple[Target, ...]:
    """Return every environment the push could concern, with the deployments that matter for it."""
    shas = tuple(dict.fromkeys(sha for sha in (event.after, head.sha) if sha))
    return work.projects.list_targets(event.address, shas)


def explain_push(store: Store, forge: Forge, *, name: FullName, ref: str, sha: CommitSha) -> tuple[Decision, ...]:
    """Return what a push of `sha` to `ref` would lead to now; nothing is deployed or stored.

    Raises:
        NotFound: `repository_not_accessible`, the App does not see the repository.
    """
    found = forge.find_repository(name)
    if found is None:
        raise NotFound(
            "repository_not_accessible",
            f"The GitHub App does not see {name}: check the spelling, and that the App is installed with access to it.",
        )
    installation_id, repository = found
    address = RepositoryAddress(installation_id, repository.id)
    event = PushReceived(
        address=address,
        repository=repository,
        ref=ref,
        before=NO_COMMIT,
        after=sha,
        head_commit=Commit(sha),
    )
    head = look_up_branch_head(store, forge, event)
    with store.transaction() as work:
        return decide_push(work, event, head)
