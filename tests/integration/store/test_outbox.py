"""The outbox: every transition is told, in order, and closed once."""

from dataclasses import replace

from domain.deployments import DeploymentStatus, GitHubTraces
from domain.identifiers import RepositoryId
from domain.ports.jobs import Job
from domain.ports.store import Store
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import INSTALLATION, NOW, REPOSITORY, Shop, sha_of

TRACES = GitHubTraces(77, 88, "in_progress")


def attempts(store: Store, deployment_id: str) -> list[int]:
    with store.transaction() as work:
        return [row.attempts for row in work.deployments.list_unreported(deployment_id)]


def test_each_transition_leaves_a_row_and_asks_for_a_report(shop: Shop, store: Store, queue: RecordingJobQueue) -> None:
    deployment = shop.create_in(DeploymentStatus.BUILDING)
    assert attempts(store, deployment.id) == [0, 0, 0]
    assert {job.lock for job in queue.of_kind("report")} == {f"report:{deployment.id}"}
    assert len(queue.of_kind("report")) == 3


def test_asking_counts_as_an_attempt(shop: Shop, store: Store) -> None:
    deployment = shop.create()
    assert [attempts(store, deployment.id) for _ in range(3)] == [[0], [1], [2]]


def test_telling_a_status_closes_everything_up_to_it(shop: Shop, store: Store) -> None:
    deployment = shop.create_in(DeploymentStatus.BUILDING)
    with store.transaction() as work:
        work.deployments.mark_reported(deployment.id, DeploymentStatus.INSTALLING, TRACES)
    assert len(attempts(store, deployment.id)) == 1
    assert shop.read(deployment).on_github == TRACES


def test_a_change_after_the_telling_stays_open(shop: Shop, store: Store) -> None:
    deployment = shop.create_in(DeploymentStatus.INSTALLING)
    shop.advance(deployment, DeploymentStatus.FAILED)
    with store.transaction() as work:
        work.deployments.mark_reported(deployment.id, DeploymentStatus.INSTALLING, TRACES)
        work.deployments.mark_reported(deployment.id, DeploymentStatus.INSTALLING, TRACES)
    assert attempts(store, deployment.id) == [0]


def test_other_deployments_are_not_touched(shop: Shop, store: Store) -> None:
    told, other = shop.create(), shop.create()
    with store.transaction() as work:
        work.deployments.mark_reported(told.id, DeploymentStatus.PENDING, TRACES)
    assert (attempts(store, told.id), attempts(store, other.id)) == ([], [0])


def test_what_is_made_for_a_pull_request_asks_for_its_comment_too(
    shop: Shop, store: Store, queue: RecordingJobQueue
) -> None:
    shop.connect()
    deployment = shop.find_created(shop.wanted_preview(shop.ensure(), sha_of(5), number=3))
    assert deployment is not None
    with store.transaction() as work:
        work.deployments.cancel(deployment.id, "", NOW)
    assert queue.of_kind("comment") == [Job("comment", "42:3", "comment:42:3")] * 2


def test_without_a_repository_there_is_nothing_to_comment_on(
    shop: Shop, store: Store, queue: RecordingJobQueue
) -> None:
    shop.connect()
    deployment = shop.find_created(shop.wanted_preview(shop.ensure(), sha_of(5)))
    assert deployment is not None
    queue.jobs.clear()
    with store.transaction() as work:
        work.projects.disconnect(shop.project.id)
        work.deployments.cancel(deployment.id, "", NOW)
    assert [job.kind for job in queue.jobs] == ["report"]


def test_no_comment_goes_to_the_repository_a_project_was_connected_to_later(
    shop: Shop, store: Store, queue: RecordingJobQueue
) -> None:
    shop.connect()
    deployment = shop.find_created(shop.wanted_preview(shop.ensure(), sha_of(5)))
    assert deployment is not None
    queue.jobs.clear()
    with store.transaction() as work:
        work.projects.disconnect(shop.project.id)
        work.projects.connect(shop.project.id, INSTALLATION, replace(REPOSITORY, id=RepositoryId(43)))
        work.deployments.cancel(deployment.id, "", NOW)
    assert queue.of_kind("comment") == []
