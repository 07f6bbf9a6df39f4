"""Preview targets: what routing of pull requests learns of a repository."""

from dataclasses import replace

from sqlalchemy import Engine, event

from domain.deployments import DeploymentStatus
from domain.environments import ConnectionState, GitSettings, Project
from domain.identifiers import ProjectId, RepositoryId
from domain.ports.store import Store
from domain.pull_requests import PreviewKey, PullRequest
from domain.source import BranchName
from domain.targets import KnownDeployment, PreviewTarget
from store.encryption import Cipher
from store.targets import NEWEST
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import INSTALLATION, KEY, NOW, REPOSITORY, Shop, add_project, pull_request_of, sha_of

OTHER = RepositoryId(43)


def targets(
    store: Store, pull_request: PullRequest | None = None, key: PreviewKey | None = KEY
) -> tuple[PreviewTarget, ...]:
    with store.transaction() as work:
        return work.previews.list_targets(REPOSITORY.id, pull_request or pull_request_of(), key)


def remember(store: Store, pull_request: PullRequest, repository_id: RepositoryId = REPOSITORY.id) -> None:
    with store.transaction() as work:
        work.pull_requests.remember(repository_id, pull_request)


def test_a_repository_nobody_connected_has_none(store: Store, shop: Shop) -> None:
    shop.ensure()
    assert targets(store) == ()


def test_every_connected_project_by_name_with_its_preview_environment(store: Store, shop: Shop) -> None:
    shop.connect()
    other = add_project(store, "atlas")
    other.connect()
    add_project(store, "unconnected")
    assert targets(store) == tuple(
        PreviewTarget(one.project, ConnectionState.ACTIVE, one.preview) for one in (other, shop)
    )


def test_the_git_settings_come_with_the_project(store: Store, shop: Shop) -> None:
    shop.connect()
    settings = GitSettings(previews=False, drafts=False, ignored_paths=("docs/**",))
    with store.transaction() as work:
        work.projects.change_git_settings(shop.project.id, settings)
    assert targets(store)[0].project == replace(shop.project, git=settings)


def test_a_project_without_preview_environment_has_no_parent(store: Store) -> None:
    bare = Project(ProjectId("proj_bare"), "bare")
    with store.transaction() as work:
        work.projects.add(bare, [])
        work.projects.connect(bare.id, INSTALLATION, REPOSITORY)
    assert targets(store) == (PreviewTarget(bare, ConnectionState.ACTIVE, None),)


def test_the_preview_comes_with_its_deployments_newest_first_and_what_is_current(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    current = shop.deploy(shop.wanted_preview(preview, sha_of(5)))
    held = shop.find_created(replace(shop.wanted_preview(preview, sha_of(6)), held=True))
    assert held is not None
    target = targets(store)[0]
    assert target.existing is not None
    assert (target.existing.id, target.current_sha, target.active_previews) == (preview.id, sha_of(5), 0)
    assert target.deployments == (
        KnownDeployment(held.id, sha_of(6), None, DeploymentStatus.PENDING, held=True, sequence=2),
        KnownDeployment(current.id, sha_of(5), None, DeploymentStatus.DEPLOYED, sequence=1),
    )


def test_an_archived_preview_is_told_as_one(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    with store.transaction() as work:
        work.previews.archive(preview.id, "", NOW)
    target = targets(store)[0]
    assert target.existing is not None
    assert not target.is_alive


def test_an_old_deployment_is_known_when_its_commit_is_the_head(store: Store, shop: Shop) -> None:
    shop.connect()
    preview = shop.ensure()
    old = shop.find_created(shop.wanted_preview(preview, sha_of(5)))
    assert old is not None
    for number in range(NEWEST):
        shop.find_created(shop.wanted_preview(preview, sha_of(100 + number)))
    assert len(targets(store)[0].deployments) == NEWEST
    asked = targets(store, pull_request_of(head=sha_of(5)))[0].deployments
    assert (len(asked), asked[-1].id) == (NEWEST + 1, old.id)


def test_living_previews_of_other_branches_count_against_the_limit(store: Store, shop: Shop, engine: Engine) -> None:
    shop.connect()
    shop.ensure()
    for branch in ("a", "b", "c"):
        preview = shop.ensure(PreviewKey(REPOSITORY.id, BranchName(branch)))
    with store.transaction() as work:
        work.previews.archive(preview.id, "", NOW)
    assert (targets(store)[0].active_previews, targets(store)[0].preview_limit) == (2, 20)
    limited = PostgresStore(engine, RecordingJobQueue(), Cipher(bytes(32)), preview_limit=3)
    assert targets(limited)[0].preview_limit == 3


def test_without_a_key_there_is_no_preview_and_all_others_count(store: Store, shop: Shop) -> None:
    shop.connect()
    shop.ensure()
    remember(store, pull_request_of(2))
    expected = PreviewTarget(shop.project, ConnectionState.ACTIVE, shop.preview, active_previews=1)
    assert targets(store, key=None) == (expected,)


def test_it_is_shared_with_other_open_pull_requests_of_the_same_repository_and_head(store: Store, shop: Shop) -> None:
    shop.connect()
    for number in (1, 4, 3):
        remember(store, pull_request_of(number))
    remember(store, pull_request_of(5, is_open=False))
    remember(store, replace(pull_request_of(6), head_branch="Feature/fast"))
    remember(store, replace(pull_request_of(7), head_repository_id=OTHER))
    remember(store, replace(pull_request_of(8), head_repository_id=None))
    remember(store, pull_request_of(9), OTHER)
    assert targets(store)[0].shared_with == (3, 4)


def test_a_pull_request_that_was_closed_shares_no_longer(store: Store, shop: Shop) -> None:
    shop.connect()
    remember(store, pull_request_of(2))
    remember(store, pull_request_of(2, is_open=False))
    assert targets(store)[0].shared_with == ()


def test_six_queries_however_many_projects(store: Store, shop: Shop, engine: Engine) -> None:
    shop.connect()
    add_project(store, "other").connect()
    statements: list[str] = []
    with store.transaction() as work:
        event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
        work.previews.list_targets(REPOSITORY.id, pull_request_of(), KEY)
    assert len(statements) == 6
