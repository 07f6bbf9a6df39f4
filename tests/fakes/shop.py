"""A project with its environments, and short ways to deploy in them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from domain.deployments import DeployedPullRequest, Deployment, DeploymentStatus
from domain.environments import Environment, EnvironmentKind, Project
from domain.identifiers import (
    EnvironmentId,
    InstallationId,
    ProjectId,
    RepositoryId,
)
from domain.ports.store import Store
from domain.pull_requests import Author, PreviewKey, PullRequest
from domain.records import NewDeployment
from domain.source import BranchName, Commit, CommitSha, FullName, Repository

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
INSTALLATION = InstallationId(7)
REPOSITORY = Repository(RepositoryId(42), FullName("acme/shop"), BranchName("main"), private=True)
KEY = PreviewKey(REPOSITORY.id, BranchName("feature/fast"))
PATH_TO = {
    DeploymentStatus.PENDING: (),
    DeploymentStatus.INSTALLING: (DeploymentStatus.INSTALLING,),
    DeploymentStatus.BUILDING: (DeploymentStatus.INSTALLING, DeploymentStatus.BUILDING),
    DeploymentStatus.DEPLOYING: (DeploymentStatus.INSTALLING, DeploymentStatus.BUILDING, DeploymentStatus.DEPLOYING),
    DeploymentStatus.DEPLOYED: (
        DeploymentStatus.INSTALLING,
        DeploymentStatus.BUILDING,
        DeploymentStatus.DEPLOYING,
        DeploymentStatus.DEPLOYED,
    ),
    DeploymentStatus.FAILED: (DeploymentStatus.FAILED,),
    DeploymentStatus.CANCELED: (DeploymentStatus.CANCELED,),
    DeploymentStatus.TIMED_OUT: (DeploymentStatus.TIMED_OUT,),
}
_numbers = count(1)
Item = TypeVar("Item")
Answer = TypeVar("Answer")


def sha_of(number: int) -> CommitSha:
    return CommitSha(f"{number:040x}")


def at_once(work: Callable[[Item], Answer], items: Iterable[Item], threads: int = 20) -> list[Answer]:
    """Do the work for every item in threads that run together."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def pull_request_of(number: int = 1, head: CommitSha | None = None, *, is_open: bool = True) -> PullRequest:
    """A pull request of the branch `feature/fast` of the repository itself."""
    return PullRequest(
        id=1000 + number,
        number=number,
        title="Sell faster",
        is_open=is_open,
        merged=False,
        draft=False,
        head_repository_id=KEY.head_repository_id,
        head_branch=KEY.branch,
        head=Commit(head or sha_of(77), "Sell faster", "Bo"),
        base_branch="main",
        base=Commit(sha_of(1)),
    )


@dataclass(frozen=True)
class Shop:
    """The stored project `shop`."""

    store: Store
    project: Project
    production: Environment
    staging: Environment
    preview: Environment

    def wanted(self, number: int | None = None, *, environment: Environment | None = None) -> NewDeployment:
        sha = sha_of(next(_numbers) + 1000 if number is None else number)
        return NewDeployment(
            project_id=self.project.id,
            environment_id=(environment or self.production).id,
            commit=Commit(sha, "Sell more", "Ada"),
            ref="refs/heads/main",
            before=None,
            triggered_by=Author("ada", "https://avatars.example/ada"),
        )

    def find_created(self, wanted: NewDeployment, now: datetime = NOW) -> Deployment | None:
        with self.store.transaction() as work:
            return work.deployments.create(wanted, now)

    def create(self, number: int | None = None, *, environment: Environment | None = None) -> Deployment:
        created = self.find_created(self.wanted(number, environment=environment))
        assert created is not None
        return created

    def create_forced(self, number: int) -> Deployment:
        created = self.find_created(replace(self.wanted(number), forced=True))
        assert created is not None
        return created

    def wanted_preview(self, preview: Environment, sha: CommitSha, *, number: int = 1) -> NewDeployment:
        """A deployment of the pull request's commit to its preview."""
        made_for = DeployedPullRequest(number, "Sell faster", "open", trusted=True, base_sha=sha_of(1))
        return replace(self.wanted(environment=preview), commit=Commit(sha, "Sell faster", "Bo"), pull_request=made_for)

    def ensure(self, key: PreviewKey = KEY, now: datetime = NOW) -> Environment:
        with self.store.transaction() as work:
            return work.previews.ensure(self.project.id, key, now)

    def advance(self, deployment: Deployment, *path: DeploymentStatus) -> Deployment:
        with self.store.transaction() as work:
            for status in path:
                moved = work.deployments.advance(deployment, status, NOW)
                assert moved is not None
                deployment = moved
        return deployment

    def create_in(self, status: DeploymentStatus, number: int | None = None) -> Deployment:
        return self.advance(self.create(number), *PATH_TO[status])

    def deploy(self, wanted: NewDeployment) -> Deployment:
        """Bring it all the way and make it current."""
        created = self.find_created(wanted)
        assert created is not None
        done = self.advance(created, *PATH_TO[DeploymentStatus.DEPLOYED])
        with self.store.transaction() as work:
            assert work.deployments.promote(done, NOW)
        return done

    def read(self, deployment: Deployment) -> Deployment:
        with self.store.transaction() as work:
            return work.deployments.get(deployment.id)

    def current(self) -> Environment:
        with self.store.transaction() as work:
            return work.projects.get_environment(self.production.id)

    def connect(self) -> None:
        with self.store.transaction() as work:
            work.projects.connect(self.project.id, INSTALLATION, REPOSITORY)


def add_project(store: Store, slug: str) -> Shop:
    project = Project(ProjectId(f"proj_{slug}"), slug)
    production, staging, preview = (
        Environment(EnvironmentId(f"env_{slug}_{kind.value}"), project.id, kind, kind.value) for kind in EnvironmentKind
    )
    with store.transaction() as work:
        work.projects.add(project, [staging, preview, production])
    return Shop(store, project, production, staging, preview)
