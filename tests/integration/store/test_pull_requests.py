"""Pull requests: seen, shown in previews, commented on once."""

from dataclasses import replace

from domain.environments import GitSettings
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.jobs import Job
from domain.ports.store import Store
from domain.records import PreviewReport, SeenPullRequest
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import KEY, NOW, REPOSITORY, Shop, add_project, pull_request_of, sha_of

OTHER = replace(REPOSITORY, id=RepositoryId(43))


def reports(store: Store, number: int = 1) -> tuple[PreviewReport, ...]:
    with store.transaction() as work:
        return work.pull_requests.list_previews(REPOSITORY.id, number)


def test_open_ones_are_listed_by_number_as_they_were_seen_last(store: Store) -> None:
    with store.transaction() as work:
        for number in (10, 9, 8):
            work.pull_requests.remember(REPOSITORY.id, pull_request_of(number))
        work.pull_requests.remember(REPOSITORY.id, replace(pull_request_of(9, sha_of(5)), draft=True))
        work.pull_requests.remember(REPOSITORY.id, pull_request_of(8, is_open=False))
        work.pull_requests.remember(OTHER.id, pull_request_of(7))
        assert work.pull_requests.list_open(REPOSITORY.id) == (
            SeenPullRequest(9, sha_of(5), draft=True, is_open=True),
            SeenPullRequest(10, sha_of(77), draft=False, is_open=True),
        )


def test_repositories_to_sweep_are_those_of_active_connections_with_previews(store: Store, shop: Shop) -> None:
    shop.connect()
    add_project(store, "same").connect()
    off, suspended = add_project(store, "off"), add_project(store, "suspended")
    with store.transaction() as work:
        work.projects.connect(off.project.id, InstallationId(7), OTHER)
        work.projects.change_git_settings(off.project.id, GitSettings(previews=False))
        gone = replace(REPOSITORY, id=RepositoryId(44))
        work.projects.connect(suspended.project.id, InstallationId(8), gone)
        work.installations.suspend(InstallationId(8), NOW)
        assert work.pull_requests.list_repositories() == (REPOSITORY.id,)


def test_previews_of_a_pull_request_come_by_project_with_their_newest_deployment(store: Store, shop: Shop) -> None:
    other = add_project(store, "atlas")
    expected = []
    for one in (other, shop):
        one.connect()
        preview = one.ensure()
        one.find_created(one.wanted_preview(preview, sha_of(5)))
        newest = one.find_created(one.wanted_preview(preview, sha_of(6)))
        assert newest is not None
        expected.append(PreviewReport(one.project.slug, KEY.slug, newest.id, archived=False))
    assert reports(store) == tuple(expected)


def test_a_preview_without_a_deployment_for_the_pull_request_is_not_told(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    shop.find_created(shop.wanted_preview(preview, sha_of(5), number=2))
    assert reports(store) == ()


def test_a_shared_preview_is_told_with_whatever_came_last(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    shop.find_created(shop.wanted_preview(preview, sha_of(5), number=1))
    newest = shop.find_created(shop.wanted_preview(preview, sha_of(6), number=2))
    assert newest is not None
    assert [report.deployment_id for report in reports(store)] == [newest.id]


def test_an_archived_preview_is_told_as_one(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    shop.find_created(shop.wanted_preview(preview, sha_of(5)))
    with store.transaction() as work:
        work.previews.archive(preview.id, "", NOW)
    assert [report.archived for report in reports(store)] == [True]


def test_a_number_of_another_repository_is_another_pull_request(store: Store, shop: Shop) -> None:
    with store.transaction() as work:
        work.projects.connect(shop.project.id, InstallationId(7), OTHER)
    shop.find_created(shop.wanted_preview(shop.ensure(), sha_of(5)))
    with store.transaction() as work:
        work.projects.disconnect(shop.project.id)
    shop.connect()
    assert reports(store) == ()


def test_our_comment_is_remembered(store: Store) -> None:
    with store.transaction() as work:
        comments = work.pull_requests
        assert (comments.find_comment(REPOSITORY.id, 1), comments.read_comment_hash(REPOSITORY.id, 1)) == (None, "")
        comments.keep_comment(REPOSITORY.id, 1, 900, "first")
        comments.keep_comment(REPOSITORY.id, 1, 901, "second")
        assert comments.find_comment(REPOSITORY.id, 1) == 901
        assert comments.read_comment_hash(REPOSITORY.id, 1) == "second"
        assert comments.find_comment(REPOSITORY.id, 2) is None


def test_seeing_a_pull_request_again_does_not_forget_the_comment(store: Store) -> None:
    with store.transaction() as work:
        work.pull_requests.keep_comment(REPOSITORY.id, 1, 900, "text")
        work.pull_requests.remember(REPOSITORY.id, pull_request_of())
        assert work.pull_requests.find_comment(REPOSITORY.id, 1) == 900


def test_the_comment_is_asked_for_one_at_a_time(store: Store, queue: RecordingJobQueue) -> None:
    with store.transaction() as work:
        work.pull_requests.queue_comment(REPOSITORY.id, 5)
    assert queue.jobs == [Job("comment", "42:5", "comment:42:5")]
