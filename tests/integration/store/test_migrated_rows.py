"""Rows of an earlier schema are there after the migration, and mean what they meant."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Engine, text

from domain.deployments import DeploymentStatus, Failure, GitHubTraces
from domain.environments import ConnectionState, EnvironmentKind, GitSettings
from domain.identifiers import DeploymentId, ProjectId
from domain.ports.store import Store
from domain.pull_requests import Author
from store.encryption import Cipher
from store.engine import begin, create_engine
from store.migrate import alembic_config
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import Shop, add_project, sha_of

FIRST_ROWS = """
INSERT INTO installations (id) VALUES (7), (8);
INSERT INTO repositories (id, installation_id, full_name, default_branch, private) VALUES
    (1, 7, 'acme/one', 'main', true), (2, 7, 'acme/two', 'main', true), (3, 8, 'ada/three', 'main', false);
INSERT INTO projects (id, slug, queue_policy) VALUES
    ('proj_active', 'active', 'every_commit'), ('proj_paused', 'paused', 'newest_only'),
    ('proj_lost', 'lost', 'every_commit'), ('proj_suspended', 'suspended', 'every_commit');
INSERT INTO connections (project_id, repository_id, state) VALUES
    ('proj_active', 1, 'active'), ('proj_paused', 1, 'paused'),
    ('proj_lost', 2, 'access_lost'), ('proj_suspended', 3, 'suspended');
INSERT INTO environments (id, project_id, kind, slug, tracked_branch) VALUES
    ('env_1', 'proj_active', 'production', 'production', 'main'),
    ('env_2', 'proj_paused', 'preview', 'preview', NULL);
INSERT INTO deployments (
    id, project_id, environment_id, sha, message, author_name, ref, version_day, version_number, short_code, sequence,
    status, triggered_via, triggered_by, failure_code, failure_sentence, check_run_id, created_at
) VALUES (
    'deployment_1', 'proj_active', 'env_1', 'abc', 'm', 'Ada', 'refs/heads/main', '2026-11-24', 1, 'abcdefgh', 1,
    'FAILED', 'git_integration:github', 'ada', 'install_failed', 'It failed.', 77, now()
);
INSERT INTO deliveries (id, event_name, subject, body, status, received_at) VALUES
    ('guid', 'push', 'repository:1', 'x', 'done', now());
INSERT INTO decisions (delivery_id, ordinal, outcome, reason, sentence, hint, deployment_id) VALUES
    ('guid', 0, 'start', '', 'Started.', '', 'deployment_1');
"""


@pytest.fixture
def migrated(empty_database_url: str) -> Iterator[Store]:
    """A store on a database whose rows were written by the first schema."""
    engine = create_engine(empty_database_url)
    with begin(engine) as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql(FIRST_ROWS)
    with begin(engine) as connection:
        command.upgrade(alembic_config(connection), "head")
    yield PostgresStore(engine, RecordingJobQueue(), Cipher(bytes(32)))
    engine.dispose()


def test_every_project_has_one_preview_environment(migrated: Store) -> None:
    with migrated.transaction() as work:
        places = {project.slug: work.projects.list_environments(project.id) for project in work.projects.list_all()}
    previews = {
        slug: [place.slug for place in found if place.kind is EnvironmentKind.PREVIEW] for slug, found in places.items()
    }
    assert previews == {slug: ["preview"] for slug in ("active", "paused", "lost", "suspended")}
    assert len(places["active"]) == 2
    assert places["paused"][0].id == "env_2"


def test_projects_have_the_default_git_settings(migrated: Store) -> None:
    with migrated.transaction() as work:
        assert {project.git for project in work.projects.list_all()} == {GitSettings()}


def test_states_are_derived_as_they_were(migrated: Store) -> None:
    with migrated.transaction() as work:
        found = {project.slug: work.projects.find_connection(project.id) for project in work.projects.list_all()}
    assert {slug: connection.state for slug, connection in found.items() if connection} == {
        "active": ConnectionState.ACTIVE,
        "paused": ConnectionState.PAUSED,
        "lost": ConnectionState.ACCESS_LOST,
        "suspended": ConnectionState.SUSPENDED,
    }


def test_deployments_and_decisions_are_what_they_were(migrated: Store) -> None:
    with migrated.transaction() as work:
        deployment = work.deployments.get(DeploymentId("deployment_1"))
        delivery = work.deliveries.list_recent(1)[0]
    assert (deployment.status, deployment.triggered_by) == (DeploymentStatus.FAILED, Author("ada", ""))
    assert (deployment.failure, deployment.on_github) == (
        Failure("install_failed", "It failed."),
        GitHubTraces(check_run_id=77),
    )
    assert (deployment.pull_request, deployment.held) == (None, False)
    assert [(one.outcome, one.deployment_id) for one in delivery.decisions] == [("start", "deployment_1")]


def test_going_back_leaves_what_the_first_schema_knew(shop: Shop, store: Store, engine: Engine) -> None:
    shop.connect()
    shop.deploy(shop.wanted(1))
    shop.deploy(shop.wanted_preview(shop.ensure(), sha_of(5)))
    paused = add_project(store, "paused")
    paused.connect()
    with store.transaction() as work:
        work.projects.pause(paused.project.id, paused=True)
    with begin(engine) as connection:
        command.downgrade(alembic_config(connection), "0001")
        states = connection.execute(text("SELECT project_id, state FROM connections ORDER BY project_id")).all()
        kept = connection.execute(text("SELECT triggered_by FROM deployments")).scalars().all()
        kinds = set(connection.execute(text("SELECT kind FROM environments")).scalars())
    assert [tuple(row) for row in states] == [("proj_paused", "paused"), ("proj_shop", "active")]
    assert (kept, kinds) == (["ada"], {"production", "staging"})


def test_going_back_and_forth_gives_every_project_a_preview_environment_again(shop: Shop, engine: Engine) -> None:
    with begin(engine) as connection:
        command.downgrade(alembic_config(connection), "0001")
        command.upgrade(alembic_config(connection), "head")
    with shop.store.transaction() as work:
        environments = work.projects.list_environments(ProjectId("proj_shop"))
    assert [environment.slug for environment in environments] == ["production", "staging", "preview"]
