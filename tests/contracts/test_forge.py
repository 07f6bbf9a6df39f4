"""What every `Forge` does, the one tests use as well as the real one on the simulated GitHub."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.deployments import Deployment, DeploymentStatus, Version
from domain.environments import Environment, EnvironmentKind
from domain.errors import InvalidInput, TemporarilyUnavailable
from domain.events import NotInteresting
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.ports.forge import DeploymentReport, Forge
from domain.secrets import Secret
from domain.source import BranchName, Commit, CommitSha, FullName, RepositoryAddress
from github_app.client import AppIdentity, GitHubHost
from github_app.forge import GitHubForge
from github_app.simulator.faults import Fault, FaultKind
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.builds import SystemClock
from tests.fakes.forge import ADDRESS, RecordingForge
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.github_app.hosting import Developer


@dataclass
class Situation:
    """A forge that knows `acme/shop`, whose branch main is at `head`; and how to make GitHub fail."""

    forge: Forge
    address: RepositoryAddress
    head: CommitSha
    break_github: Callable[[], None]


@pytest.fixture(params=["fake", "real"])
def situation(request: pytest.FixtureRequest) -> Situation:
    found: Situation = request.getfixturevalue(f"{request.param}_situation")
    return found


@pytest.fixture
def fake_situation() -> Situation:
    forge = RecordingForge(heads={"main": "a" * 40})
    away = TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")
    return Situation(forge, ADDRESS, CommitSha("a" * 40), lambda: forge.failures.append(away))


@pytest.fixture
def real_situation(tmp_path: Path, private_key: str, oracle: OpenApiOracle) -> Iterator[Situation]:
    settings = SimulatorSettings(
        root=tmp_path / "github",
        webhook_url="http://127.0.0.1:9/",
        webhook_secret="secret",
        private_key_pem=private_key,
    )
    github = SimulatedGitHub(settings, on_exchange=oracle.judge)
    repository = github.create_repository("acme", "shop")
    installation = github.install("acme")
    with github.serve():
        head = Developer(tmp_path / "work", github.push_url("acme/shop")).publish()
        host = GitHubHost(api_url=github.base_url, web_url=github.page_url, timeout_seconds=5)
        forge = GitHubForge(host, AppIdentity(1, Secret(private_key)), SystemClock())
        fault = Fault(kind=FaultKind.BAD_GATEWAY, count=20)
        address = RepositoryAddress(installation.id, repository.id)
        yield Situation(forge, address, head, lambda: github.simulation.faults.add(fault))
        forge.close()
    assert github.complaints == ()


def test_the_head_of_a_branch_is_found(situation: Situation) -> None:
    assert situation.forge.find_branch_head(situation.address, BranchName("main")) == situation.head


def test_a_branch_that_is_not_there_has_no_head(situation: Situation) -> None:
    assert situation.forge.find_branch_head(situation.address, BranchName("gone")) is None


def test_a_repository_the_app_sees_is_found_by_name(situation: Situation) -> None:
    found = situation.forge.find_repository(FullName("acme/shop"))

    assert found is not None
    assert RepositoryAddress(found[0], found[1].id) == situation.address
    assert found[1].default_branch == "main"


def test_a_repository_the_app_does_not_see_is_not(situation: Situation) -> None:
    assert situation.forge.find_repository(FullName("acme/hidden")) is None


def test_a_right_to_clone_names_the_repository(situation: Situation) -> None:
    access = situation.forge.grant_clone(situation.address)

    assert access.repository.id == situation.address.repository_id
    assert access.url.endswith("/acme/shop.git")


def test_taking_a_right_back_never_fails(situation: Situation) -> None:
    access = situation.forge.grant_clone(situation.address)
    situation.forge.revoke_clone(access)
    situation.break_github()
    situation.forge.revoke_clone(access)
    situation.forge.revoke_clone(replace(access, token=None))


def test_a_deployment_told_twice_is_one_check_run(situation: Situation) -> None:
    first = situation.forge.report(report(situation), look_for_existing=False)
    told = replace(report(situation).deployment, check_run_id=first, status=DeploymentStatus.DEPLOYED)

    again = situation.forge.report(replace(report(situation), deployment=told), look_for_existing=False)

    assert again == first


def test_github_being_away_is_temporary(situation: Situation) -> None:
    situation.break_github()

    with pytest.raises(TemporarilyUnavailable):
        situation.forge.find_branch_head(situation.address, BranchName("main"))


def test_an_event_that_never_deploys_is_told_apart(situation: Situation) -> None:
    assert isinstance(situation.forge.translate("ping", b'{"zen": "Half measures"}'), NotInteresting)


def test_a_push_that_is_no_json_is_invalid(situation: Situation) -> None:
    with pytest.raises(InvalidInput) as refused:
        situation.forge.translate("push", b"not json")

    assert refused.value.code == "payload_invalid"


def report(situation: Situation) -> DeploymentReport:
    """Return what is to be told of a deployment that waits."""
    project, environment = ProjectId("proj_1"), EnvironmentId("env_1")
    deployment = Deployment(
        id=DeploymentId("deployment_1"),
        project_id=project,
        environment_id=environment,
        commit=Commit(situation.head),
        ref="refs/heads/main",
        version=Version(date(2026, 11, 24), 1),
        short_code="abcd1234",
        sequence=1,
        status=DeploymentStatus.PENDING,
        created_at=datetime.now(UTC),
    )
    place = Environment(environment, project, EnvironmentKind.PRODUCTION, "production")
    return DeploymentReport(situation.address, deployment, "shop", place, "")
