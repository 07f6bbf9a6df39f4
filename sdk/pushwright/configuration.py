"""The project's configuration: what `trigger.config.py` assigns to `config`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pushwright.checks import check_json_mapping, check_paths, check_seconds, check_text
from pushwright.extensions import BuildExtension, check_extensions
from pushwright.policies import MACHINE_MEANING, MACHINE_PATTERN, Retry, parse_retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration; make it with `define_config`.

    Attributes:
        dirs: where task files are, relative to the configuration file; None: every directory named `trigger`.
        ignore_patterns: files in those directories that are no task files; None: tests.
        max_duration: seconds a run may take when its task does not say.
        retries: when runs are tried again when their task does not say.
        machine: preset for tasks that do not say.
        build: options of the build, without its extensions.
        extensions: what changes how the image is made, in order.
    """

    project: str
    dirs: tuple[str, ...] | None
    ignore_patterns: tuple[str, ...] | None
    runtime: str | None
    max_duration: float | None
    retries: Retry | None
    machine: str | None
    build: Mapping[str, object] | None
    extensions: tuple[BuildExtension, ...] = ()


def define_config(  # noqa: PLR0913 - one keyword per setting of a project
    project: str,
    *,
    dirs: Sequence[str] | None = None,
    ignore_patterns: Sequence[str] | None = None,
    runtime: str | None = None,
    max_duration: float | timedelta | None = None,
    retries: Retry | Mapping[str, object] | None = None,
    machine: str | None = None,
    build: Mapping[str, object] | None = None,
) -> Config:
    """Describe the project; assign the result to `config` in `trigger.config.py`.

    Args:
        project: name of the project in Pushwright.
        dirs: directories with task files, relative to the configuration file. Left out: every directory named
            `trigger` below it.
        ignore_patterns: globs of files that are no task files; replaces the default (`test_*.py`, `*_test.py`,
            `conftest.py`). A pattern without `/` is about the name, one with `/` about the path; `**` crosses `/`.
        runtime: `python`, or a version such as `python-3.12`.
        max_duration: seconds (or a timedelta) a run may take, for tasks that do not say.
        retries: retry policy for tasks that do not say.
        machine: machine preset for tasks that do not say.
        build: options of the build: `extensions`, a list of those in `pushwright.build` or your own; otherwise JSON
            values only.

    Raises:
        InvalidDefinition: an option has a value it cannot have.
    """
    options, extensions = _split_build(build)
    return Config(
        project=check_text(
            "define_config: project", project, pattern=r"[A-Za-z0-9_-]{1,64}", meaning="1 to 64 letters, digits, _ or -"
        ),
        dirs=None if dirs is None else check_paths("define_config: dirs", dirs),
        ignore_patterns=None
        if ignore_patterns is None
        else check_paths("define_config: ignore_patterns", ignore_patterns),
        runtime=_check_runtime(runtime),
        max_duration=None if max_duration is None else check_seconds("define_config: max_duration", max_duration),
        retries=parse_retry("define_config: retries", retries),
        machine=_check_machine(machine),
        build=options,
        extensions=extensions,
    )


def _split_build(
    build: Mapping[str, object] | None,
) -> tuple[Mapping[str, object] | None, tuple[BuildExtension, ...]]:
    if not isinstance(build, Mapping) or "extensions" not in build:
        return None if build is None else check_json_mapping("define_config: build", build), ()
    extensions = check_extensions("define_config: build: extensions", build["extensions"])
    others = {key: value for key, value in build.items() if key != "extensions"}
    return check_json_mapping("define_config: build", others) or None, extensions


def _check_runtime(runtime: str | None) -> str | None:
    if runtime is None:
        return None
    return check_text(
        "define_config: runtime",
        runtime,
        pattern=r"python(-3\.\d{1,2})?",
        meaning="python, or a version as python-3.12",
    )


def _check_machine(machine: str | None) -> str | None:
    if machine is None:
        return None
    return check_text("define_config: machine", machine, pattern=MACHINE_PATTERN, meaning=MACHINE_MEANING)
