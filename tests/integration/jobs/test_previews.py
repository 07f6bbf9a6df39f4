"""Previews come with pull requests, follow them and go with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.deployments import DeploymentStatus
from domain.environments import ForkPolicy
from domain.errors import TemporarilyUnavailable
from domain.pull_requests import Author
from domain.source import Commit, CommitSha
from tests.fakes.world import BASE, FORK, SHA_A, SHA_B, World, outcomes, pull_request

pytestmark = pytest.mark.postgres
FROM_FORK = pull_request(head_repository_id=FORK, branch="main")


def test_an_opened_pull_request_starts_a_preview(world: World) -> None:
    record = world.open()

    assert outcomes(record) == [("start", "")]
    assert world.previews() == ["feature"]
    deployment = world.deploy()
    assert deployment.status is DeploymentStatus.DEPLOYED
    assert world.preview().current_deployment_id == deployment.id
    assert world.current() is None


def test_previews_share_caches_that_production_does_not_read(world: World) -> None:
    world.push(BASE)
    world.deploy()
    world.open()
    world.deploy()

    assert [request.cache_scope for request in world.builder.requests] == ["", "shop.previews"]


def test_a_deployment_knows_its_pull_request(world: World) -> None:
    world.open()

    (deployment,) = world.deployments()
    assert deployment.ref == "refs/heads/feature"
    assert deployment.triggered_by.login == "ada"
    made_for = deployment.pull_request
    assert made_for is not None
    assert (made_for.number, made_for.title, made_for.state) == (1, "Sell faster", "open")
    assert (made_for.trusted, made_for.base_sha) == (True, BASE)


def test_the_decision_names_the_preview(world: World) -> None:
    record = world.open()

    assert record.decisions[0].environment_slug == world.preview().slug
    assert record.decisions[0].deployment_id == world.deployments()[0].id


def test_each_commit_of_the_pull_request_is_deployed_in_order(world: World) -> None:
    world.open()
    world.open(pull_request(sha=SHA_B), "synchronize")

    assert [(one.commit.sha, one.sequence) for one in world.deployments()] == [(SHA_A, 1), (SHA_B, 2)]


def test_a_late_event_leads_to_what_the_pull_request_is_now(world: World) -> None:
    world.open(pull_request(sha=SHA_B), "synchronize")

    assert outcomes(world.open(pull_request(sha=SHA_B))) == [("ignore", "already_in_progress")]
    assert [one.commit.sha for one in world.deployments()] == [SHA_B]


def test_an_event_decided_after_the_pull_request_was_closed_starts_nothing(world: World) -> None:
    record = world.open(pull_request(is_open=False), "opened")

    assert outcomes(record) == [("ignore", "no_preview")]
    assert world.previews() == []


def test_closing_archives_the_preview(world: World) -> None:
    world.open()
    world.deploy()

    assert outcomes(world.close()) == [("archive", "")]
    assert world.previews() == []
    assert world.preview().preview is not None


def test_closing_while_it_builds_cancels_and_archives(world: World) -> None:
    world.open()

    world.close(merged=True)

    (deployment,) = world.deployments()
    assert deployment.status is DeploymentStatus.CANCELED
    assert deployment.failure is not None
    assert deployment.failure.sentence == "The pull request was merged."
    assert world.deploy(deployment).status is DeploymentStatus.CANCELED
    assert world.preview().current_deployment_id is None


def test_reopening_brings_back_what_was_built(world: World) -> None:
    world.open()
    built = world.deploy()
    world.close()

    record = world.open(action="reopened")

    assert outcomes(record) == [("start", "")]
    assert record.decisions[0].deployment_id == built.id
    assert (world.previews(), len(world.builder.requests)) == (["feature"], 1)


def test_reopening_builds_what_closing_canceled(world: World) -> None:
    world.open()
    world.close()

    world.open(action="reopened")

    assert world.deploy().status is DeploymentStatus.DEPLOYED
    assert world.previews() == ["feature"]


def test_two_pull_requests_on_one_branch_share_a_preview_until_the_last_is_closed(world: World) -> None:
    world.open(pull_request(1))
    assert outcomes(world.open(pull_request(2))) == [("ignore", "already_in_progress")]

    assert outcomes(world.close(pull_request(1))) == [("ignore", "preview_shared")]
    assert world.previews() == ["feature"]
    assert outcomes(world.close(pull_request(2))) == [("archive", "")]


def test_branches_that_look_alike_are_previews_of_their_own(world: World) -> None:
    for number, branch in enumerate(("feature/foo", "feature_foo", "Feature/Foo"), start=1):
        world.open(pull_request(number, branch=branch))

    assert world.previews() == ["Feature/Foo", "feature/foo", "feature_foo"]


def test_a_label_does_not_build_again_what_failed(world: World) -> None:
    world.open()
    world.fetcher.failures = [TemporarilyUnavailable("clone_failed", "It did not answer.")]
    world.deploy(tries=99)

    assert outcomes(world.open(action="labeled")) == [("ignore", "nothing_changed")]
    assert outcomes(world.open(action="reopened")) == [("start", "")]


def test_a_preview_too_many_is_a_failed_check(world: World) -> None:
    for number in range(20):
        world.open(pull_request(number + 1, branch=f"feature-{number}"))

    record = world.open(pull_request(21, branch="one-more"))

    assert outcomes(record) == [("reject", "preview_limit_reached")]
    rejected = world.deployments()[-1]
    assert rejected.status is DeploymentStatus.FAILED
    assert rejected.failure is not None
    assert rejected.failure.code == "preview_limit_reached"
    assert "one-more" not in world.previews()
    world.report(rejected)
    assert world.forge.reports[-1].deployment.id == rejected.id


def test_a_pull_request_of_an_unconnected_repository_asks_github_nothing(world: World) -> None:
    with world.store.transaction() as work:
        work.projects.disconnect(world.project().id)

    assert outcomes(world.open()) == [("ignore", "not_connected")]
    assert "find_pull_request" not in world.forge.asked


def test_a_pull_request_that_github_does_not_know(world: World) -> None:
    world.open()
    world.forge.pull_requests = {}

    record = world.deliver(b'{"number": 1, "action": "edited"}', "pull_request")

    assert outcomes(record) == [("ignore", "pull_request_unknown")]


def test_a_fork_is_ignored_with_a_reason_a_person_sees(world: World) -> None:
    record = world.open(FROM_FORK)

    assert outcomes(record) == [("ignore", "fork_policy")]
    assert "fork policy" in record.decisions[0].hint
    assert world.deployments() == []


def test_a_fork_is_built_without_secrets_and_with_the_base_branchs_configuration(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.WITHOUT_SECRETS, submodules=True)
    world.open(FROM_FORK)

    deployment = world.deploy()

    assert deployment.status is DeploymentStatus.DEPLOYED
    assert deployment.ref == "refs/pull/1/head"
    assert world.builder.requests[0].variables == {}
    (options,) = world.fetcher.options
    assert options.overlay is not None
    assert options.overlay.sha == BASE
    assert {"trigger.config.py", ".npmrc", "pip.conf", "uv.toml"} <= set(options.overlay.paths)
    assert not options.submodules
    assert world.builder.requests[0].cache_scope.startswith("shop-preview-")


def test_a_forks_main_never_reaches_production(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.WITHOUT_SECRETS)
    world.open(FROM_FORK)
    world.deploy()

    assert world.current() is None
    assert world.preview("main", FORK).current_deployment_id is not None


def test_a_dependency_bot_gets_no_secrets(world: World) -> None:
    world.open(pull_request(author=Author("dependabot[bot]")))
    world.deploy()

    assert world.fetcher.options[0].overlay is not None
    assert world.builder.requests[0].variables == {}


def test_a_forks_commit_waits_for_its_approval_and_the_next_one_for_another(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.APPROVAL)
    world.open(FROM_FORK)
    (held,) = world.deployments()
    assert held.held

    assert outcomes(world.press("approve", held)) == [("approve", "")]
    assert world.deploy(held).status is DeploymentStatus.DEPLOYED

    world.open(replace(FROM_FORK, head=Commit(CommitSha(SHA_B))), "synchronize")
    assert world.deployments()[-1].held


def test_a_new_push_takes_the_approval_from_the_one_before(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.APPROVAL)
    world.open(FROM_FORK)
    world.open(replace(FROM_FORK, head=Commit(CommitSha(SHA_B))), "synchronize")
    first, second = world.deployments()

    assert first.status is DeploymentStatus.CANCELED
    assert outcomes(world.press("approve", first)) == [("ignore", "not_held")]
    assert world.read(second).held


def test_a_policy_that_became_stricter_stops_what_waits(world: World) -> None:
    world.set_git(fork_policy=ForkPolicy.WITHOUT_SECRETS)
    world.open(FROM_FORK)
    world.set_git(fork_policy=ForkPolicy.IGNORE)

    failure = world.deploy().failure

    assert failure is not None
    assert failure.code == "fork_not_allowed"
    assert world.builder.requests == []


def test_a_change_to_ignored_paths_alone_keeps_the_preview(world: World) -> None:
    world.set_git(ignored_paths=("docs/",))
    world.open()
    world.deploy()
    world.forge.changed[SHA_A, SHA_B] = ("docs/a.md",)

    assert outcomes(world.open(pull_request(sha=SHA_B), "synchronize")) == [("ignore", "path_filter")]


def test_an_idle_preview_is_archived_unless_it_is_kept(world: World) -> None:
    world.open(pull_request(1, branch="idle"))
    world.open(pull_request(2, branch="kept"))
    with world.store.transaction() as work:
        work.previews.keep(world.preview("kept").id, keep=True)
    world.clock.offset = timedelta(days=13)
    world.keep_house("archive_idle")
    assert world.previews() == ["idle", "kept"]

    world.clock.offset = timedelta(days=15)
    world.keep_house("archive_idle")

    assert world.previews() == ["kept"]


def test_an_archived_preview_does_not_become_current_by_a_build_that_ends_late(world: World) -> None:
    world.open()
    deployment = world.deployments()[0]
    with world.store.transaction() as work:
        begun = work.deployments.begin_attempt(deployment.id)
    assert begun is not None

    world.close()

    assert world.preview().current_deployment_id is None
