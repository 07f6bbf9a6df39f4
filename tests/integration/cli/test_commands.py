"""The commands on a real store: what they print, and how they end."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from cli.app import build_app, run
from cli.services import CliServices, Programs
from domain.errors import OperatorError, TemporarilyUnavailable
from store.unit_of_work import PostgresStore
from tests.fakes.forge import RecordingForge
from tests.fakes.services import cli_services_with

pytestmark = pytest.mark.postgres


@dataclass
class CommandLine:
    """`pushwright` in this process."""

    programs: Programs

    def succeed(self, *arguments: str, stdin: str = "") -> str:
        result = CliRunner().invoke(build_app(self.programs), arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    def fail(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
        """Run a command as the program does and return its exit code."""
        monkeypatch.setattr("sys.argv", ["pushwright", *arguments])
        with pytest.raises(SystemExit) as ended:
            run(self.programs)
        assert isinstance(ended.value.code, int)
        return ended.value.code


@pytest.fixture
def line(store: PostgresStore) -> CommandLine:
    services = cli_services_with(store, RecordingForge(heads={"main": "a" * 40, "next": "b" * 40}))
    return CommandLine(programs_with(services))


def programs_with(services: CliServices) -> Programs:
    return programs_that_give(lambda: services)


def programs_that_give(services: Callable[[], CliServices]) -> Programs:
    def nothing(*_: object) -> None:
        raise AssertionError("This test starts no program.")

    return Programs(services, *[nothing] * 6)


def test_a_project_is_created_connected_and_shown(line: CommandLine) -> None:
    line.succeed("project", "create", "shop")
    said = line.succeed("project", "connect", "shop", "--repo", "acme/shop", "--staging", "next")
    shown = json.loads(line.succeed("project", "show", "shop", "--json"))

    assert "Pushes to main deploy to production." in said
    assert shown["connection"] == "active"
    assert [(e["environment"], e["tracks"]) for e in shown["environments"]] == [
        ("production", "main"),
        ("staging", "next"),
        ("preview", None),
    ]


def test_build_settings_are_trimmed_and_kept(line: CommandLine) -> None:
    line.succeed("project", "create", "shop")
    line.succeed("project", "settings", "shop", "--config", "/apps/x/trigger.config.py", "--install-command", " make ")
    shown = json.loads(line.succeed("project", "show", "shop", "--json"))

    assert (shown["config_file"], shown["install_command"]) == ("apps/x/trigger.config.py", "make")


def test_disconnecting_keeps_the_build_settings(line: CommandLine) -> None:
    line.succeed("project", "create", "shop")
    line.succeed("project", "connect", "shop", "--repo", "acme/shop")
    line.succeed("project", "settings", "shop", "--pre-build-command", "make")
    line.succeed("project", "disconnect", "shop")
    shown = json.loads(line.succeed("project", "show", "shop", "--json"))

    assert (shown["connection"], shown["pre_build_command"]) == ("not connected", "make")


def test_a_variable_goes_in_by_standard_input_and_only_its_name_comes_out(line: CommandLine) -> None:
    line.succeed("project", "create", "shop")
    line.succeed("env", "set", "shop", "production", "TRIGGER_BUILD_TOKEN", stdin="the value\n")
    listed = line.succeed("env", "list", "shop", "production")
    line.succeed("env", "rm", "shop", "production", "TRIGGER_BUILD_TOKEN")

    assert "TRIGGER_BUILD_TOKEN" in listed
    assert "the value" not in listed
    assert "No variables" in line.succeed("env", "list", "shop", "production")


def test_empty_lists_say_what_to_do(line: CommandLine) -> None:
    assert "Push to a tracked branch" in line.succeed("deployments", "list")
    assert "has not delivered" in line.succeed("deliveries", "list")


def test_explain_answers_for_a_tracked_branch(line: CommandLine) -> None:
    line.succeed("project", "create", "shop")
    line.succeed("project", "connect", "shop", "--repo", "acme/shop")
    rows = json.loads(line.succeed("explain", "--repo", "acme/shop", "--ref", "main", "--sha", "a" * 40, "--json"))

    assert [(row["environment"], row["outcome"]) for row in rows] == [("production", "start")]


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("project", "create", "Not A Slug"), 2, "project_slug_invalid"),
        (("project", "create", "taken"), 4, "project_exists"),
        (("project", "show", "nowhere"), 3, "project_not_found"),
        (("project", "connect", "taken", "--repo", "acme/hidden"), 3, "repository_not_accessible"),
        (("project", "connect", "taken", "--repo", "../../etc"), 2, "repository_name_invalid"),
        (("project", "track", "taken", "--staging", "main"), 3, "project_not_connected"),
        (("project", "settings", "taken", "--install-command", "a\nb"), 2, "build_setting_invalid"),
        (("project", "settings", "taken", "--install-command", "a" * 501), 2, "build_setting_invalid"),
        (("env", "set", "taken", "production", "TRIGGER_SECRET_KEY"), 2, "variable_reserved"),
        (("deployments", "show", "nope"), 3, "deployment_not_found"),
        (("deliveries", "replay", "nope"), 3, "delivery_not_found"),
        (("explain", "--repo", "acme/shop", "--ref", "main", "--sha", "abc"), 2, "commit_sha_invalid"),
        (("explain", "--repo", "acme/shop", "--ref", "main"), 2, "question_invalid"),
        (("project", "pause", "taken"), 3, "project_not_connected"),
        (("project", "git", "taken", "--ignore", "a\nb"), 2, "git_setting_invalid"),
        (("github", "repositories", "5"), 3, "installation_not_found"),
        (("github", "refresh", "5"), 3, "installation_not_found"),
        (("previews", "archive", "taken", "nope"), 3, "preview_not_found"),
        (("previews", "keep", "taken", "nope"), 3, "preview_not_found"),
    ],
)
def test_what_cannot_be_done_ends_with_a_sentence_and_its_code(
    line: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    name: str,
) -> None:
    line.succeed("project", "create", "taken")
    monkeypatch.setattr("sys.stdin", io.StringIO("a value"))

    assert line.fail(monkeypatch, *arguments) == code
    assert f"[{name}]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [(TemporarilyUnavailable("database_unavailable", "Away."), 75), (OperatorError("settings_invalid", "Wrong."), 70)],
)
def test_faults_of_the_operator_and_the_world_have_their_own_exit_codes(
    monkeypatch: pytest.MonkeyPatch, error: OperatorError, code: int
) -> None:
    def away() -> CliServices:
        raise error

    assert CommandLine(programs_that_give(away)).fail(monkeypatch, "deployments", "list") == code
