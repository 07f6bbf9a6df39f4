"""Routing: one decision for every push, each with its reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import Decision, Ignore, PromoteDeployment, StartDeployment
from domain.deployments import FINAL, IN_FLIGHT, DeploymentStatus
from domain.environments import ConnectionState, Environment, EnvironmentKind, Project
from domain.events import PushReceived
from domain.identifiers import DeploymentId, EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.reasons import Reason
from domain.records import DecidedHead
from domain.routing import comes_back, decide, tracking
from domain.source import NO_COMMIT, BranchName, Commit, CommitSha, FullName, Repository, RepositoryAddress
from domain.targets import SKIP_MARKERS, Changes, KnownDeployment, Target

A, B, C = (CommitSha(letter * 40) for letter in "abc")
MAIN = BranchName("main")
PUSH = PushReceived(
    address=RepositoryAddress(InstallationId(1), RepositoryId(2)),
    repository=Repository(RepositoryId(2), FullName("acme/shop"), MAIN, private=True),
    ref="refs/heads/main",
    before=A,
    after=B,
    head_commit=Commit(B, "Sell more"),
)


def target(
    branch: str | None = "main", *known: KnownDeployment, kind: str = "production", slug: str = "shop"
) -> Target:
    project = Project(ProjectId(f"proj_{slug}"), slug)
    tracked = None if branch is None else BranchName(branch)
    environment = Environment(EnvironmentId(f"env_{slug}_{kind}"), project.id, EnvironmentKind(kind), kind, tracked)
    return Target(project, environment, ConnectionState.ACTIVE, known)


def known(sha: CommitSha, status: DeploymentStatus, before: CommitSha | None = None) -> KnownDeployment:
    return KnownDeployment(DeploymentId(f"deployment_{sha[0]}"), sha, before, status)


def current(of: Target, deployment: KnownDeployment) -> Target:
    return replace(of, environment=replace(of.environment, current_deployment_id=deployment.id))


def reasons(decisions: tuple[Decision, ...]) -> list[Reason]:
    return [decision.reason for decision in decisions if isinstance(decision, Ignore)]


def only_reason(push: PushReceived, *targets: Target, head: CommitSha | None = B) -> Reason:
    decisions = decide(push, targets, head)
    assert len(decisions) == 1
    return reasons(decisions)[0]


def test_a_push_to_the_tracked_branch_deploys_what_was_pushed() -> None:
    of = target()
    assert decide(PUSH, [of], B) == (StartDeployment(of.project.id, of.environment.id, Commit(B, "Sell more")),)


def test_each_environment_that_tracks_the_branch_deploys() -> None:
    decisions = decide(PUSH, [target(), target(kind="staging"), target("dev", kind="preview")], B)
    assert [type(decision) for decision in decisions] == [StartDeployment, StartDeployment]


def test_each_project_of_the_repository_decides_for_itself() -> None:
    deploys, does_not = decide(PUSH, [target(), target("dev", slug="other")], B)
    assert isinstance(deploys, StartDeployment)
    assert isinstance(does_not, Ignore)
    assert (does_not.reason, does_not.project_id) == (Reason.NOT_TRACKED, "proj_other")


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("refs/tags/main", Reason.TAG),
        ("refs/heads/gh-readonly-queue/main/pr-1-abc", Reason.MERGE_QUEUE_REF),
        ("refs/pull/1/head", Reason.NOT_A_BRANCH),
        ("main", Reason.NOT_A_BRANCH),
        ("refs/heads/a..b", Reason.BRANCH_NAME_INVALID),
        ("refs/heads/", Reason.BRANCH_NAME_INVALID),
        ("refs/heads/dev", Reason.NOT_TRACKED),
        ("refs/heads/Main", Reason.NOT_TRACKED),
        ("refs/heads/refs/heads/main", Reason.NOT_TRACKED),
    ],
)
def test_a_ref_that_does_not_deploy(ref: str, reason: Reason) -> None:
    assert only_reason(replace(PUSH, ref=ref), target()) is reason


def test_a_deleted_branch_does_not_deploy() -> None:
    assert only_reason(replace(PUSH, after=NO_COMMIT), target()) is Reason.BRANCH_DELETED
    assert only_reason(PUSH, target(), head=None) is Reason.BRANCH_DELETED


def test_a_deleted_tag_is_a_tag() -> None:
    assert only_reason(replace(PUSH, ref="refs/tags/v1", after=NO_COMMIT), target()) is Reason.TAG


def test_nobody_is_connected() -> None:
    assert only_reason(PUSH) is Reason.NOT_CONNECTED


def test_an_environment_that_tracks_nothing() -> None:
    decision = decide(PUSH, [target(None)], B)[0]
    assert isinstance(decision, Ignore)
    assert decision.sentence.endswith("None is tracked.")


@pytest.mark.parametrize("state", sorted(set(ConnectionState) - {ConnectionState.ACTIVE}))
def test_a_connection_that_is_not_active(state: ConnectionState) -> None:
    assert only_reason(PUSH, replace(target(), connection=state)).value == state.value


@pytest.mark.parametrize("marker", [*SKIP_MARKERS, "[Skip CI]"])
def test_a_message_that_asks_to_skip(marker: str) -> None:
    push = replace(PUSH, head_commit=Commit(B, f"Fix typo\n\n{marker}"))
    assert only_reason(push, target()) is Reason.SKIP_MARKER


def test_the_message_of_another_commit_does_not_skip() -> None:
    push = replace(PUSH, head_commit=Commit(A, "[skip ci]"))
    assert isinstance(decide(push, [target()], B)[0], StartDeployment)


@pytest.mark.parametrize("status", sorted(IN_FLIGHT))
def test_a_commit_on_its_way_is_not_deployed_twice(status: DeploymentStatus) -> None:
    assert only_reason(PUSH, target("main", known(B, status))) is Reason.ALREADY_IN_PROGRESS


def test_the_current_commit_is_not_deployed_again() -> None:
    deployment = known(B, DeploymentStatus.DEPLOYED)
    assert only_reason(PUSH, current(target("main", deployment), deployment)) is Reason.ALREADY_DEPLOYED


def test_a_commit_built_before_is_promoted_not_built() -> None:
    newer, older = known(C, DeploymentStatus.DEPLOYED), known(B, DeploymentStatus.DEPLOYED)
    decision = decide(PUSH, [current(target("main", newer, older), newer)], B)[0]
    assert isinstance(decision, PromoteDeployment)
    assert decision.deployment_id == older.id


@pytest.mark.parametrize("status", sorted(FINAL - {DeploymentStatus.DEPLOYED}))
def test_a_commit_that_did_not_succeed_is_built_again(status: DeploymentStatus) -> None:
    assert isinstance(decide(PUSH, [target("main", known(B, status))], B)[0], StartDeployment)


def test_an_older_push_that_comes_late_is_superseded() -> None:
    assert only_reason(PUSH, target("main", known(C, DeploymentStatus.PENDING)), head=C) is Reason.SUPERSEDED
    assert only_reason(PUSH, target("main", known(C, DeploymentStatus.FAILED, B)), head=A) is Reason.SUPERSEDED


def test_a_push_the_branch_has_moved_on_from_deploys_while_its_successor_is_unknown() -> None:
    assert isinstance(decide(PUSH, [target()], C)[0], StartDeployment)


def test_a_push_that_goes_on_from_what_was_decided_last_deploys_in_its_turn() -> None:
    assert isinstance(decide(PUSH, [target()], C, DecidedHead(A))[0], StartDeployment)


def test_a_push_before_the_one_that_was_decided_last_is_late() -> None:
    assert reasons(decide(PUSH, [target()], C, DecidedHead(C))) == [Reason.SUPERSEDED]
    assert reasons(decide(replace(PUSH, before=NO_COMMIT), [target()], C, DecidedHead(A))) == [Reason.SUPERSEDED]


def test_what_the_branch_points_to_deploys_whatever_was_decided_last() -> None:
    assert isinstance(decide(replace(PUSH, before=NO_COMMIT), [target()], B, DecidedHead(A))[0], StartDeployment)


def test_a_push_from_where_the_branch_has_come_back_to_may_be_one_from_before() -> None:
    decided = DecidedHead(A, revisited=True)
    assert reasons(decide(PUSH, [target()], A, decided)) == [Reason.SUPERSEDED]
    assert isinstance(decide(PUSH, [target()], B, decided)[0], StartDeployment)


def test_a_forced_push_counts_only_while_the_branch_is_there() -> None:
    forced = replace(PUSH, forced=True)
    assert reasons(decide(forced, [target()], C, DecidedHead(A))) == [Reason.SUPERSEDED]
    assert isinstance(decide(forced, [target()], B, DecidedHead(A))[0], StartDeployment)


@pytest.mark.parametrize(
    "push",
    [replace(PUSH, forced=True), replace(PUSH, before=NO_COMMIT), replace(PUSH, before=C)],
    ids=["forced", "created anew", "from where nobody knew it to be"],
)
def test_a_branch_that_did_not_go_on_from_where_it_was_may_have_come_back(push: PushReceived) -> None:
    assert comes_back(push, DecidedHead(A), [target()])


def test_a_branch_that_was_deployed_there_has_come_back() -> None:
    assert comes_back(PUSH, DecidedHead(A), [target("main", known(B, DeploymentStatus.FAILED))])
    assert not comes_back(PUSH, DecidedHead(A), [target("dev", known(B, DeploymentStatus.FAILED))])


def test_a_branch_that_goes_on_or_is_met_first_has_not_come_back() -> None:
    assert not comes_back(PUSH, DecidedHead(A, revisited=True), [target("main", known(A, DeploymentStatus.DEPLOYED))])
    assert not comes_back(replace(PUSH, before=NO_COMMIT), None, [target()])


def test_a_push_that_changes_only_ignored_paths_does_not_deploy() -> None:
    assert only_reason(PUSH, replace(target(), changes=Changes.IGNORED_ONLY)) is Reason.PATH_FILTER
    assert isinstance(decide(PUSH, [replace(target(), changes=Changes.RELEVANT)], B)[0], StartDeployment)


def test_ignored_paths_do_not_count_while_another_commit_is_under_way() -> None:
    of = replace(target("main", known(C, DeploymentStatus.BUILDING)), changes=Changes.IGNORED_ONLY)
    assert isinstance(decide(replace(PUSH, before=C, forced=True), [of], B)[0], StartDeployment)


def test_a_branch_that_goes_back_to_what_is_under_way_puts_it_ahead_of_what_was_begun_since() -> None:
    back, since = known(B, DeploymentStatus.BUILDING), known(C, DeploymentStatus.PENDING)
    of = target("main", replace(since, sequence=2), replace(back, sequence=1))

    assert decide(PUSH, [of], B) == (PromoteDeployment(of.project.id, of.environment.id, back.id, under_way=True),)


def test_a_branch_that_goes_back_to_what_is_current_puts_it_ahead_of_what_is_under_way() -> None:
    back, since = known(B, DeploymentStatus.DEPLOYED), known(C, DeploymentStatus.PENDING)
    of = current(target("main", replace(since, sequence=2), replace(back, sequence=1)), back)
    of = replace(of, environment=replace(of.environment, current_sequence=1))

    assert decide(PUSH, [of], B) == (PromoteDeployment(of.project.id, of.environment.id, back.id),)


def test_a_branch_that_goes_forward_again_puts_what_is_under_way_ahead_of_what_was_made_current_since() -> None:
    older, forward = known(A, DeploymentStatus.DEPLOYED), known(B, DeploymentStatus.PENDING)
    of = current(target("main", replace(forward, sequence=2), replace(older, sequence=1)), older)
    of = replace(of, environment=replace(of.environment, current_sequence=3))

    assert isinstance(decide(PUSH, [of], B)[0], PromoteDeployment)


def test_a_late_push_puts_nothing_ahead() -> None:
    late, newer = known(B, DeploymentStatus.BUILDING), known(C, DeploymentStatus.PENDING)

    assert only_reason(PUSH, target("main", replace(newer, sequence=2), late), head=C) is Reason.ALREADY_IN_PROGRESS


def test_a_forced_push_deploys_what_the_branch_points_to_after_it() -> None:
    decision = decide(replace(PUSH, forced=True, before=C), [target()], B)[0]
    assert isinstance(decision, StartDeployment)
    assert decision.commit.sha == B


def test_every_reason_says_what_and_what_to_do() -> None:
    for reason in Reason:
        decision = Ignore(reason, detail="Detail.")
        assert decision.sentence.endswith(" Detail.")
        assert decision.hint.endswith(".")


def test_an_invalid_name_tracks_nothing() -> None:
    assert tracking(replace(PUSH, ref="refs/heads/a..b"), [target()]) == ()


REFS = st.sampled_from(["refs/heads/main", "refs/heads/dev", "refs/tags/v1", "refs/heads/a..b", "x"]) | st.text()
SHAS = st.sampled_from([A, B, C])
KNOWN = st.builds(known, SHAS, st.sampled_from(DeploymentStatus), st.none() | SHAS)
TARGETS = st.lists(
    st.builds(
        lambda branch, deployments, kind, slug, state: replace(
            target(branch, *deployments, kind=kind, slug=slug), connection=state
        ),
        st.sampled_from([None, "main", "dev"]),
        st.lists(KNOWN, max_size=3),
        st.sampled_from(["production", "staging"]),
        st.sampled_from(["shop", "other"]),
        st.sampled_from(ConnectionState),
    ),
    max_size=4,
    unique_by=lambda one: one.environment.id,
)


@given(REFS, st.sampled_from([A, B, C, NO_COMMIT]), TARGETS, st.none() | SHAS)
def test_every_push_has_a_decision_and_only_tracked_environments_deploy(
    ref: str, after: CommitSha, targets: list[Target], head: CommitSha | None
) -> None:
    push = replace(PUSH, ref=ref, after=after)
    decisions = decide(push, targets, head)
    assert decisions
    tracked = {one.environment.id for one in tracking(push, targets)}
    acting = [one for one in decisions if not isinstance(one, Ignore)]
    assert {one.environment_id for one in acting} <= tracked
    assert not acting or after != NO_COMMIT


@given(SHAS, TARGETS, st.none() | SHAS)
def test_nothing_in_flight_or_current_is_started_again(
    after: CommitSha, targets: list[Target], head: CommitSha | None
) -> None:
    started = {
        one.environment_id
        for one in decide(replace(PUSH, after=after), targets, head)
        if isinstance(one, StartDeployment)
    }
    for one in targets:
        live = any(
            d.sha == after and (d.status in IN_FLIGHT or d.status is DeploymentStatus.DEPLOYED) for d in one.deployments
        )
        assert not (live and one.environment.id in started)
