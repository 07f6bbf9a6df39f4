"""What follows from a push: the `push` events, then what it did to pull requests."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from github_app.simulator.deliveries import Delivery
from github_app.simulator.events.pulls import tell_of_pull
from github_app.simulator.events.pushes import tell_of_push
from github_app.simulator.parts import DEVELOPER, Parts
from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.push_events import NO_OBJECT, RefChange, compare_refs
from github_app.simulator.state import Account, HostedRepository, now

_BRANCH: Final = "refs/heads/"


def accept_push(
    parts: Parts, repository_id: int, before: Mapping[str, str], pusher: Account | None = None
) -> tuple[Delivery, ...]:
    """Deliver one `push` event per ref that differs from `before`, then what became of the pull requests."""
    pusher = pusher or parts.state.account(DEVELOPER, "User")
    changes = compare_refs(before, parts.git.list_refs(repository_id))
    if not changes:
        return ()
    repository = parts.state.record_push(repository_id)
    told = tell_of_push(parts, repository, before, changes, pusher)
    follow_branches(parts, repository, changes, pusher)
    parts.save()
    return told


def follow_branches(
    parts: Parts, repository: HostedRepository, changes: tuple[RefChange, ...], pusher: Account
) -> None:
    """Bring every open pull request up to what was pushed to its branches."""
    branches = {c.ref.removeprefix(_BRANCH): c for c in changes if c.ref.startswith(_BRANCH)}
    with parts.pull_lock:
        for pull in [pull for pull in tuple(parts.state.pulls.values()) if pull.is_open]:
            head, base = pull.head, pull.base
            if base.repository_id == repository.id and base.ref in branches:
                _follow_base(parts, pull, branches[base.ref], pusher)
            elif head.repository_id == repository.id and head.ref in branches:
                _follow_head(parts, pull, branches[head.ref], pusher)


def refresh_head(parts: Parts, pull: PullRequest, sha: str) -> PullRequest:
    """Let `refs/pull/N/head` lead to the commit, which is copied from the fork if there is one."""
    base_id, head_id = pull.base.repository_id or 0, pull.head.repository_id or 0
    if base_id != head_id:
        parts.git.copy_objects(head_id, base_id, (sha,))
    parts.git.set_ref(base_id, pull.ref, sha)
    tip = parts.git.find_ref(base_id, f"{_BRANCH}{pull.base.ref}") or pull.base.sha
    return replace(pull, head=replace(pull.head, sha=sha), base=replace(pull.base, sha=tip), updated_at=now())


def _follow_head(parts: Parts, pull: PullRequest, change: RefChange, pusher: Account) -> None:
    if change.after == NO_OBJECT:
        tell_of_pull(parts, "closed", parts.state.put_pull(pull.closed(now())), None, pusher)
        return
    fresh = parts.state.put_pull(refresh_head(parts, pull, change.after))
    tell_of_pull(parts, "synchronize", fresh, {"before": change.before, "after": change.after}, pusher)


def _follow_base(parts: Parts, pull: PullRequest, change: RefChange, pusher: Account) -> None:
    """Close it with its base; take it for merged when the base now has its commits."""
    repository_id = pull.base.repository_id or 0
    if change.after == NO_OBJECT:
        tell_of_pull(parts, "closed", parts.state.put_pull(pull.closed(now())), None, pusher)
    elif parts.git.is_ancestor(repository_id, pull.head.sha, change.after):
        merged = pull.merged(now(), pusher.login, change.after)
        tell_of_pull(parts, "closed", parts.state.put_pull(merged), None, pusher)
