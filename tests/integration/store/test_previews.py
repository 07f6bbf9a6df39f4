"""Previews: one per branch, made once, archived with what runs in them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.deployments import DeploymentStatus, Failure
from domain.environments import Environment, EnvironmentKind, PreviewBranch, Project
from domain.errors import NotFound
from domain.identifiers import EnvironmentId, ProjectId, RepositoryId
from domain.ports.store import Store
from domain.pull_requests import PreviewKey
from domain.source import BranchName
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import KEY, NOW, Shop, add_project, at_once, sha_of

LATER = NOW + timedelta(hours=1)


def key_of(branch: str) -> PreviewKey:
    return PreviewKey(KEY.head_repository_id, BranchName(branch))


def archive(store: Store, preview: Environment, reason: str = "The pull request was closed.") -> tuple[str, ...]:
    with store.transaction() as work:
        return work.previews.archive(preview.id, reason, LATER)


def read(store: Store, preview: Environment) -> PreviewBranch:
    with store.transaction() as work:
        branch = work.projects.get_environment(preview.id).preview
    assert branch is not None
    return branch


def names(previews: tuple[Environment, ...]) -> list[str]:
    return [preview.preview.key.branch for preview in previews if preview.preview]


def test_a_preview_is_made_with_the_slug_of_its_key_under_the_preview_environment(shop: Shop) -> None:
    preview = shop.ensure()
    assert (preview.kind, preview.slug) == (EnvironmentKind.PREVIEW, KEY.slug)
    assert preview.preview == PreviewBranch(shop.preview.id, KEY, NOW)
    assert preview.id.startswith("env_")


def test_the_same_key_is_the_same_preview(shop: Shop) -> None:
    assert shop.ensure(now=NOW).id == shop.ensure(now=LATER).id


def test_twenty_threads_make_one_preview(shop: Shop) -> None:
    assert len({preview.id for preview in at_once(lambda _: shop.ensure(), range(20))}) == 1


def test_twenty_threads_make_twenty_previews_of_twenty_branches(shop: Shop, store: Store) -> None:
    at_once(lambda number: shop.ensure(key_of(f"b{number}")), range(20))
    with store.transaction() as work:
        assert len(work.previews.list_all(shop.project.id)) == 20


@pytest.mark.parametrize(
    "other",
    [key_of("Feature/fast"), key_of("feature-fast"), replace(KEY, head_repository_id=RepositoryId(7))],
)
def test_what_differs_at_all_is_another_preview(shop: Shop, other: PreviewKey) -> None:
    assert shop.ensure().slug != shop.ensure(other).slug


def test_each_project_has_its_own(shop: Shop, store: Store) -> None:
    assert add_project(store, "atlas").ensure().id != shop.ensure().id


def test_a_project_without_preview_environment_cannot_have_any(store: Store) -> None:
    with store.transaction() as work:
        work.projects.add(Project(ProjectId("proj_bare"), "bare"), [])
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        work.previews.ensure(ProjectId("proj_bare"), KEY, NOW)
    assert caught.value.code == "environment_not_found"


def test_previews_are_not_among_the_environments(shop: Shop, store: Store) -> None:
    shop.ensure()
    with store.transaction() as work:
        assert work.projects.list_environments(shop.project.id) == (shop.production, shop.staging, shop.preview)


def test_an_archived_preview_comes_back_as_the_one_it_was(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    archive(store, preview)
    assert read(store, preview).archived_at == LATER
    again = shop.ensure(now=LATER)
    assert (again.id, again.preview) == (preview.id, PreviewBranch(shop.preview.id, KEY, LATER))


def test_archiving_cancels_what_is_in_flight_and_reports_it(shop: Shop, store: Store, queue: RecordingJobQueue) -> None:
    preview = shop.ensure()
    done = shop.advance(shop.create(environment=preview), DeploymentStatus.FAILED)
    building = shop.advance(shop.create(environment=preview), DeploymentStatus.INSTALLING)
    waiting = shop.create(environment=preview)
    elsewhere = shop.create()
    queue.jobs.clear()
    assert archive(store, preview) == (building.id, waiting.id)
    for deployment in (building, waiting):
        ended = shop.read(deployment)
        assert ended.status is DeploymentStatus.CANCELED
        assert (ended.failure, ended.finished_at) == (Failure("canceled", "The pull request was closed."), LATER)
    assert [job.key for job in queue.of_kind("report")] == [building.id, waiting.id]
    assert (shop.read(done), shop.read(elsewhere)) == (done, elsewhere)


def test_archiving_cancels_what_is_held(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    held = shop.find_created(replace(shop.wanted_preview(preview, sha_of(5)), held=True))
    assert held is not None
    assert archive(store, preview) == (held.id,)


def test_archiving_twice_is_archiving_once(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    archive(store, preview)
    with store.transaction() as work:
        assert work.previews.archive(preview.id, "", LATER + timedelta(days=1)) == ()
    assert read(store, preview).archived_at == LATER


def test_an_archived_preview_keeps_what_was_current(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    deployment = shop.deploy(shop.wanted_preview(preview, sha_of(5)))
    archive(store, preview)
    with store.transaction() as work:
        assert work.deployments.find_current(preview.id) == deployment


def test_creating_and_archiving_at_once_leaves_nothing_in_flight_that_was_there_before(
    shop: Shop, store: Store
) -> None:
    preview = shop.ensure()

    def act(number: int) -> None:
        if number % 4:
            shop.create(environment=preview)
        else:
            archive(store, preview)

    at_once(act, range(40))
    archive(store, preview)
    with store.transaction() as work:
        deployments = work.deployments.list_recent(shop.project.id, 100)
    assert {deployment.status for deployment in deployments} == {DeploymentStatus.CANCELED}
    assert len(deployments) == 30


def test_finishing_and_archiving_at_once_do_not_wait_for_each_other_in_a_circle(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    built = [
        shop.advance(
            shop.create(environment=preview),
            DeploymentStatus.INSTALLING,
            DeploymentStatus.BUILDING,
            DeploymentStatus.DEPLOYING,
        )
        for _ in range(16)
    ]

    def act(number: int) -> None:
        if number < 4:
            archive(store, preview)
            return
        with store.transaction() as work:
            done = work.deployments.advance(built[number - 4], DeploymentStatus.DEPLOYED, LATER)
            if done is not None:
                work.deployments.promote(done, LATER)

    at_once(act, range(20))
    assert all(shop.read(deployment).is_final for deployment in built)


def test_a_deployment_counts_as_activity(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    shop.find_created(shop.wanted_preview(preview, sha_of(5)), LATER)
    assert read(store, preview).active_at == LATER


def test_activity_is_never_put_back(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    for moment in (LATER, NOW):
        with store.transaction() as work:
            work.previews.touch(preview.id, moment)
    assert read(store, preview).active_at == LATER


def test_a_deployment_to_production_leaves_no_trace_of_previews(shop: Shop) -> None:
    shop.create()
    assert shop.current().preview is None


def test_previews_are_listed_by_activity_the_archived_only_when_asked_for(shop: Shop, store: Store) -> None:
    for hour, branch in enumerate(("old", "new", "gone")):
        preview = shop.ensure(key_of(branch), NOW + timedelta(hours=hour))
    archive(store, preview)
    with store.transaction() as work:
        assert names(work.previews.list_all(shop.project.id)) == ["new", "old"]
        assert names(work.previews.list_all(shop.project.id, archived=True)) == ["gone", "new", "old"]


def test_a_preview_is_found_by_its_slug_and_by_its_branch(shop: Shop, store: Store) -> None:
    preview = shop.ensure()
    with store.transaction() as work:
        assert work.previews.get_by_slug(shop.project.id, preview.slug) == preview
        assert work.previews.get_by_slug(shop.project.id, "feature/fast") == preview


def test_of_branches_of_one_name_a_living_one_is_meant(shop: Shop, store: Store) -> None:
    mine, fork = shop.ensure(), shop.ensure(replace(KEY, head_repository_id=RepositoryId(7)), LATER)
    archive(store, fork)
    with store.transaction() as work:
        assert work.previews.get_by_slug(shop.project.id, "feature/fast") == mine


@pytest.mark.parametrize("slug", ["nobody", "preview", "production", "a\x00b"])
def test_what_is_no_preview_is_not_found_as_one(shop: Shop, store: Store, slug: str) -> None:
    with pytest.raises(NotFound) as caught, store.transaction() as work:
        work.previews.get_by_slug(shop.project.id, slug)
    assert caught.value.code == "preview_not_found"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("environment_id", ["env_nowhere", "env_shop_production", "env_shop_preview"])
def test_only_previews_of_branches_are_archived_touched_and_kept(store: Store, environment_id: str) -> None:
    place = EnvironmentId(environment_id)
    for act in (
        lambda previews: previews.archive(place, "", NOW),
        lambda previews: previews.touch(place, NOW),
        lambda previews: previews.keep(place, keep=True),
    ):
        with pytest.raises(NotFound) as caught, store.transaction() as work:
            act(work.previews)
        assert caught.value.code == "preview_not_found"


def test_idle_previews_are_those_alive_without_keep_switch_in_which_nothing_happened(shop: Shop, store: Store) -> None:
    idle, kept, archived = (shop.ensure(key_of(branch)) for branch in ("idle", "kept", "archived"))
    shop.ensure(key_of("busy"), LATER)
    archive(store, archived)
    with store.transaction() as work:
        work.previews.keep(kept.id, keep=True)
        assert work.previews.list_idle(NOW) == (idle,)
        assert work.previews.list_idle(NOW - timedelta(seconds=1)) == ()
        work.previews.keep(kept.id, keep=False)
        assert sorted(names(work.previews.list_idle(NOW))) == ["idle", "kept"]
