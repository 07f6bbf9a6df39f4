"""`pushwright build` with a builder that is played: what it asks for, what it prints, how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import build_app, run
from cli.services import Programs
from domain.builds import (
    BuildOutcome,
    BuildRejected,
    BuildRequest,
    BuildStopped,
    Built,
    LogLine,
    Phase,
    PlannedBuild,
    Problem,
    TaskManifest,
)
from domain.environments import BuildSettings
from domain.ports.builds import BuildListener
from tests.fakes.forge import RecordingForge
from tests.fakes.services import UntouchedStore, cli_services_with

SHA = "a" * 40
MANIFEST = TaskManifest("{}", ("greet", "orders/ship"))
PLAN = PlannedBuild(("Install: uv sync, because uv.lock is there.",), ("install: uv sync",), "FROM base AS install\n")


@dataclass
class PlayedBuilder:
    """Remembers what it was asked for, and answers with `rejected` when there is one."""

    rejected: BuildRejected | None = None
    built: list[BuildRequest] = field(default_factory=list)
    rehearsed: list[BuildRequest] = field(default_factory=list)

    def build(self, request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        self.built.append(request)
        listener.hear(LogLine(Phase.INSTALL, "install: uv sync", "Resolved 3 packages \x1b[31m"))
        return self.rejected or Built(f"r.example/{request.image_name}:{request.tag}@sha256:{'0' * 64}", MANIFEST)

    def plan(self, request: BuildRequest) -> PlannedBuild | BuildRejected:
        assert request.tree.is_dir()
        return self.rejected if self.rejected and not self.rejected.problems else PLAN

    def rehearse(self, request: BuildRequest, listener: BuildListener) -> TaskManifest | BuildRejected | BuildStopped:
        self.rehearsed.append(request)
        listener.hear(LogLine(Phase.INSTALL, "", PLAN.explanations[0]))
        listener.hear(LogLine(Phase.INSTALL, "install: uv sync", "Resolved 3 packages"))
        return self.rejected or MANIFEST


@dataclass
class CommandLine:
    """`pushwright build` in this process, without a database."""

    builder: PlayedBuilder = field(default_factory=PlayedBuilder)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> Programs:
        def nothing(*_: object) -> None:
            raise AssertionError("This test starts no program.")

        services = cli_services_with(UntouchedStore(), RecordingForge())
        return Programs(
            lambda: services, nothing, nothing, nothing, nothing, lambda: self.builder, self.environment.get
        )

    def say(self, *arguments: str) -> str:
        result = CliRunner().invoke(build_app(self.programs), ["build", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout


Fail = Callable[..., tuple[int, str]]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fail:
    """Run the command as the program does; give its exit code and what it complains of."""

    def run_it(line: CommandLine, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["pushwright", "build", *arguments])
        with pytest.raises(SystemExit) as ended:
            run(line.programs)
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err

    return run_it


@pytest.fixture
def line() -> CommandLine:
    return CommandLine()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "My Shop!"
    directory.mkdir()
    return directory


def test_a_directory_becomes_an_image_named_like_it(line: CommandLine, tree: Path) -> None:
    said = line.say(str(tree))

    (request,) = line.builder.built
    assert (request.tree, request.image_name, request.tag) == (tree, "my-shop", "local")
    assert said.splitlines()[-1] == f"r.example/my-shop:local@sha256:{'0' * 64}"
    assert "Tasks: greet, orders/ship" in said
    assert "\\x1b[31m" in said


def test_what_is_tried_out_shares_no_cache_with_deployments(line: CommandLine, tree: Path) -> None:
    line.say(str(tree))

    assert line.builder.built[0].cache_scope == "command-line"


def test_settings_and_the_name_are_options(line: CommandLine, tree: Path) -> None:
    options = ("--config", "a/trigger.config.py", "--install-command", "make", "--pre-build-command", "make gen")
    line.say(str(tree), *options, "--tag", "acme/shop:7")

    (request,) = line.builder.built
    assert request.settings == BuildSettings("a/trigger.config.py", "make", "make gen")
    assert (request.image_name, request.tag) == ("acme/shop", "7")


def test_a_name_alone_keeps_the_usual_tag(line: CommandLine, tree: Path) -> None:
    line.say(str(tree), "--tag", "shop")

    assert (line.builder.built[0].image_name, line.builder.built[0].tag) == ("shop", "local")


def test_a_dry_run_shows_plan_containerfile_and_build_and_leaves_no_image(line: CommandLine, tree: Path) -> None:
    said = line.say("--dry-run", str(tree))

    assert [said.index(part) for part in ("# Plan", "# Containerfile", "FROM base", "# Build", "Resolved")] == sorted(
        said.index(part) for part in ("# Plan", "# Containerfile", "FROM base", "# Build", "Resolved")
    )
    assert said.count(PLAN.explanations[0]) == 1
    assert "the tasks greet, orders/ship. No image was written." in said
    assert (len(line.builder.rehearsed), line.builder.built) == (1, [])


def test_the_plan_alone_runs_nothing(line: CommandLine, tree: Path) -> None:
    said = line.say("--plan-only", str(tree))

    assert " 1. install: uv sync" in said
    assert said.endswith("FROM base AS install\n")
    assert (line.builder.rehearsed, line.builder.built) == ([], [])


def test_a_commit_on_github_is_fetched_and_named_by_its_id(line: CommandLine) -> None:
    line.say(f"acme/shop@{SHA}")

    (request,) = line.builder.built
    assert (request.image_name, request.tag) == ("acme/shop", SHA[:12])
    assert request.labels["org.opencontainers.image.revision"] == SHA


def test_values_of_variables_come_from_the_environment(tree: Path) -> None:
    line = CommandLine(environment={"TOKEN": "a secret", "OTHER": "not asked for"})
    line.say(str(tree), "--variable", "TOKEN")

    assert {name: value.reveal() for name, value in line.builder.built[0].variables.items()} == {"TOKEN": "a secret"}


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("nowhere/at/all",), 2, "build_target_invalid"),
        (("nowhere",), 2, "build_target_invalid"),
        (("acme/shop@main",), 2, "commit_sha_invalid"),
        ((f"acme/..@{SHA}",), 2, "repository_name_invalid"),
        ((f"acme/hidden@{SHA}",), 3, "repository_not_accessible"),
        ((".", "--variable", "ABSENT"), 2, "build_variable_invalid"),
        ((".", "--variable", "TOKEN=very-secret"), 2, "build_variable_invalid"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    line: CommandLine, fail: Fail, arguments: tuple[str, ...], code: int, name: str
) -> None:
    exit_code, complaint = fail(line, *arguments)

    assert (exit_code, f"[{name}]" in complaint) == (code, True)
    assert "very-secret" not in complaint
    assert line.builder.built == []


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--plan-only",)])
def test_a_repository_that_does_not_build_ends_with_its_sentence_and_code(
    tree: Path, fail: Fail, options: tuple[str, ...]
) -> None:
    line = CommandLine(PlayedBuilder(BuildRejected("config_missing", "There is no config file.")))

    assert fail(line, str(tree), *options) == (1, "pushwright: There is no config file. [config_missing]\n")


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_problems_are_shown_at_their_places(tree: Path, fail: Fail, options: tuple[str, ...]) -> None:
    problem = Problem("trigger/a.py", 3, "NameError: name \x1b is not defined")
    line = CommandLine(PlayedBuilder(BuildRejected("index_failed", "A task file fails.", (problem,))))

    code, complaint = fail(line, str(tree), *options)

    assert (code, complaint.splitlines()[0]) == (1, "trigger/a.py:3: NameError: name \\x1b is not defined")
