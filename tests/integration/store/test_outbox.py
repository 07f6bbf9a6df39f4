"""The outbox: every transition is told, in order, and closed once."""

from domain.deployments import DeploymentStatus, GitHubTraces
from domain.ports.store import Store
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import Shop

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
