"""Routing of pull requests: what one leads to in each project of its repository, decided from values alone.

A pull request is judged by what it is like on GitHub now, not by what the event said: late, doubled and reordered
events lead to the same end.
"""

from collections.abc import Sequence
from typing import Final

from domain.decisions import ArchivePreview, Decision, Ignore, PromoteDeployment, RejectPreview, StartPreview
from domain.deployments import IN_FLIGHT, DeploymentStatus, Failure
from domain.environments import ForkPolicy
from domain.errors import InvalidInput
from domain.identifiers import RepositoryId
from domain.pull_requests import PreviewKey, PullRequest
from domain.reasons import Reason
from domain.source import parse_branch_name
from domain.targets import Changes, PreviewTarget, find_overtaken, find_skip_marker, reason_of_state


def find_preview_key(pull_request: PullRequest) -> PreviewKey | None:
    """Return which preview the pull request belongs to, None when it can have none."""
    if pull_request.head_repository_id is None:
        return None
    try:
        return PreviewKey(pull_request.head_repository_id, parse_branch_name(pull_request.head_branch))
    except InvalidInput:
        return None


def decide_pull_request(
    pull_request: PullRequest, repository_id: RepositoryId, targets: Sequence[PreviewTarget], *, again: bool = True
) -> tuple[Decision, ...]:
    """Return what the pull request leads to: one decision per project connected to its repository.

    Args:
        pull_request: as it is on GitHub now.
        repository_id: the repository it wants to change.
        targets: every project connected to that repository.
        again: whether a commit whose deployment did not succeed is tried again: not because of a label.
    """
    if not targets:
        return (Ignore(Reason.NOT_CONNECTED),)
    decisions = [_decide_project(pull_request, repository_id, target) for target in targets]
    if again:
        return tuple(decisions)
    return tuple(_let_rest(pull_request, target, decision) for target, decision in zip(targets, decisions, strict=True))


def _decide_project(pull_request: PullRequest, repository_id: RepositoryId, target: PreviewTarget) -> Decision:
    if not pull_request.is_open:
        return _decide_closed(target)
    ignored = reason_of_state(target.connection, target.project.id) or _reason_to_ignore(
        pull_request, repository_id, target
    )
    return (
        _find_overtaken(pull_request, target, ignored) or ignored or _decide_open(pull_request, repository_id, target)
    )


def _find_overtaken(
    pull_request: PullRequest, target: PreviewTarget, ignored: Ignore | None
) -> PromoteDeployment | None:
    """Return what to do about a head that is there or under way, while something later is under way too."""
    if target.existing is None or ignored is None or ignored.reason not in _THERE:
        return None
    overtaken = find_overtaken(pull_request.head.sha, target.existing, target.deployments)
    if overtaken is None:
        return None
    return PromoteDeployment(target.project.id, target.existing.id, overtaken.id, overtaken.status in IN_FLIGHT)


def _let_rest(pull_request: PullRequest, target: PreviewTarget, decision: Decision) -> Decision:
    # What the archive canceled did not fail: it is built when the pull request is open again.
    unsuccessful = {DeploymentStatus.FAILED, DeploymentStatus.TIMED_OUT}
    if target.is_alive:
        unsuccessful.add(DeploymentStatus.CANCELED)
    ended = any(known.sha == pull_request.head.sha and known.status in unsuccessful for known in target.deployments)
    starts = isinstance(decision, RejectPreview) or (isinstance(decision, StartPreview) and decision.built is None)
    if not (starts and ended):
        return decision
    return Ignore(Reason.NOTHING_CHANGED, target.project.id, target.existing.id if target.existing else None)


def _decide_closed(target: PreviewTarget) -> Decision:
    if target.existing is None or not target.is_alive:
        return Ignore(Reason.NO_PREVIEW, target.project.id)
    if target.shared_with:
        others = ", ".join(f"#{number}" for number in target.shared_with)
        return Ignore(Reason.PREVIEW_SHARED, target.project.id, target.existing.id, f"It belongs to {others} too.")
    return ArchivePreview(target.project.id, target.existing.id)


def _reason_to_ignore(pull_request: PullRequest, repository_id: RepositoryId, target: PreviewTarget) -> Ignore | None:
    environment_id = target.existing.id if target.existing else None
    for reason, applies in (
        (Reason.PREVIEWS_OFF, target.parent is None or not target.project.git.previews),
        (Reason.HEAD_REPOSITORY_GONE, pull_request.head_repository_id is None),
        (Reason.BRANCH_NAME_INVALID, find_preview_key(pull_request) is None),
        (Reason.DRAFT, pull_request.draft and not target.project.git.drafts),
        (Reason.FORK_POLICY, _is_refused_fork(pull_request, repository_id, target)),
        (Reason.ALREADY_IN_PROGRESS, _is_in_progress(pull_request, target)),
        (Reason.ALREADY_DEPLOYED, target.is_alive and target.current_sha == pull_request.head.sha),
        (Reason.PATH_FILTER, target.is_alive and target.changes is Changes.IGNORED_ONLY),
    ):
        if applies:
            return Ignore(reason, target.project.id, environment_id)
    marker = find_skip_marker(pull_request.head.message)
    detail = f"It contains {marker}."
    return Ignore(Reason.SKIP_MARKER, target.project.id, environment_id, detail) if marker else None


def _is_refused_fork(pull_request: PullRequest, repository_id: RepositoryId, target: PreviewTarget) -> bool:
    return pull_request.is_fork_of(repository_id) and target.project.git.fork_policy is ForkPolicy.IGNORE


def _is_in_progress(pull_request: PullRequest, target: PreviewTarget) -> bool:
    return any(known.sha == pull_request.head.sha and known.status in IN_FLIGHT for known in target.deployments)


def _decide_open(pull_request: PullRequest, repository_id: RepositoryId, target: PreviewTarget) -> Decision:
    key = PreviewKey(pull_request.head_repository_id or repository_id, parse_branch_name(pull_request.head_branch))
    environment_id = target.existing.id if target.existing else None
    if not target.is_alive and target.active_previews >= target.preview_limit:
        return RejectPreview(target.project.id, environment_id, key, pull_request, _over_limit(target))
    built = [
        known.id
        for known in target.deployments
        if known.sha == pull_request.head.sha and known.status is DeploymentStatus.DEPLOYED
    ]
    return StartPreview(
        project_id=target.project.id,
        environment_id=environment_id,
        key=key,
        pull_request=pull_request,
        trusted=pull_request.is_trusted_by(repository_id),
        held=not built and _needs_approval(pull_request, repository_id, target),
        built=built[0] if built else None,
    )


_THERE: Final = frozenset({Reason.ALREADY_IN_PROGRESS, Reason.ALREADY_DEPLOYED})


def _needs_approval(pull_request: PullRequest, repository_id: RepositoryId, target: PreviewTarget) -> bool:
    return pull_request.is_fork_of(repository_id) and target.project.git.fork_policy is ForkPolicy.APPROVAL


_LIMIT_SENTENCE: Final = (
    "The project has {count} previews, as many as it may have: archive one that is not needed "
    "(pushwright previews archive), then push to the pull request again."
)


def _over_limit(target: PreviewTarget) -> Failure:
    return Failure("preview_limit_reached", _LIMIT_SENTENCE.format(count=target.active_previews))
