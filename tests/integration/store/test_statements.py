"""No value ever becomes part of a statement's text."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Engine, event

from domain.builds import Problem
from domain.decisions import Ignore
from domain.deployments import DeployedPullRequest, Deployment, DeploymentStatus, Failure, GitHubTraces
from domain.environments import BuildSettings, Environment, EnvironmentKind, GitSettings, Project
from domain.events import Account
from domain.identifiers import DeliveryId, EnvironmentId, InstallationId, ProjectId
from domain.ports.secrets import AppCredentials, Purpose, RoundTrip
from domain.ports.store import UnitOfWork
from domain.pull_requests import Author, PreviewKey
from domain.reasons import Reason
from domain.records import DecidedHead, NewDelivery, NewDeployment
from domain.secrets import Secret
from domain.source import BranchName, Commit, CommitSha, FullName, RepositoryAddress
from store.unit_of_work import PostgresStore
from tests.fakes.shop import NOW, REPOSITORY, pull_request_of

MARK = "m4rk'; --"
INSTALLATION = InstallationId(1)


def test_values_are_parameters(engine: Engine, store: PostgresStore) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    with store.transaction() as work:
        project = _fill_projects(work)
        _fill_installations(work)
        _fill_deliveries(work)
        preview = _fill_previews(work, project)
        _fill_deployments(work, project, preview)
        _fill_pull_requests(work)
        _fill_credentials(work)
    assert len(statements) > 80
    assert [statement for statement in statements if "m4rk" in statement] == []


def _fill_projects(work: UnitOfWork) -> Project:
    settings = BuildSettings(MARK, MARK, MARK)
    project = Project(ProjectId(MARK), MARK, settings, git=GitSettings(ignored_paths=(MARK,)))
    work.projects.add(project, [Environment(EnvironmentId(MARK), project.id, EnvironmentKind.PREVIEW, MARK)])
    repository = replace(REPOSITORY, full_name=FullName(MARK), default_branch=BranchName(MARK))
    work.projects.connect(project.id, INSTALLATION, repository)
    work.projects.track(EnvironmentId(MARK), BranchName(MARK))
    work.projects.change_settings(project.id, settings)
    work.projects.change_git_settings(project.id, project.git)
    work.projects.get_by_slug(MARK)
    work.projects.list_targets(RepositoryAddress(INSTALLATION, REPOSITORY.id), [CommitSha(MARK)])
    work.projects.remember_head(REPOSITORY.id, BranchName(MARK), DecidedHead(CommitSha(MARK)))
    work.projects.list_tracked_branches()
    work.variables.set(EnvironmentId(MARK), "m4rk", Secret(MARK))
    work.variables.reveal_all(EnvironmentId(MARK))
    work.variables.remove(EnvironmentId(MARK), "m4rk")
    return project


def _fill_installations(work: UnitOfWork) -> None:
    work.installations.remember(INSTALLATION, Account(1, MARK, MARK))
    repository = replace(REPOSITORY, full_name=FullName(MARK), default_branch=BranchName(MARK))
    work.installations.replace_repositories(INSTALLATION, [repository])
    work.installations.find_repository(FullName(MARK))
    work.installations.search_repositories(INSTALLATION, MARK, limit=1)


def _fill_deliveries(work: UnitOfWork) -> None:
    delivery = DeliveryId(MARK)
    work.deliveries.add(NewDelivery(delivery, MARK, MARK, MARK.encode(), NOW))
    work.deliveries.begin(delivery)
    work.deliveries.finish(delivery, [(Ignore(Reason.TAG, detail=MARK), None)])
    work.deliveries.fail(delivery, MARK)
    work.deliveries.replay(delivery)
    work.deliveries.find_unknown([delivery])
    work.deliveries.list_recent(1)


def _fill_previews(work: UnitOfWork, project: Project) -> Environment:
    key = PreviewKey(REPOSITORY.id, BranchName(MARK))
    pull_request = replace(pull_request_of(head=CommitSha(MARK)), head_branch=MARK)
    preview = work.previews.ensure(project.id, key, NOW)
    work.previews.list_targets(REPOSITORY.id, pull_request, key)
    work.previews.get_by_slug(project.id, MARK)
    work.previews.touch(preview.id, NOW)
    work.previews.archive(preview.id, MARK, NOW)
    return work.previews.ensure(project.id, key, NOW)


def _fill_deployments(work: UnitOfWork, project: Project, preview: Environment) -> None:
    wanted = NewDeployment(
        project_id=project.id,
        environment_id=preview.id,
        commit=Commit(CommitSha(MARK), MARK, MARK),
        ref=MARK,
        before=CommitSha(MARK),
        triggered_by=Author(MARK, MARK),
        pull_request=DeployedPullRequest(1, MARK, MARK, trusted=False, base_sha=CommitSha(MARK)),
        held=True,
    )
    created = work.deployments.create(wanted, NOW)
    assert created is not None
    work.deployments.approve(created.id, MARK)
    work.deployments.find_by_short_code(project.id, MARK)
    work.deployments.list_of_commit(REPOSITORY.id, CommitSha(MARK))
    work.deployments.append_log(created.id, [(MARK, MARK, MARK)])
    work.deployments.save_manifest(created.id, MARK, [MARK])
    _end(work, created)


def _end(work: UnitOfWork, created: Deployment) -> None:
    failure = Failure(MARK, MARK, (Problem(MARK, 1, MARK, MARK),))
    work.deployments.advance(created, DeploymentStatus.FAILED, NOW, failure=failure, image=MARK)
    work.deployments.mark_reported(created.id, DeploymentStatus.FAILED, GitHubTraces(1, 2, MARK))


def _fill_pull_requests(work: UnitOfWork) -> None:
    work.pull_requests.remember(REPOSITORY.id, replace(pull_request_of(), head_branch=MARK))
    work.pull_requests.keep_comment(REPOSITORY.id, 1, 1, MARK)
    work.pull_requests.list_previews(REPOSITORY.id, 1)


def _fill_credentials(work: UnitOfWork) -> None:
    secret = Secret(MARK)
    work.credentials.save_app(AppCredentials(1, MARK, secret, secret, MARK, secret, secret))
    work.credentials.begin_trip(RoundTrip(Purpose.INSTALL, MARK, MARK, MARK, NOW + timedelta(hours=1)))
    work.credentials.end_trip(MARK, NOW)
