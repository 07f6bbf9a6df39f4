"""Deciding about a push: gather what routing needs, then route.

Used by the delivery job, which acts on the answer, and by `explain`, which only shows it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.decisions import Decision
from domain.environments import ConnectionState
from domain.events import PushReceived
from domain.identifiers import EnvironmentId
from domain.ports.forge import Forge
from domain.ports.store import Store, UnitOfWork
from domain.records import DecidedHead
from domain.routing import comes_back, decide, moves_on, tracking
from domain.source import (
    NO_COMMIT,
    BranchName,
    Commit,
    CommitSha,
    FullName,
    RepositoryAddress,
    find_branch_name,
)
from domain.targets import Changes, Target
from operations.changes import judge_changes
from operations.repositories import locate_repository

Comparison = tuple[CommitSha, Changes]
"""What changed since which commit."""


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What GitHub says about a push.

    Attributes:
        head: what the branch points to now, None when it is gone.
        tracked: the pushed branch, when an environment that may deploy tracks it.
        comparisons: for environments with ignored paths what the push changed there.
    """

    head: CommitSha | None
    tracked: BranchName | None = None
    comparisons: Mapping[EnvironmentId, Comparison] = field(default_factory=dict)


def look_up_push(store: Store, forge: Forge, event: PushReceived) -> PushFacts:
    """Ask GitHub for the branch's head and for what changed, where the answers can matter.

    An event is a hint: between the push and now the branch may have moved. No request is made for a push that no
    environment tracks.
    """
    with store.transaction() as work:
        targets = work.projects.list_targets(event.address, (event.after,))
    active = [one for one in tracking(event, targets) if one.connection is ConnectionState.ACTIVE]
    branch = None if event.deletes_ref or not active else find_branch_name(event.ref)
    if branch is None:
        return PushFacts(event.after)
    head = forge.find_branch_head(event.address, branch)
    return PushFacts(head, branch, {} if head is None else _compare(forge, event, active))


def decide_push(work: UnitOfWork, event: PushReceived, facts: PushFacts) -> tuple[Decision, ...]:
    """Return the decisions about `event` as the store stands inside this transaction."""
    return decide(event, _list_targets(work, event, facts), facts.head, _find_decided(work, event, facts))


def settle_push(work: UnitOfWork, event: PushReceived, facts: PushFacts) -> tuple[Decision, ...]:
    """Return the decisions about `event`, to be acted on, and keep where it brought the branch.

    A late push does not set the branch back.
    """
    targets, decided = _list_targets(work, event, facts), _find_decided(work, event, facts)
    if facts.tracked is not None and facts.head is not None and moves_on(event, facts.head, decided):
        head = DecidedHead(event.after, revisited=comes_back(event, decided, targets))
        work.projects.remember_head(event.address.repository_id, facts.tracked, head)
    return decide(event, targets, facts.head, decided)


def explain_push(store: Store, forge: Forge, *, name: FullName, ref: str, sha: CommitSha) -> tuple[Decision, ...]:
    """Return what a push of `sha` to `ref` would lead to now; nothing is deployed or stored.

    Raises:
        NotFound: `repository_not_accessible`, the App does not see the repository.
    """
    address, repository = locate_repository(forge, name)
    event = PushReceived(
        address=address,
        repository=repository,
        ref=ref,
        before=NO_COMMIT,
        after=sha,
        head_commit=Commit(sha),
    )
    facts = look_up_push(store, forge, event)
    with store.transaction() as work:
        return decide_push(work, event, facts)


def compare_commits(
    forge: Forge, address: RepositoryAddress, bases: Iterable[CommitSha], head: CommitSha
) -> dict[CommitSha, tuple[str, ...] | None]:
    """Return what changed between each of the bases and the head, asking once for each."""
    return {base: forge.list_changed_paths(address, base, head) for base in dict.fromkeys(bases) if base != head}


def _compare(forge: Forge, event: PushReceived, targets: Iterable[Target]) -> dict[EnvironmentId, Comparison]:
    filtered = [(one, one.current_sha) for one in targets if one.project.git.ignored_paths]
    paths = compare_commits(forge, event.address, (base for _, base in filtered if base), event.after)
    return {
        target.environment.id: (base, judge_changes(target.project.git.ignored_paths, paths[base]))
        for target, base in filtered
        if base in paths
    }


def _with_changes(target: Target, facts: PushFacts) -> Target:
    """Add what changed, unless another deployment became current since it was asked."""
    base, changes = facts.comparisons.get(target.environment.id, (None, Changes.UNKNOWN))
    return replace(target, changes=changes) if base == target.current_sha else target


def _list_targets(work: UnitOfWork, event: PushReceived, facts: PushFacts) -> tuple[Target, ...]:
    shas = tuple(dict.fromkeys(sha for sha in (event.after, facts.head) if sha))
    return tuple(_with_changes(target, facts) for target in work.projects.list_targets(event.address, shas))


def _find_decided(work: UnitOfWork, event: PushReceived, facts: PushFacts) -> DecidedHead | None:
    return None if facts.tracked is None else work.projects.find_head(event.address.repository_id, facts.tracked)
