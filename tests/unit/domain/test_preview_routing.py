"""Routing of pull requests: one decision for each project of the repository, each with its reason."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import ArchivePreview, Decision, Ignore, PromoteDeployment, RejectPreview, StartPreview
from domain.deployments import FINAL, IN_FLIGHT, DeploymentStatus
from domain.environments import (
    ConnectionState,
    Environment,
    EnvironmentKind,
    ForkPolicy,
    GitSettings,
    PreviewBranch,
    Project,
)
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.preview_routing import decide_pull_request, find_preview_key
from domain.pull_requests import Author, PreviewKey, PullRequest
from domain.reasons import Reason
from domain.source import BranchName, Commit, CommitSha
from domain.targets import Changes, KnownDeployment, PreviewTarget
from tests.fakes.forge import REPOSITORY
from tests.fakes.world import FORK, SHA_A, SHA_B, pull_request

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PROJECT = Project(ProjectId("proj_shop"), "shop")
PARENT = Environment(EnvironmentId("env_parent"), PROJECT.id, EnvironmentKind.PREVIEW, "preview")
KEY = PreviewKey(REPOSITORY.id, BranchName("feature"))
FROM_FORK = pull_request(head_repository_id=FORK)


def target(git: GitSettings | None = None, **changes: object) -> PreviewTarget:
    project = replace(PROJECT, git=git or GitSettings())
    return replace(PreviewTarget(project, ConnectionState.ACTIVE, PARENT), **changes)  # type: ignore[arg-type]  # fields by name


def preview(*, archived: bool = False) -> Environment:
    branch = PreviewBranch(PARENT.id, KEY, NOW, archived_at=NOW if archived else None)
    return Environment(EnvironmentId("env_preview"), PROJECT.id, EnvironmentKind.PREVIEW, KEY.slug, preview=branch)


def known(sha: str, status: DeploymentStatus, *, held: bool = False) -> KnownDeployment:
    return KnownDeployment(DeploymentId(f"deployment_{sha[0]}"), CommitSha(sha), None, status, held)


def decide(of: PullRequest, *targets: PreviewTarget, again: bool = True) -> Decision:
    (decision,) = decide_pull_request(of, REPOSITORY.id, targets, again=again)
    return decision


def reason(of: PullRequest, *targets: PreviewTarget, again: bool = True) -> Reason:
    decision = decide(of, *targets, again=again)
    assert isinstance(decision, Ignore)
    return decision.reason


def test_an_open_pull_request_gets_a_preview() -> None:
    decision = decide(pull_request(), target())

    assert decision == StartPreview(PROJECT.id, None, KEY, pull_request())


def test_an_archived_preview_is_taken_up_again() -> None:
    decision = decide(pull_request(), target(existing=preview(archived=True)))

    assert isinstance(decision, StartPreview)
    assert decision.environment_id == "env_preview"


def test_each_project_decides_for_itself() -> None:
    other = replace(target(), project=replace(PROJECT, id=ProjectId("proj_other"), git=GitSettings(previews=False)))

    starts, does_not = decide_pull_request(pull_request(), REPOSITORY.id, [target(), other])

    assert isinstance(starts, StartPreview)
    assert isinstance(does_not, Ignore)
    assert (does_not.reason, does_not.project_id) == (Reason.PREVIEWS_OFF, "proj_other")


def test_nobody_is_connected() -> None:
    assert reason(pull_request()) is Reason.NOT_CONNECTED


@pytest.mark.parametrize(
    ("of", "git", "expected"),
    [
        (pull_request(), GitSettings(previews=False), Reason.PREVIEWS_OFF),
        (pull_request(head_repository_id=None), GitSettings(), Reason.HEAD_REPOSITORY_GONE),
        (pull_request(branch="a..b"), GitSettings(), Reason.BRANCH_NAME_INVALID),
        (pull_request(draft=True), GitSettings(drafts=False), Reason.DRAFT),
        (FROM_FORK, GitSettings(), Reason.FORK_POLICY),
        (pull_request(head=Commit(CommitSha(SHA_A), "Try [skip ci]")), GitSettings(), Reason.SKIP_MARKER),
    ],
)
def test_a_pull_request_that_gets_none_says_why(of: PullRequest, git: GitSettings, expected: Reason) -> None:
    assert reason(of, target(git)) is expected


def test_a_project_without_a_preview_environment_has_previews_off() -> None:
    assert reason(pull_request(), target(parent=None)) is Reason.PREVIEWS_OFF


@pytest.mark.parametrize("state", sorted(set(ConnectionState) - {ConnectionState.ACTIVE}))
def test_a_connection_that_is_not_active(state: ConnectionState) -> None:
    assert reason(pull_request(), target(connection=state)).value == state.value


def test_a_draft_gets_a_preview_unless_the_project_says_otherwise() -> None:
    assert isinstance(decide(pull_request(draft=True), target()), StartPreview)


def test_a_fork_is_built_without_secrets_when_the_project_says_so() -> None:
    decision = decide(FROM_FORK, target(GitSettings(fork_policy=ForkPolicy.WITHOUT_SECRETS)))

    assert isinstance(decision, StartPreview)
    assert (decision.trusted, decision.held, decision.key.head_repository_id) == (False, False, FORK)


def test_a_fork_waits_for_approval_when_the_project_says_so() -> None:
    decision = decide(FROM_FORK, target(GitSettings(fork_policy=ForkPolicy.APPROVAL)))

    assert isinstance(decision, StartPreview)
    assert (decision.trusted, decision.held) == (False, True)


def test_a_forks_main_is_a_preview_of_its_own() -> None:
    fork = pull_request(head_repository_id=FORK, branch="main")

    assert find_preview_key(fork) == PreviewKey(FORK, BranchName("main"))
    assert find_preview_key(pull_request(branch="main")) == PreviewKey(REPOSITORY.id, BranchName("main"))


def test_a_dependency_bot_is_built_without_secrets() -> None:
    decision = decide(pull_request(author=Author("dependabot[bot]")), target())

    assert isinstance(decision, StartPreview)
    assert (decision.trusted, decision.held) == (False, False)


@pytest.mark.parametrize("status", sorted(IN_FLIGHT))
def test_a_commit_on_its_way_is_not_built_twice(status: DeploymentStatus) -> None:
    of = target(existing=preview(), deployments=(known(SHA_A, status),))
    assert reason(pull_request(), of) is Reason.ALREADY_IN_PROGRESS


def test_the_commit_the_preview_runs_is_not_built_again() -> None:
    of = target(
        existing=preview(), current_sha=CommitSha(SHA_A), deployments=(known(SHA_A, DeploymentStatus.DEPLOYED),)
    )
    assert reason(pull_request(), of) is Reason.ALREADY_DEPLOYED


def test_a_commit_built_before_comes_back_without_a_build_or_an_approval() -> None:
    git = GitSettings(fork_policy=ForkPolicy.APPROVAL)
    deployments = (known(SHA_A, DeploymentStatus.DEPLOYED),)
    decision = decide(FROM_FORK, target(git, existing=preview(archived=True), deployments=deployments))

    assert isinstance(decision, StartPreview)
    assert (decision.built, decision.held) == ("deployment_a", False)


def test_a_head_that_goes_back_is_put_ahead_of_what_was_begun_since() -> None:
    back, since = known(SHA_A, DeploymentStatus.BUILDING), known(SHA_B, DeploymentStatus.PENDING)
    of = target(existing=preview(), deployments=(replace(since, sequence=2), replace(back, sequence=1)))

    assert decide(pull_request(), of) == PromoteDeployment(
        PROJECT.id, EnvironmentId("env_preview"), back.id, under_way=True
    )


def test_only_ignored_paths_changed() -> None:
    of = target(existing=preview(), current_sha=CommitSha(SHA_B), changes=Changes.IGNORED_ONLY)
    assert reason(pull_request(), of) is Reason.PATH_FILTER


def test_a_preview_that_is_not_alive_is_brought_back_whatever_changed() -> None:
    of = target(existing=preview(archived=True), current_sha=CommitSha(SHA_B), changes=Changes.IGNORED_ONLY)
    assert isinstance(decide(pull_request(), of), StartPreview)


def test_one_preview_too_many_is_refused_with_what_to_do() -> None:
    decision = decide(pull_request(), target(active_previews=2, preview_limit=2))

    assert isinstance(decision, RejectPreview)
    assert decision.reason == "preview_limit_reached"
    assert "2 previews" in decision.sentence


def test_a_living_preview_is_within_the_limit() -> None:
    of = target(existing=preview(), active_previews=2, preview_limit=2)
    assert isinstance(decide(pull_request(), of), StartPreview)


CLOSED = pull_request(is_open=False)


def test_a_closed_pull_request_archives_its_preview() -> None:
    assert decide(CLOSED, target(existing=preview())) == ArchivePreview(PROJECT.id, EnvironmentId("env_preview"))


@pytest.mark.parametrize("state", sorted(ConnectionState))
def test_a_closed_pull_request_archives_its_preview_also_when_nothing_may_deploy(state: ConnectionState) -> None:
    assert isinstance(decide(CLOSED, target(existing=preview(), connection=state)), ArchivePreview)


def test_a_preview_that_another_pull_request_needs_stays() -> None:
    decision = decide(CLOSED, target(existing=preview(), shared_with=(4, 9)))

    assert isinstance(decision, Ignore)
    assert decision.reason is Reason.PREVIEW_SHARED
    assert decision.sentence.endswith("It belongs to #4, #9 too.")


@pytest.mark.parametrize("of", [target(), target(existing=preview(archived=True))])
def test_a_closed_pull_request_without_a_preview(of: PreviewTarget) -> None:
    assert reason(CLOSED, of) is Reason.NO_PREVIEW


@pytest.mark.parametrize("status", sorted(FINAL - {DeploymentStatus.DEPLOYED}))
def test_what_did_not_succeed_is_tried_again_by_a_push_and_not_by_a_label(status: DeploymentStatus) -> None:
    of = target(existing=preview(), deployments=(known(SHA_A, status),))

    assert isinstance(decide(pull_request(), of), StartPreview)
    assert reason(pull_request(), of, again=False) is Reason.NOTHING_CHANGED


def test_what_the_archive_canceled_is_built_when_the_pull_request_is_open_again() -> None:
    of = target(existing=preview(archived=True), deployments=(known(SHA_A, DeploymentStatus.CANCELED),))
    assert isinstance(decide(pull_request(), of, again=False), StartPreview)


@given(
    st.builds(
        pull_request,
        sha=st.sampled_from([SHA_A, SHA_B]),
        is_open=st.booleans(),
        draft=st.booleans(),
        branch=st.sampled_from(["feature", "a..b"]),
        head_repository_id=st.sampled_from([REPOSITORY.id, FORK, None]),
    ),
    st.builds(
        target,
        st.builds(GitSettings, st.booleans(), st.booleans(), st.sampled_from(ForkPolicy)),
        connection=st.sampled_from(ConnectionState),
        existing=st.sampled_from([None, preview(), preview(archived=True)]),
        deployments=st.lists(
            st.builds(known, st.sampled_from([SHA_A, SHA_B]), st.sampled_from(DeploymentStatus)), max_size=3
        ).map(tuple),
        active_previews=st.integers(0, 2),
        preview_limit=st.just(2),
        shared_with=st.sampled_from([(), (3,)]),
    ),
    st.booleans(),
)
def test_forks_never_get_more_than_the_policy_allows_and_closed_ones_never_start(
    of: PullRequest,
    one: PreviewTarget,
    again: bool,  # noqa: FBT001 - generated
) -> None:
    decision = decide(of, one, again=again)

    assert not (isinstance(decision, StartPreview | RejectPreview) and not of.is_open)
    assert not (isinstance(decision, ArchivePreview) and of.is_open)
    if isinstance(decision, StartPreview) and of.is_fork_of(REPOSITORY.id):
        assert not decision.trusted
        assert one.project.git.fork_policy is not ForkPolicy.IGNORE
        assert decision.held or decision.built or one.project.git.fork_policy is ForkPolicy.WITHOUT_SECRETS
    if isinstance(decision, StartPreview) and decision.built is None:
        assert not any(d.sha == of.head.sha and d.status in IN_FLIGHT for d in one.deployments)
