"""What deliveries lead to: decisions that are recorded, deployments that are not doubled."""

import pytest
from sqlalchemy import Connection, Engine, event

from domain.deployments import DeploymentStatus
from domain.errors import NotFound, TemporarilyUnavailable
from jobs.delivery import DeliveryJob
from tests.fakes.forge import push_body
from tests.fakes.world import SHA_A, SHA_B, SHA_C, SHA_D, World, outcomes

pytestmark = pytest.mark.postgres


def test_a_push_to_the_tracked_branch_starts_one_deployment(world: World) -> None:
    record = world.push(SHA_A)

    assert record.status == "done"
    assert [decision.outcome for decision in record.decisions] == ["start"]
    assert [d.commit.sha for d in world.deployments()] == [SHA_A]


def test_one_branch_tracked_by_two_environments_deploys_to_both(world: World) -> None:
    world.track_staging("main")

    record = world.push(SHA_A)

    assert sorted(str(decision.environment_slug) for decision in record.decisions) == ["production", "staging"]
    assert len(world.deployments()) == 2


def test_a_delivery_decided_once_is_not_decided_again(world: World) -> None:
    record = world.push(SHA_A)

    world.decide(record.id)

    assert len(world.deployments()) == 1


def test_the_same_push_under_another_guid_does_not_deploy_twice(world: World) -> None:
    world.push(SHA_A)

    assert outcomes(world.push(SHA_A)) == [("ignore", "already_in_progress")]
    assert len(world.deployments()) == 1


def test_the_current_commit_is_not_built_again(world: World) -> None:
    world.push(SHA_A)
    world.deploy(world.deployments()[0])

    assert outcomes(world.push(SHA_A)) == [("ignore", "already_deployed")]


def test_a_failed_commit_is_built_again(world: World) -> None:
    world.push(SHA_A)
    world.fetcher.failures = [NotFound("commit_not_found", "It is gone.")]
    assert world.deploy(world.deployments()[0]).status is DeploymentStatus.FAILED

    assert outcomes(world.push(SHA_A))[0][0] == "start"
    assert len(world.deployments()) == 2


def test_an_older_push_that_arrives_late_does_not_replace_a_newer_one(world: World) -> None:
    world.push(SHA_B, before=SHA_A)
    world.forge.heads["main"] = SHA_B

    late = world.deliver_late(SHA_A)

    assert outcomes(late) == [("ignore", "superseded")]
    assert [d.commit.sha for d in world.deployments()] == [SHA_B]


@pytest.mark.parametrize("back_from", [SHA_C, "0" * 40], ids=["forced back", "deleted and pushed again"])
def test_a_late_push_from_where_the_branch_has_come_back_to_since_is_late(world: World, back_from: str) -> None:
    world.push(SHA_A)
    world.push(SHA_B, before=SHA_A)
    world.push(SHA_B, before=back_from)

    assert outcomes(world.deliver_late(SHA_C, before=SHA_B)) == [("ignore", "superseded")]
    assert outcomes(world.push(SHA_D, before=SHA_B)) == [("start", "")]


def test_quick_pushes_deploy_each_once_the_branch_has_gone_on_from_where_it_came_back_to(world: World) -> None:
    world.push(SHA_A)
    world.push(SHA_B, before=SHA_A)
    world.push(SHA_A, before=SHA_B)
    world.push(SHA_C, before=SHA_A)
    world.forge.heads["main"] = "e" * 40

    assert outcomes(world.deliver_late(SHA_D, before=SHA_C)) == [("start", "")]


def test_every_commit_of_quick_pushes_is_deployed_in_order(world: World) -> None:
    for before, sha in ((SHA_C, SHA_A), (SHA_A, SHA_B)):
        world.push(sha, before=before)

    assert [(d.commit.sha, d.version.number, d.sequence) for d in world.deployments()] == [
        (SHA_A, 1, 1),
        (SHA_B, 2, 2),
    ]


def test_a_branch_forced_back_makes_the_earlier_deployment_current_without_a_build(world: World) -> None:
    for sha in (SHA_A, SHA_B):
        world.push(sha)
        world.deploy(world.deployments()[-1])
    first = world.deployments()[0]

    record = world.push(SHA_A, before=SHA_B)

    assert [decision.outcome for decision in record.decisions] == ["promote"]
    assert world.current() == first.id
    assert len(world.builder.requests) == 2


def test_a_branch_forced_back_to_what_is_still_built_ends_there(world: World) -> None:
    world.push(SHA_A)
    world.push(SHA_B, before=SHA_A)
    first, second = world.deployments()

    record = world.push(SHA_A, before=SHA_B)

    assert [decision.outcome for decision in record.decisions] == ["promote"]
    world.deploy(first)
    world.deploy(second)
    assert world.current() == first.id
    assert len(world.builder.requests) == 2


def test_a_branch_forced_back_to_what_is_current_stays_there(world: World) -> None:
    world.push(SHA_A)
    first = world.deploy()
    world.push(SHA_B, before=SHA_A)

    world.push(SHA_A, before=SHA_B)

    world.deploy()
    assert world.current() == first.id


@pytest.mark.parametrize(
    ("ref", "sha", "reason"),
    [
        ("refs/heads/main", "0" * 40, "branch_deleted"),
        ("refs/tags/main", SHA_A, "tag"),
        ("refs/heads/gh-readonly-queue/main/pr-1", SHA_A, "merge_queue_ref"),
        ("refs/heads/other", SHA_A, "not_tracked"),
        ("refs/heads/--upload-pack=touch", SHA_A, "not_tracked"),
        ("refs/heads/$(id)", SHA_A, "not_tracked"),
        ("refs/heads/a;id", SHA_A, "not_tracked"),
        ("refs/heads/--upload-pack=touch x", SHA_A, "branch_name_invalid"),
        ("refs/heads/" + "x" * 251, SHA_A, "branch_name_invalid"),
        ("refs/notes/commits", SHA_A, "not_a_branch"),
    ],
)
def test_pushes_that_cannot_deploy_say_why(world: World, ref: str, sha: str, reason: str) -> None:
    record = world.push(sha, ref=ref)

    assert outcomes(record) == [("ignore", reason)]
    assert record.decisions[0].sentence
    assert record.decisions[0].hint
    assert not world.deployments()


def test_a_skip_marker_is_honoured(world: World) -> None:
    assert outcomes(world.push(SHA_A, message="Docs only [skip ci]")) == [("ignore", "skip_marker")]


def test_github_is_not_asked_about_untracked_branches(world: World) -> None:
    world.push(SHA_A, ref="refs/heads/other")

    assert world.forge.head_requests == 0


def test_an_unknown_event_is_stored_and_ignored(world: World) -> None:
    record = world.deliver(b"{}", event="star")

    assert outcomes(record) == [("ignore", "unknown_event")]


def test_a_payload_that_cannot_be_read_is_decided_with_what_is_wrong(world: World) -> None:
    record = world.deliver(b"not json")

    assert outcomes(record) == [("ignore", "payload_invalid")]
    assert "The payload has no sha." in record.decisions[0].sentence


def test_when_github_is_away_nothing_is_decided_and_the_next_try_goes_on(world: World) -> None:
    world.forge.failures = [TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")]
    with pytest.raises(TemporarilyUnavailable):
        world.push(SHA_A)
    pending = world.last_record()
    assert (pending.status, pending.decisions) == ("processing", ())

    world.decide(pending.id)

    assert outcomes(world.last_record())[0][0] == "start"


def test_a_push_that_changes_only_ignored_paths_does_not_deploy(world: World) -> None:
    world.set_git(ignored_paths=("docs/", "*.md"))
    world.push(SHA_A)
    world.deploy()
    world.forge.changed[SHA_A, SHA_B] = ("docs/a.txt", "README.md")
    world.forge.changed[SHA_A, SHA_C] = ("docs/a.txt", "trigger/a.py")

    assert outcomes(world.push(SHA_B, before=SHA_A)) == [("ignore", "path_filter")]
    assert outcomes(world.push(SHA_C, before=SHA_B)) == [("start", "")]


def test_a_push_whose_changes_nobody_knows_deploys(world: World) -> None:
    world.set_git(ignored_paths=("docs/",))
    world.push(SHA_A)
    world.deploy()

    assert outcomes(world.push(SHA_B, before=SHA_A)) == [("start", "")]


def test_without_ignored_paths_github_is_asked_one_thing(world: World) -> None:
    world.push(SHA_A)
    world.deploy()
    world.forge.asked.clear()

    world.push(SHA_B, before=SHA_A)

    assert world.forge.asked == ["find_branch_head"]


def test_an_older_push_that_arrives_after_one_that_did_not_deploy_does_not_come_back(world: World) -> None:
    world.push(SHA_B, before=SHA_A)
    world.push(SHA_C, before=SHA_B, message="Docs [skip ci]")

    assert outcomes(world.deliver_late(SHA_A)) == [("ignore", "superseded")]


def test_a_repository_out_of_sight_is_decided_with_what_to_do(world: World) -> None:
    world.forge.failures = [NotFound("repository_not_accessible", "The App does not see it.")]

    record = world.push(SHA_A)

    assert (record.status, outcomes(record)) == ("done", [("ignore", "access_lost")])
    assert "The App does not see it." in record.decisions[0].sentence


def test_a_disconnected_project_leaves_the_push_unconnected(world: World) -> None:
    with world.store.transaction() as work:
        work.projects.disconnect(work.projects.get_by_slug("shop").id)

    assert outcomes(world.push(SHA_A)) == [("ignore", "not_connected")]


def test_a_job_goes_on_with_the_deliveries_that_wait_behind_its_own(world: World) -> None:
    first, second = world.receive(push_body(SHA_A)), world.receive(push_body(SHA_B, before=SHA_A))
    world.forge.heads["main"] = SHA_B

    world.decide(first)

    assert [world.record(delivery).status for delivery in (first, second)] == ["done", "done"]
    assert [deployment.commit.sha for deployment in world.deployments()] == [SHA_A, SHA_B]


def test_one_commit_ends_with_a_delivery_and_begins_with_the_next(world: World, engine: Engine) -> None:
    first, *_ = [world.receive(push_body(sha, ref="refs/heads/other")) for sha in (SHA_A, SHA_B, SHA_C)]
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)

    world.decide(first)

    assert {record.status for record in world.records()} == {"done"}
    # One to begin with the first. For each: its repository, what there is to decide about, the decision.
    assert len(commits) - 1 == 1 + 3 * 3


def test_a_delivery_that_fails_behind_another_is_left_to_its_own_job(world: World) -> None:
    first, second = world.receive(push_body(SHA_A)), world.receive(push_body(SHA_B, before=SHA_A))
    world.forge.failures = [None, TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")]

    world.decide(first)

    assert [world.record(delivery).status for delivery in (first, second)] == ["done", "processing"]
    world.decide(second)
    assert world.record(second).status == "done"


def test_giving_up_leaves_a_decided_delivery_as_it_is(world: World) -> None:
    record = world.push(SHA_A)

    DeliveryJob(world.store, world.forge, world.clock).give_up(record.id)

    assert world.record(record.id).status == "done"
