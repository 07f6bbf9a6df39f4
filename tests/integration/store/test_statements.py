"""No value ever becomes part of a statement's text."""

from dataclasses import replace

from sqlalchemy import Engine, event

from domain.deployments import DeploymentStatus, Failure
from domain.environments import BuildSettings, Environment, EnvironmentKind, Project
from domain.identifiers import DeliveryId, EnvironmentId, InstallationId, ProjectId
from domain.ports.store import UnitOfWork
from domain.records import NewDelivery, NewDeployment
from domain.routing import Ignore, Reason
from domain.secrets import Secret
from domain.source import BranchName, Commit, CommitSha, FullName, Repository, RepositoryAddress
from store.unit_of_work import PostgresStore
from tests.fakes.shop import NOW, REPOSITORY

MARK = "m4rk'; --"


def test_values_are_parameters(engine: Engine, store: PostgresStore) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    with store.transaction() as work:
        project = _fill_projects(work)
        _fill_deliveries(work)
        _fill_deployments(work, project)
    assert len(statements) > 30
    assert [statement for statement in statements if "m4rk" in statement] == []


def _fill_projects(work: UnitOfWork) -> Project:
    settings = BuildSettings(MARK, MARK, MARK)
    project = Project(ProjectId(MARK), MARK, settings)
    work.projects.add(project, [Environment(EnvironmentId(MARK), project.id, EnvironmentKind.PREVIEW, MARK)])
    repository = replace(REPOSITORY, full_name=FullName(MARK), default_branch=BranchName(MARK))
    work.projects.connect(project.id, InstallationId(1), repository)
    work.projects.track(EnvironmentId(MARK), BranchName(MARK))
    work.projects.change_settings(project.id, settings)
    work.projects.get_by_slug(MARK)
    work.projects.list_targets(RepositoryAddress(InstallationId(1), _id_of(repository)), [CommitSha(MARK)])
    work.variables.set(EnvironmentId(MARK), "m4rk", Secret(MARK))
    work.variables.reveal_all(EnvironmentId(MARK))
    work.variables.remove(EnvironmentId(MARK), "m4rk")
    return project


def _id_of(repository: Repository) -> int:
    return repository.id


def _fill_deliveries(work: UnitOfWork) -> None:
    delivery = DeliveryId(MARK)
    work.deliveries.add(NewDelivery(delivery, MARK, MARK, MARK.encode(), NOW))
    work.deliveries.begin(delivery)
    work.deliveries.finish(delivery, [(Ignore(Reason.TAG, detail=MARK), None)])
    work.deliveries.fail(delivery, MARK)
    work.deliveries.replay(delivery)
    work.deliveries.list_recent(1)


def _fill_deployments(work: UnitOfWork, project: Project) -> None:
    commit = Commit(CommitSha(MARK), MARK, MARK)
    wanted = NewDeployment(project.id, EnvironmentId(MARK), commit, MARK, CommitSha(MARK), MARK)
    created = work.deployments.create(wanted, NOW)
    assert created is not None
    work.deployments.find_by_short_code(project.id, MARK)
    work.deployments.append_log(created.id, [(MARK, MARK, MARK)])
    work.deployments.save_manifest(created.id, MARK, [MARK])
    failure = Failure(MARK, MARK)
    work.deployments.advance(created, DeploymentStatus.FAILED, NOW, failure=failure, image=MARK)
