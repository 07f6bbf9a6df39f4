"""Whose fault a failed build is, and what to say."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from builder.extension_steps import CONFIGURATION, EXTENSIONS, PACKAGES, SYSTEM
from builder.plan import Step
from builder.planning import CODE, INSTALL, PRE_BUILD
from builder.progress import ProgressReading, VertexFailure
from builder.scripts import PYTHON_MISSING
from builder.step_limits import find_reached_limit
from builder.system_packages import list_missing_packages
from builder.wheels.scripts import UNFIT
from domain.builds import BuildRejected, Phase, Problem
from domain.errors import OperatorError, TemporarilyUnavailable

_HASH_MISMATCH: Final = re.compile(r"Hash mismatch for `(?P<package>[^`]+)`")
_EXIT: Final = re.compile(r"did not complete successfully: exit code: (\d+)")
_REGISTRY: Final = re.compile(r"^(?:exporting to image|pushing |\[auth\])")
_LOCK_DRIFT: Final = (
    (re.compile(r"lockfile .* needs to be updated|lockfile is out.of.date", re.IGNORECASE), "uv.lock", "uv lock"),
    (
        re.compile(r"poetry\.lock is not (?:up to date|consistent)|changed significantly since poetry\.lock"),
        "poetry.lock",
        "poetry lock",
    ),
    (re.compile(r"Lock ?file doesn't satisfy|Lock ?file hash doesn't match"), "pdm.lock", "pdm lock"),
    (re.compile(r"Pipfile\.lock.*out.of.date"), "Pipfile.lock", "pipenv lock"),
)
"""What the tools say of a lock that does not fit, which lock it is, and what writes it anew."""
_FAILED: Final = {
    INSTALL: "The install command",
    PACKAGES: "Installing the additional packages",
    PRE_BUILD: "The pre-build command",
    SYSTEM: "Installing the system packages",
    EXTENSIONS: "A command of the build extensions",
}
_CODES: Final = {
    INSTALL: "install_failed",
    PACKAGES: "install_failed",
    PRE_BUILD: "pre_build_failed",
    SYSTEM: "system_packages_failed",
    EXTENSIONS: "extension_failed",
}
_SILENT: Final = {
    CODE: "Listing the tasks in the image",
    CONFIGURATION: "Evaluating the config file",
    EXTENSIONS: "A hook of the build extensions",
}
_ABSENT_PACKAGE: Final = re.compile(
    r"Unable to locate package (\S+)|Version '[^']*' for '([^']*)' was not found|Package '([^']+)' has no installation"
)
_LAST_LINES: Final = 8
_MAX_SENTENCE: Final = 2_000
_MAX_PROBLEMS: Final = 100
_KILLED: Final = 137


class WheelsUnfitError(Exception):
    """The install command took away some of the wheels that were laid under it; install everything in one step."""


def explain_failure(reading: ProgressReading) -> BuildRejected:
    """Return what the repository did wrong.

    Raises:
        TemporarilyUnavailable: it did nothing wrong: `registry_unavailable`, `builder_unavailable`.
        OperatorError: a step that is all ours failed: `builder_broken`.
        WheelsUnfitError: it can be built, in another way.
    """
    for failure in reading.failures:
        limited = failure.step and find_reached_limit(failure.step, reading.tails[failure.step.stage])
        if limited:
            return limited
        code = _EXIT.search(failure.error)
        if failure.step is not None and code is not None:
            return _reject(failure.step, int(code[1]), reading)
    raise _blame_world(reading.failures, list(reading.noise))


def _reject(step: Step, exit_code: int, reading: ProgressReading) -> BuildRejected:
    lines = [line for line in reading.tails[step.stage] if line.strip()]
    if step.stage in {CODE, CONFIGURATION} or (step.stage == EXTENSIONS and reading.index_error is not None):
        return _read_index_error(reading.index_error, step, exit_code, lines)
    if not step.command:
        raise OperatorError(
            "builder_broken", f"Pushwright's own step {step.title!r} failed with code {exit_code}.{_tail(lines)}"
        )
    is_install = step.phase is Phase.INSTALL
    known = _find_known_failure(step, lines) if is_install else None
    if known is not None:
        return known
    # The stages of wheels are part of the install.
    kind = step.stage if step.stage in _CODES else INSTALL
    hint = " It was killed, most likely because memory ran out." if exit_code == _KILLED else ""
    return BuildRejected(
        _CODES[kind],
        _cut(
            f"{_FAILED[kind]} failed with exit code {exit_code}: {step.command}{hint}{_name_absent(step, lines)}"
            f"{_name_packages(lines)}{_tail(lines)}"
        ),
    )


def _find_known_failure(step: Step, lines: Sequence[str]) -> BuildRejected | None:
    for line in lines:
        if line.startswith(PYTHON_MISSING):
            return BuildRejected(
                "python_version_unavailable",
                f"{line.removeprefix(PYTHON_MISSING)}. Ask for a Python the base image has, or have the service use "
                "a base image with the one you need (PUSHWRIGHT_BASE_IMAGE).",
            )
        if line == UNFIT:
            gone = ", ".join(name.rpartition("/")[2] for name in lines[lines.index(line) + 1 :])
            raise WheelsUnfitError(f"{step.command} takes away {gone}: everything is installed in one step instead.")
        mismatch = _HASH_MISMATCH.search(line)
        if mismatch is not None:
            return BuildRejected(
                "package_hash_mismatch",
                f"What was downloaded for {mismatch['package']} has not the hash that the lock demands: somebody "
                "changed the file or the lock. Find out who; if the new file is right, lock it anew.",
            )
        for pattern, lock, command in _LOCK_DRIFT:
            if pattern.search(line):
                return BuildRejected(
                    "lock_out_of_date",
                    f"{lock} does not fit what it locks any more ({step.command}): run `{command}`, commit {lock} "
                    "and push.",
                )
    return None


def _name_packages(lines: Sequence[str]) -> str:
    packages = list_missing_packages("\n".join(lines))
    if not packages:
        return ""
    named = ", ".join(packages)
    listed = ", ".join(f'"{package}"' for name in packages for package in name.split(", "))
    return (
        f" It needs the Debian package{'s' * (len(packages) > 1)} {named}, which the base image has not: add "
        f"apt_get(packages=[{listed}]) to the build extensions in the config file, or depend on a release that comes "
        "as a wheel."
    )


def _name_absent(step: Step, lines: Sequence[str]) -> str:
    found = _ABSENT_PACKAGE.search("\n".join(lines)) if step.stage == SYSTEM else None
    if found is None:
        return ""
    return f" Debian has no such package, or not in this version: {next(name for name in found.groups() if name)}."


def _read_index_error(text: str | None, step: Step, exit_code: int, lines: Sequence[str]) -> BuildRejected:
    error = _parse_index_error(text)
    if error is None:
        return BuildRejected(
            "index_failed",
            _cut(f"{_SILENT[step.stage]} ended with exit code {exit_code} and no explanation.{_tail(lines)}"),
        )
    problems = error.get("problems") if isinstance(error.get("problems"), list) else []
    return BuildRejected(
        str(error["code"]),
        _cut(str(error["sentence"]) + _name_packages([json.dumps(problems)])),
        tuple(_problem(item) for item in (problems or [])[:_MAX_PROBLEMS] if isinstance(item, dict)),
    )


def _parse_index_error(text: str | None) -> dict[str, Any] | None:
    """Return the indexer's own words; user code ran beside it, so they are checked like any other's."""
    try:
        error = json.loads(text or "null")
    except ValueError:
        return None
    error = error.get("error") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("sentence"), str):
        return None
    return error if re.fullmatch(r"[a-z_]{3,60}", str(error.get("code"))) else None


def _problem(item: dict[str, Any]) -> Problem:
    line = item.get("line")
    return Problem(
        file=str(item.get("file", "")),
        line=line if isinstance(line, int) else None,
        message=_cut(str(item.get("message", ""))),
        traceback=str(item.get("traceback") or "")[:20_000],
    )


def _blame_world(failures: Sequence[VertexFailure], noise: Sequence[str]) -> TemporarilyUnavailable:
    for failure in failures:
        if _REGISTRY.match(failure.name):
            return TemporarilyUnavailable(
                "registry_unavailable",
                _cut(f"The image could not be published: {failure.error}. Check that the registry runs."),
            )
    words = [failure.error for failure in failures] or [line for line in noise if line]
    reason = " ".join(words[-3:]) or "buildx gave no reason"
    return TemporarilyUnavailable("builder_unavailable", _cut(f"BuildKit could not do the build: {reason}"))


def _tail(lines: Sequence[str]) -> str:
    last = [f"\n  {line[:300]}" for line in lines[-_LAST_LINES:]]
    return "".join(["\nIts last lines:", *last]) if last else " It printed nothing."


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SENTENCE else text[: _MAX_SENTENCE - 1] + "…"
