"""The commands about GitHub, git settings and previews, on a real store: what they print."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.app import build_app
from cli.services import CliServices, Programs
from domain.builds import Problem
from domain.decisions import Ignore
from domain.deployments import DeployedPullRequest, DeploymentStatus, Failure
from domain.identifiers import DeliveryId
from domain.ports.secrets import AppCredentials
from domain.pull_requests import Author, PreviewKey
from domain.reasons import Reason
from domain.records import NewDelivery, NewDeployment
from domain.secrets import Secret
from domain.source import BranchName, Commit, CommitSha
from store.unit_of_work import PostgresStore
from tests.fakes.forge import REPOSITORY, RecordingForge
from tests.fakes.services import APP, cli_services_with
from tests.fakes.world import pull_request

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHA = "a" * 40


@dataclass
class CommandLine:
    """`pushwright` in this process."""

    services: CliServices

    def say(self, *arguments: str) -> str:
        def nothing(*_: object) -> None:
            raise AssertionError("This test starts no program.")

        programs = Programs(lambda: self.services, *[nothing] * 6)
        result = CliRunner().invoke(build_app(programs), arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return " ".join(result.stdout.split())

    def read(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.say(*arguments, "--json"))


@pytest.fixture
def forge() -> RecordingForge:
    return RecordingForge(heads={"main": SHA}, pull_requests={1: pull_request(1, SHA)})


@pytest.fixture
def line(store: PostgresStore, forge: RecordingForge) -> CommandLine:
    return CommandLine(cli_services_with(store, forge))


@pytest.fixture
def shop(line: CommandLine) -> CommandLine:
    """The project `shop` is connected."""
    line.say("project", "create", "shop")
    line.say("project", "connect", "shop", "--repo", "acme/shop")
    return line


def line_with(store: PostgresStore, app: AppCredentials | None) -> CommandLine:
    return CommandLine(cli_services_with(store, RecordingForge(), app=app))


def test_without_an_app_the_link_that_creates_it_is_shown(store: PostgresStore) -> None:
    line = line_with(store, None)

    assert line.read("github", "app") == {
        "app": None,
        "create_it_at": "http://127.0.0.1:8787/github/app/new?key=the key of the link",
    }
    assert line.say("github", "app").endswith(
        "open this link in a browser: http://127.0.0.1:8787/github/app/new?key=the key of the link"
    )


def test_an_app_of_the_settings_is_shown_without_its_secrets(store: PostgresStore) -> None:
    assert line_with(store, replace(APP, client_secret=Secret(""))).read("github", "app") == {
        "app": 12,
        "name": "pushwright-test",
        "from": "settings",
        "install_it_at": "http://127.0.0.1:8787/github/install",
        "webhooks_go_to": "http://127.0.0.1:8787/webhooks/github",
        "people_can_sign_in": False,
    }


def test_an_app_that_was_created_from_here_is_shown(store: PostgresStore) -> None:
    with store.transaction() as work:
        work.credentials.save_app(APP)
    shown = line_with(store, None).read("github", "app")

    assert (shown["from"], shown["people_can_sign_in"]) == ("created from here", True)


def test_a_refresh_makes_installations_and_repositories_known(line: CommandLine) -> None:
    nothing_yet = line.say("github", "installations")
    said = line.say("github", "refresh", "3")

    assert "open http://127.0.0.1:8787/github/install" in nothing_yet
    assert said == "The installation on acme sees 1 repositories."
    assert line.read("github", "installations") == [
        {"installation": 3, "account": "acme", "kind": "Organization", "suspended": False, "repositories": 1}
    ]
    assert line.read("github", "repositories", "3", "--search", "SHOP") == [
        {"repository": "acme/shop", "id": 7, "default_branch": "main", "private": True, "projects": []}
    ]
    assert "It sees no such repository" in line.say("github", "repositories", "3", "--search", "nothing")


def test_a_suspended_installation_is_told(line: CommandLine, forge: RecordingForge) -> None:
    forge.installations[3] = (forge.installations[3][0], NOW)

    assert "unsuspend it in the settings of acme on GitHub" in line.say("github", "refresh", "3")


def test_git_settings_are_changed_one_by_one_and_shown(shop: CommandLine) -> None:
    shop.say("project", "git", "shop", "--no-previews", "--forks", "approval", "--ignore", "docs/", "--ignore", "*.md")
    shop.say("project", "git", "shop", "--submodules", "--no-drafts")
    shown = shop.read("project", "show", "shop")

    assert {name: shown[name] for name in ("previews", "drafts", "forks", "ignored_paths", "submodules")} == {
        "previews": False,
        "drafts": False,
        "forks": "approval",
        "ignored_paths": ["docs/", "*.md"],
        "submodules": True,
    }
    shop.say("project", "git", "shop", "--ignore", "")
    assert shop.read("project", "show", "shop")["ignored_paths"] == []


def test_a_project_is_shown_with_its_connection_and_the_reason_why_it_does_not_deploy(shop: CommandLine) -> None:
    before = shop.read("project", "show", "shop")
    said = shop.say("project", "pause", "shop")
    paused = shop.read("project", "show", "shop")
    shop.say("project", "resume", "shop")

    assert (before["repository"], before["connection"], before["reason"]) == ("acme/shop", "active", None)
    assert "do not deploy until pushwright project resume shop" in said
    assert (paused["connection"], paused["reason"], paused["hint"]) == (
        "paused",
        "Automatic deployments of the project are paused.",
        "Resume them in the project's git settings.",
    )
    assert shop.read("project", "show", "shop")["connection"] == "active"


def test_previews_are_listed_kept_and_archived(shop: CommandLine, store: PostgresStore) -> None:
    with store.transaction() as work:
        project = work.projects.get_by_slug("shop")
        work.previews.ensure(project.id, PreviewKey(REPOSITORY.id, BranchName("feature/fast")), NOW)
    kept = shop.say("previews", "keep", "shop", "feature/fast")
    listed = shop.read("previews", "list", "shop")
    shop.say("previews", "keep", "shop", "feature/fast", "--off")
    archived = shop.say("previews", "archive", "shop", "feature/fast")

    assert kept == "The preview feature/fast of shop stays until it is archived."
    assert [(one["branch"], one["keep"], one["archived"]) for one in listed] == [("feature/fast", True, None)]
    assert archived == "The preview feature/fast of shop is archived."
    assert "There are no previews" in shop.say("previews", "list", "shop")
    assert len(shop.read("previews", "list", "shop", "--archived")) == 1


def test_the_preview_environment_has_variables_of_its_own(shop: CommandLine, store: PostgresStore) -> None:
    with store.transaction() as work:
        parent = work.projects.list_environments(work.projects.get_by_slug("shop").id)[-1]
        work.variables.set(parent.id, "COLOUR", Secret("blue"))

    assert (parent.slug, shop.read("env", "list", "shop", "preview")) == ("preview", [{"name": "COLOUR"}])


def test_a_pull_request_is_explained(shop: CommandLine) -> None:
    rows = shop.read("explain", "--repo", "acme/shop", "--pull-request", "1")

    assert [(row["project"], row["outcome"], row["reason"], row["sentence"], row["hint"]) for row in rows] == [
        ("shop", "start", None, "A preview deployment was started.", None)
    ]


def test_a_delivery_and_an_explanation_use_the_same_words(shop: CommandLine, store: PostgresStore) -> None:
    delivery = NewDelivery(DeliveryId("72d3162e-cc78-11e3-81ab-4c9367dc0958"), "push", "repository:7", b"{}", NOW)
    explained = shop.read("explain", "--repo", "acme/shop", "--ref", "refs/tags/v1", "--sha", SHA)
    with store.transaction() as work:
        work.deliveries.add(delivery)
        work.deliveries.begin(delivery.id)
        work.deliveries.finish(delivery.id, [(Ignore(Reason.TAG), None)])
    listed = shop.read("deliveries", "list")

    words = ("project", "environment", "outcome", "reason", "sentence", "hint", "deployment")
    assert [{name: row[name] for name in words} for row in listed] == explained


def test_a_deployment_of_a_pull_request_is_shown_with_its_problems(shop: CommandLine, store: PostgresStore) -> None:
    with store.transaction() as work:
        project = work.projects.get_by_slug("shop")
        preview = work.previews.ensure(project.id, PreviewKey(REPOSITORY.id, BranchName("feature")), NOW)
        wanted = NewDeployment(
            project_id=project.id,
            environment_id=preview.id,
            commit=Commit(CommitSha(SHA), "Sell faster", "Bo"),
            ref="refs/heads/feature",
            before=None,
            triggered_by=Author("bo"),
            pull_request=DeployedPullRequest(1, "Sell faster", "open", trusted=False, base_sha=CommitSha("e" * 40)),
            held=True,
        )
        made = work.deployments.create(wanted, NOW)
        assert made is not None
    held = shop.read("deployments", "show", SHA)
    problems = (Problem("trigger/shop.py", 4, "No module named stripe"), Problem("pyproject.toml", None, "Odd"))
    failure = Failure("index_failed", "The tasks cannot be imported.", problems)
    with store.transaction() as work:
        work.deployments.advance(made, DeploymentStatus.FAILED, NOW, failure=failure)
    shown = shop.read("deployments", "show", SHA)

    assert held["held"] is True
    assert (shown["triggered_by"], shown["pull_request"], shown["pull_request_title"], shown["trusted"]) == (
        "bo",
        1,
        "Sell faster",
        False,
    )
    assert shown["problems"] == ["trigger/shop.py:4: No module named stripe", "pyproject.toml: Odd"]
