"""`pushwright build`: a directory, or a commit on GitHub, becomes an image; or what would become of it is shown."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.build_output import BuildPrinter, print_containerfile, print_plan
from cli.output import printable
from cli.services import programs_of, services_of
from domain.builds import BuildOutcome, BuildRejected, BuildRequest, BuildStopped, Built, TaskManifest
from domain.environments import BuildSettings
from domain.errors import InvalidInput, UserError
from domain.ports.builds import RehearsingBuilder
from domain.secrets import Secret
from domain.source import NO_COMMIT, Commit, parse_commit_sha, parse_full_name
from images.labels import source_labels
from operations.opening import open_commit

CACHE_SCOPE: Final = "command-line"
"""What is tried out here may be anybody's: it leaves nothing in a cache that deployments read."""
_LOCAL_TAG: Final = "local"
_COMMIT: Final = re.compile(r"(?P<name>[^/@]+/[^/@]+)@(?P<sha>[^/@]+)")
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")

Target = Annotated[str, typer.Argument(help="A directory, or a commit on GitHub as owner/name@full commit id.")]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is built: its files, what its image is called when nobody says, and what is written on it."""

    tree: Path
    name: str
    tag: str
    labels: Mapping[str, str]


def build(
    context: typer.Context,
    target: Target,
    config: Annotated[str | None, typer.Option(help="Trigger config file, relative to the repository root.")] = None,
    install_command: Annotated[str | None, typer.Option(help="Replaces the detected install command.")] = None,
    pre_build_command: Annotated[str | None, typer.Option(help="Runs before the code is bundled.")] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option(help="A variable of the build, by its name, as often as needed; its value is in the environment."),
    ] = None,
    tag: Annotated[str | None, typer.Option(help="name or name:tag of the image, without a registry.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show plan and build, leave no image anywhere.")] = False,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Show the plan and run nothing.")] = False,
) -> None:
    """Build a directory or a commit, or show what its build would do."""
    variables = _read_variables(context, variable or [])
    builder = programs_of(context).make_builder()
    with _open(context, target) as subject:
        settings = BuildSettings(config, install_command, pre_build_command)
        request = _request(subject, settings, variables, tag)
        if dry_run or plan_only:
            _show(builder, request, plan_only=plan_only)
            return
        outcome = builder.build(request, BuildPrinter())
    _tell(outcome)


def _show(builder: RehearsingBuilder, request: BuildRequest, *, plan_only: bool) -> None:
    plan = builder.plan(request)
    if isinstance(plan, BuildRejected):
        raise _refusal(plan)
    print_plan(plan)
    print_containerfile(plan)
    if plan_only:
        return
    print("\n# Build", flush=True)
    outcome = builder.rehearse(request, BuildPrinter(frozenset(plan.explanations)))
    if not isinstance(outcome, TaskManifest):
        _tell(outcome)
        return
    print(f"\nDry run: the image would have the tasks {printable(', '.join(outcome.task_ids))}. No image was written.")


def _tell(outcome: BuildOutcome) -> None:
    match outcome:
        case Built():
            print(f"\nTasks: {printable(', '.join(outcome.manifest.task_ids))}")
            print(outcome.image)
        case BuildRejected():
            raise _refusal(outcome)
        case BuildStopped():
            raise KeyboardInterrupt


def _refusal(rejected: BuildRejected) -> UserError:
    """Print what is wrong at which place, and return the error that ends the command."""
    for problem in rejected.problems:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        print(printable(f"{place}: {problem.message}"), file=sys.stderr)
    return UserError(rejected.code, printable(rejected.sentence))


@contextmanager
def _open(context: typer.Context, target: str) -> Iterator[_Subject]:
    directory = Path(target)
    commit = _COMMIT.fullmatch(target)
    if directory.is_dir():
        tree = directory.resolve()
        name = _NO_NAME.sub("-", tree.name.lower()).strip("-") or "image"
        yield _Subject(tree, name, _LOCAL_TAG, {})
    elif commit is None:
        raise InvalidInput(
            "build_target_invalid",
            f"{target[:200]!r} is neither a directory here nor a commit: write a commit as "
            "owner/name@ and its full id.",
        )
    else:
        full_name, sha = parse_full_name(commit["name"]), parse_commit_sha(commit["sha"])
        services = services_of(context)
        with open_commit(services.forge, services.fetcher, full_name, sha) as opened:
            labels = source_labels(source=opened.url, revision=sha)
            yield _Subject(opened.tree, full_name.lower(), sha[:12], labels)


def _request(
    subject: _Subject, settings: BuildSettings, variables: Mapping[str, Secret], tag: str | None
) -> BuildRequest:
    request = BuildRequest(
        name=subject.name,
        tree=subject.tree,
        commit=Commit(NO_COMMIT),
        settings=settings,
        variables=variables,
        image_name=subject.name,
        tag=subject.tag,
        labels=subject.labels,
        cache_scope=CACHE_SCOPE,
    )
    if tag is None:
        return request
    name, _, wanted = tag.partition(":")
    return replace(request, image_name=name, tag=wanted or subject.tag)


def _read_variables(context: typer.Context, names: list[str]) -> dict[str, Secret]:
    find_variable = programs_of(context).find_variable
    return {name: _read_variable(name, find_variable(name)) for name in names}


def _read_variable(name: str, value: str | None) -> Secret:
    if "=" in name:
        # Only what stands before the sign is repeated: what follows may be a secret.
        raise InvalidInput(
            "build_variable_invalid",
            f"--variable takes a name alone: put the value of {name.partition('=')[0][:80]} into the environment, "
            "where other users of the machine cannot read it.",
        )
    if value is None:
        raise InvalidInput("build_variable_invalid", f"--variable {name[:80]}: the environment has no such variable.")
    return Secret(value)
