"""From a request to a plan: every decision of a build, none of its acts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from builder import scripts
from builder.build_options import NO_OPTIONS, BuildOptions
from builder.config_file import has_build_options
from builder.detection import detect_install, override_install
from builder.extension_steps import (
    CONFIGURATION,
    EXTENSIONS,
    SYSTEM,
    configuration_step,
    explain_options,
    extensions_step,
    packages_step,
    system_step,
)
from builder.install import Install
from builder.plan import BASE, CODE_ROOT, MANIFEST, OUT, Bind, BuildPlan, Cache, Step
from builder.recognisers.export import PROGRAMS
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from builder.surroundings import UV, UV_CACHE, Surroundings, find_surroundings
from builder.wheels.scripts import rest_script
from builder.wheels.stages import WheelStages, plan_wheels
from domain.builds import BUILD_VARIABLE_PREFIX, BuildRequest, Phase
from domain.environments import BuildSettings
from domain.errors import InvalidInput
from domain.secrets import Secret

DEFAULT_CONFIG: Final = "trigger.config.py"
PROGRAM_STAGE: Final = "program"
INSTALL: Final = "install"
PRE_BUILD: Final = "pre-build"
CODE: Final = "code"
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./@+~-]+")
"""Paths that mean themselves in a mount option; with any other the whole repository is given."""


def plan_build(
    request: BuildRequest, tree: SourceTree, settings: BuilderSettings, options: BuildOptions = NO_OPTIONS
) -> BuildPlan:
    """Return what the build does; `options` are those of the config file.

    Raises:
        InvalidInput: the repository or its settings cannot be built: `config_missing`, `config_path_invalid`,
            `command_invalid`, `build_variable_invalid`, `registry_file_invalid`, and what `detect_install` raises.
    """
    config_path = find_config(tree, request.settings)
    install = _choose_install(tree, request.settings, config_path)
    around = find_surroundings(request, tree, install, settings)
    pre_build = _check_command(request.settings.pre_build_command, "pre-build")
    foundation = [_program_step(), *([system_step(options, around)] if options.changes_system else [])]
    base = SYSTEM if options.changes_system else BASE
    wheels = _plan_wheels(install, around)
    installing = [_install_step(install, around, wheels.layers, options.build_variables)]
    if options.dependencies:
        installing.append(packages_step(options, around, (PROGRAM_STAGE, *wheels.layers, INSTALL)))
    installed = (PROGRAM_STAGE, *wheels.layers, *(step.stage for step in installing))
    finishing = [replace(step, layers=installed) for step in _finish(install, pre_build, options, around, config_path)]
    # Wheels are made over the plain base, which all projects share.
    steps = (*foundation, *wheels.steps, *(replace(step, base=base) for step in (*installing, *finishing)))
    return BuildPlan(
        explanations=(
            install.explanation,
            *_explain_wheels(install, wheels),
            *_explain_rest(install, pre_build, request.variables),
            *explain_options(options, config_path),
        ),
        steps=tuple(_scope(step, request.cache_scope) for step in steps),
        layers=(*installed, CODE),
        manifest_from=CODE,
        base=base,
        environment=options.image_variables,
        secret_values=around.credentials.values,
    )


def plan_configuration(request: BuildRequest, tree: SourceTree, settings: BuilderSettings) -> BuildPlan | None:
    """Return how the config file is asked for its build options, None when its text shows that it has none.

    The document that `parse_build_options` reads stands in the manifest's place.

    Raises:
        InvalidInput: `config_missing`, `config_path_invalid`, and what `find_surroundings` raises.
    """
    config_path = find_config(tree, request.settings)
    if not has_build_options(tree.find_text(config_path) or ""):
        return None
    # Nothing is installed by this plan.
    around = find_surroundings(request, tree, Install("", ""), settings)
    step = configuration_step(config_path, around, PROGRAM_STAGE)
    steps = tuple(_scope(each, request.cache_scope) for each in (_program_step(), step))
    return BuildPlan((), steps, (), CONFIGURATION, documents=(MANIFEST,), secret_values=around.credentials.values)


def _finish(
    install: Install, pre_build: str, options: BuildOptions, around: Surroundings, config_path: str
) -> Iterator[Step]:
    """Give the steps that make code of the repository; each takes it from the one before."""
    tree = Bind(scripts.SOURCE)
    if install.needs_tree:
        # What an install command wrote beside the sources (generated code, node_modules) goes on.
        tree = Bind(scripts.SOURCE, CODE_ROOT, INSTALL)
    if pre_build:
        yield replace(_pre_build_step(pre_build, tree, around), environment=options.build_variables)
        tree = Bind(scripts.SOURCE, OUT, PRE_BUILD)
    if options.commands or options.completes:
        yield extensions_step(options, around, config_path, tree)
        tree = Bind(scripts.SOURCE, OUT, EXTENSIONS)
    yield replace(_code_step(config_path, tree), environment=options.image_variables)


def find_config(tree: SourceTree, settings: BuildSettings) -> str:
    """Return the config file's path, or raise `InvalidInput` (`config_missing`, `config_path_invalid`)."""
    path = settings.config_path or DEFAULT_CONFIG
    try:
        is_there = tree.has_file(path)
    except InvalidInput as error:
        raise InvalidInput("config_path_invalid", f"The config file: {error.sentence}") from error
    if not is_there:
        raise InvalidInput(
            "config_missing",
            f"The config file {path} is not in the repository at this commit: add it, or set the right path in the "
            "build settings.",
        )
    return path


def _choose_install(tree: SourceTree, settings: BuildSettings, config_path: str) -> Install:
    command = _check_command(settings.install_command, "install")
    install = override_install(command) if command else detect_install(tree, config_path)
    if all(_PLAIN_PATH.fullmatch(path) for path in install.files):
        return install
    return replace(install, files=(), needs_tree=True)


def _check_command(command: str | None, kind: str) -> str:
    if command is None or not command.strip():
        return ""
    if not command.isprintable():
        raise InvalidInput(
            "command_invalid", f"The {kind} command must be one line without control characters; got {command[:80]!r}."
        )
    return command.strip()


def _explain_rest(install: Install, pre_build: str, variables: Mapping[str, Secret]) -> tuple[str, ...]:
    lines = list(install.notes)
    if install.wishes:
        asked = ", ".join(f"{wish.wanted} ({wish.place})" for wish in install.wishes)
        lines.append(f"Python: the base image's, which has to be {asked}.")
    places = [path for path in install.local_packages if path not in {".", "src"}]
    if places:
        lines.append(f"Local packages are imported from where they stand: {', '.join(places)}.")
    if pre_build:
        lines.append(f"Pre-build: {pre_build}, because the build settings say so.")
    if variables:
        names = ", ".join(f"{BUILD_VARIABLE_PREFIX}{name}" for name in sorted(variables))
        lines.append(f"Build variables: {names}.")
    return tuple(lines)


def _scope(step: Step, scope: str) -> Step:
    """Keep the step's caches apart: directories by their name, results by a script that no other scope has."""
    if not scope:
        return step
    mounts = tuple(
        replace(mount, name=f"{mount.name}-{scope}") if isinstance(mount, Cache) else mount for mount in step.mounts
    )
    return replace(step, script=(f": caches of {scope}", *step.script), mounts=mounts)


def _program_step() -> Step:
    return Step(
        stage=PROGRAM_STAGE,
        phase=Phase.INSTALL,
        title="prepare: runner and SDK",
        script=scripts.program_script(),
        mounts=(Bind(scripts.KIT, origin="kit"),),
    )


def _plan_wheels(install: Install, around: Surroundings) -> WheelStages:
    """Return the stages of those of its wheels that all projects share; none where the base's Python is not known."""
    python = around.settings.python
    wheels = install.lock.list_wheels(python) if install.lock is not None and python is not None else ()
    return plan_wheels(
        wheels, f"install: {_count(len(wheels), 'wheel')} of {install.locked_by}", around.list_service_secrets()
    )


def _explain_wheels(install: Install, wheels: WheelStages) -> tuple[str, ...]:
    if not wheels.count:
        return ()
    layers = _count(len(wheels.layers) - 1, "layer")
    made = f"{_count(wheels.count, 'wheel')} of {install.locked_by}, made once for all projects, in {layers}"
    return (f"{made}; the command installs what is left.",)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _install_step(
    install: Install, around: Surroundings, wheels: tuple[str, ...], variables: tuple[tuple[str, str], ...]
) -> Step:
    files = [Bind(f"{CODE_ROOT}/{path}", path) for path in install.files]
    write = rest_script if wheels else scripts.install_script
    return Step(
        stage=INSTALL,
        phase=Phase.INSTALL,
        title=f"install: {install.shown or 'an empty environment'}",
        script=write(install, around.given),
        mounts=(
            UV,
            *([Bind(scripts.SOURCE)] if install.needs_tree else files),
            UV_CACHE,
            *(Bind(f"{PROGRAMS}/{name}", name, "kit") for name in install.programs),
            *around.list_secrets(with_index=install.uses_index_setting, for_uv=True),
        ),
        command=install.command,
        layers=wheels,
        network=bool(install.command),
        environment=variables,
    )


def _pre_build_step(command: str, tree_origin: Bind, around: Surroundings) -> Step:
    return Step(
        stage=PRE_BUILD,
        phase=Phase.BUILD,
        title=f"pre-build: {command}",
        script=scripts.pre_build_script(command, around.given),
        mounts=(tree_origin, UV, UV_CACHE, *around.list_secrets(with_index=True)),
        command=command,
        network=True,
    )


def _code_step(config_path: str, tree_origin: Bind) -> Step:
    return Step(
        stage=CODE,
        phase=Phase.BUILD,
        title="index: compile the code and find its tasks",
        script=scripts.code_script(config_path, follows_pre_build=tree_origin.source == OUT),
        mounts=(
            tree_origin,
            Bind(f"{scripts.KIT}/bundler", "bundler", "kit"),
            Bind(f"{scripts.KIT}/inside", "inside", "kit"),
            Cache("pushwright-bundler", scripts.FACTS),
        ),
    )
