"""Deciding about a pull request: ask what it is like now, gather what routing needs, then route."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from domain.decisions import Decision, Ignore
from domain.environments import ConnectionState
from domain.identifiers import EnvironmentId
from domain.ports.forge import Forge
from domain.ports.store import Store, UnitOfWork
from domain.preview_routing import decide_pull_request as route
from domain.preview_routing import find_preview_key
from domain.pull_requests import PullRequest
from domain.reasons import Reason
from domain.source import FullName, RepositoryAddress
from domain.targets import Changes, PreviewTarget
from operations.changes import judge_changes
from operations.deciding import Comparison, compare_commits
from operations.repositories import locate_repository

ASKS_AGAIN: Final = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})
"""Actions that build once more what failed; a label, a new title or a sweep does not."""
_INACTIVE: Final = frozenset({Reason.SUSPENDED, Reason.ACCESS_LOST, Reason.ARCHIVED, Reason.PAUSED})


@dataclass(frozen=True, slots=True)
class PullRequestFacts:
    """What GitHub says about a pull request.

    Attributes:
        pull_request: as it is now; None when there is none.
        comparisons: for previews with ignored paths what the pull request's head changed there.
    """

    pull_request: PullRequest | None
    comparisons: Mapping[EnvironmentId, Comparison] = field(default_factory=dict)


def look_up_pull_request(store: Store, forge: Forge, address: RepositoryAddress, number: int) -> PullRequestFacts:
    """Ask GitHub what the pull request is like, and what it changed where the answer can matter.

    No request is made for a repository that no project is connected to.
    """
    with store.transaction() as work:
        connected = work.projects.list_connected(address.repository_id)
    pull_request = forge.find_pull_request(address, number) if connected else None
    if pull_request is None or not pull_request.is_open:
        return PullRequestFacts(pull_request)
    with store.transaction() as work:
        targets = _list_targets(work, address, pull_request)
    return PullRequestFacts(pull_request, _compare(forge, address, pull_request, targets))


def decide_pull_request(
    work: UnitOfWork, address: RepositoryAddress, facts: PullRequestFacts, *, again: bool
) -> tuple[Decision, ...]:
    """Return the decisions as the store stands inside this transaction.

    Args:
        work: the transaction.
        address: the repository the pull request wants to change.
        facts: what GitHub said.
        again: whether a commit that failed is tried again.
    """
    if facts.pull_request is None:
        connected = work.projects.list_connected(address.repository_id)
        return (Ignore(Reason.PULL_REQUEST_UNKNOWN if connected else Reason.NOT_CONNECTED),)
    targets = [_with_changes(target, facts) for target in _list_targets(work, address, facts.pull_request)]
    return route(facts.pull_request, address.repository_id, targets, again=again)


def remember_pull_request(
    work: UnitOfWork, address: RepositoryAddress, facts: PullRequestFacts, decisions: tuple[Decision, ...]
) -> None:
    """Keep what the pull request is like, now that it was decided about.

    One that could not be decided about, because the repository may not deploy, is left to the next sweep.
    """
    if facts.pull_request is None:
        return
    decided = any(not (isinstance(one, Ignore) and one.reason in _INACTIVE) for one in decisions)
    if decided or not facts.pull_request.is_open:
        work.pull_requests.remember(address.repository_id, facts.pull_request)


def explain_pull_request(store: Store, forge: Forge, *, name: FullName, number: int) -> tuple[Decision, ...]:
    """Return what the pull request would lead to now; nothing is deployed or stored.

    Raises:
        NotFound: `repository_not_accessible`, the App does not see the repository.
    """
    address, _ = locate_repository(forge, name)
    facts = look_up_pull_request(store, forge, address, number)
    with store.transaction() as work:
        return decide_pull_request(work, address, facts, again=True)


def _list_targets(work: UnitOfWork, address: RepositoryAddress, pull_request: PullRequest) -> tuple[PreviewTarget, ...]:
    return work.previews.list_targets(address.repository_id, pull_request, find_preview_key(pull_request))


def _compare(
    forge: Forge, address: RepositoryAddress, pull_request: PullRequest, targets: tuple[PreviewTarget, ...]
) -> dict[EnvironmentId, Comparison]:
    filtered = [
        (target, target.existing, target.current_sha)
        for target in targets
        if target.project.git.ignored_paths and target.is_alive and target.connection is ConnectionState.ACTIVE
    ]
    bases = [base for _, _, base in filtered if base is not None]
    paths = compare_commits(forge, address, bases, pull_request.head.sha)
    return {
        preview.id: (base, judge_changes(target.project.git.ignored_paths, paths[base]))
        for target, preview, base in filtered
        if preview is not None and base in paths
    }


def _with_changes(target: PreviewTarget, facts: PullRequestFacts) -> PreviewTarget:
    """Add what changed, unless another deployment became current since it was asked."""
    if target.existing is None:
        return target
    base, changes = facts.comparisons.get(target.existing.id, (None, Changes.UNKNOWN))
    return replace(target, changes=changes) if base == target.current_sha else target
