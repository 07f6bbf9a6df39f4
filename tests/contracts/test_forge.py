"""What every `Forge` does, the one tests use as well as the real one on the simulated GitHub."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.deployments import Deployment, DeploymentStatus, Version
from domain.environments import Environment, EnvironmentKind
from domain.errors import InvalidInput, TemporarilyUnavailable
from domain.events import NotInteresting
from domain.identifiers import DeploymentId, EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.ports.forge import DeploymentReport, Forge, PullRequestComment, WatchedRepository
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


def test_a_pull_request_that_is_not_there_is_none(situation: Situation) -> None:
    assert situation.forge.find_pull_request(situation.address, 4711) is None


def test_paths_since_an_unknown_commit_are_unknown(situation: Situation) -> None:
    assert situation.forge.list_changed_paths(situation.address, CommitSha("f" * 40), situation.head) is None


def test_a_stranger_may_not_push(situation: Situation) -> None:
    assert situation.forge.has_write_access(situation.address, "stranger") is False


def test_an_installation_says_whose_it_is(situation: Situation) -> None:
    found = situation.forge.find_installation(situation.address.installation_id)

    assert found is not None
    assert (found[0].login, found[1]) == ("acme", None)


def test_an_unknown_installation_is_gone(situation: Situation) -> None:
    assert situation.forge.find_installation(InstallationId(4711)) is None


def test_the_installation_is_listed(situation: Situation) -> None:
    listed = {installation_id: account.login for installation_id, account, _ in situation.forge.list_installations()}

    assert listed == {situation.address.installation_id: "acme"}


def test_an_installation_lists_what_it_sees(situation: Situation) -> None:
    listed = situation.forge.list_repositories(situation.address.installation_id)

    assert [(repository.id, repository.full_name) for repository in listed] == [
        (situation.address.repository_id, "acme/shop")
    ]


def test_a_deployment_told_twice_leaves_the_same_traces(situation: Situation) -> None:
    first = situation.forge.report(report(situation), look_for_existing=False)
    told = replace(report(situation).deployment, on_github=first, status=DeploymentStatus.BUILDING)

    again = situation.forge.report(replace(report(situation), deployment=told), look_for_existing=False)

    assert first.check_run_id is not None
    assert (again.check_run_id, again.deployment_id) == (first.check_run_id, first.deployment_id)
    assert first.deployment_state != again.deployment_state


def test_a_pull_request_has_one_comment(situation: Situation) -> None:
    comment = PullRequestComment(situation.address, 12, (report(situation),), None)
    first = situation.forge.write_comment(comment)

    assert situation.forge.write_comment(replace(comment, comment_id=first)) == first
    assert situation.forge.write_comment(comment) == first


def test_nothing_was_delivered_lately(situation: Situation) -> None:
    assert list(situation.forge.list_hook_deliveries(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_the_sweep_learns_where_branches_are(situation: Situation) -> None:
    branches = (BranchName("main"), BranchName("gone"))
    watched = WatchedRepository(situation.address, FullName("acme/shop"), branches, pull_requests=True)

    (facts,) = situation.forge.read_repositories(situation.address.installation_id, [watched])

    assert (facts.repository.full_name, facts.pull_requests) == ("acme/shop", ())
    assert {branch: commit.sha for branch, commit in facts.heads.items()} == {"main": situation.head}


def test_the_sweep_leaves_out_what_the_app_does_not_see(situation: Situation) -> None:
    hidden = RepositoryAddress(situation.address.installation_id, RepositoryId(4711))
    watched = WatchedRepository(hidden, FullName("acme/hidden"), (BranchName("main"),), pull_requests=True)

    assert situation.forge.read_repositories(situation.address.installation_id, [watched]) == ()


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
