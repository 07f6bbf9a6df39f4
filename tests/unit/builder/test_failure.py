import json
from dataclasses import replace

import pytest

from builder.build_options import BuildOptions
from builder.failure import explain_failure
from builder.planning import plan_build
from builder.progress import ProgressReading
from builder.redaction import Redactor
from builder.source_tree import SourceTree
from domain.builds import BuildRejected
from domain.environments import BuildSettings
from domain.errors import OperatorError, TemporarilyUnavailable
from tests.unit.builder.planned import EXAMPLES, RECORDED, SETTINGS, make_request, plan_of


def reading_of(recording: str, **settings: str) -> ProgressReading:
    reading = ProgressReading(plan_of(EXAMPLES / "hello-tasks", BuildSettings(**settings)).steps, Redactor([]))
    for line in (RECORDED / recording).read_bytes().splitlines():
        reading.read(line)
    reading.close()
    return reading


def failing(stage: str, exit_code: int, *lines: str, index_error: str | None = None) -> ProgressReading:
    reading = reading_of("hello-cached.jsonl")
    vertex = {
        "digest": "d",
        "name": f"[{stage} 2/2] RUN x",
        "error": f'process "x" did not complete successfully: exit code: {exit_code}',
    }
    reading.read(json.dumps({"vertexes": [vertex]}).encode())
    reading.tails[stage].extend(lines)
    reading.index_error = index_error
    return reading


def rejected(reading: ProgressReading) -> BuildRejected:
    outcome = explain_failure(reading)
    assert isinstance(outcome, BuildRejected)
    return outcome


def test_a_failing_command_is_quoted_with_its_last_lines() -> None:
    outcome = rejected(reading_of("install-failed.jsonl", install_command="make deps"))
    assert outcome.code == "install_failed"
    assert outcome.sentence.startswith("The install command failed with exit code 7: make deps\nIts last lines:\n  ")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("memory: 4294967296", "memory_exceeded", "more than 4 GiB of memory"),
        ("processes: 4096", "processes_exceeded", "more than 4096 processes"),
        ("disk: 536870912", "disk_exceeded", "more than 0.5 GiB"),
    ],
)
def test_a_limit_that_was_reached_has_its_own_code(line: str, code: str, words: str) -> None:
    said = f"pushwright: this step reached its limit of {line}"
    outcome = rejected(failing("install", 137, "compiling", said, "Killed"))
    assert outcome.code == code
    assert words in outcome.sentence
    assert f"PUSHWRIGHT_BUILD_{code.removesuffix('_exceeded').upper()}" in outcome.sentence


def test_a_limit_that_buildkit_tells_without_an_exit_code_has_its_own_code() -> None:
    reading = failing("install", 137, "pushwright: this step reached its limit of memory: 1073741824")
    [failure] = reading.failures
    reading.failures[:] = [replace(failure, error='process "x" did not complete successfully: cannot allocate memory')]
    assert rejected(reading).code == "memory_exceeded"


def test_a_lock_that_drifted_has_its_own_code() -> None:
    line = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."
    assert rejected(failing("install", 1, line)).code == "lock_out_of_date"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock`", "poetry lock"),
        ("Error: poetry.lock is not up to date with pyproject.toml", "poetry lock"),
        ("WARNING: Lockfile doesn't satisfy the project requirements, packages may be outdated", "pdm lock"),
        ("Pipfile.lock is out-of-date. Run $ pipenv lock to update.", "pipenv lock"),
    ],
)
def test_each_tools_word_for_drift_is_known(line: str, command: str) -> None:
    outcome = rejected(failing("install", 1, line))
    assert outcome.code == "lock_out_of_date"
    assert f"run `{command}`" in outcome.sentence


def test_another_python_than_the_base_images_is_named() -> None:
    line = "pushwright: .python-version asks for Python 3.12, and the base image has Python 3.11.2"
    outcome = rejected(failing("install", 1, line))
    assert outcome.code == "python_version_unavailable"
    assert outcome.sentence.startswith(
        ".python-version asks for Python 3.12, and the base image has Python 3.11.2. Ask"
    )


def test_a_missing_system_package_is_named_before_the_last_lines() -> None:
    sentence = rejected(failing("install", 1, "Error: pg_config executable not found.")).sentence
    said = 'It needs the Debian package libpq-dev, which the base image has not: add apt_get(packages=["libpq-dev"])'
    assert said in sentence.partition("Its last lines")[0]


def test_a_missing_library_of_an_import_is_named() -> None:
    message = "ImportError: libGL.so.1: cannot open shared object file: No such file or directory"
    problem = {"file": "trigger/a.py", "line": 1, "message": message}
    error = json.dumps({"error": {"code": "task_import_failed", "sentence": "One fails.", "problems": [problem]}})
    assert "libgl1" in rejected(failing("code", 4, index_error=error)).sentence


def test_a_killed_command_hints_at_memory() -> None:
    assert "memory ran out" in rejected(failing("install", 137)).sentence


def test_the_indexers_words_are_passed_on() -> None:
    outcome = rejected(reading_of("index-failed.jsonl"))
    assert outcome.code == "task_import_failed"
    assert (outcome.problems[0].file, outcome.problems[0].line) == ("trigger/a.py", 1)


@pytest.mark.parametrize(
    "text", [None, "not json", "[]", '{"error": 3}', '{"error": {"code": "<b>", "sentence": "x"}}']
)
def test_an_index_without_usable_words_still_has_a_name(text: str | None) -> None:
    assert rejected(failing("code", 9, "oops", index_error=text)).code == "index_failed"


def test_a_push_that_fails_blames_the_registry() -> None:
    with pytest.raises(TemporarilyUnavailable, match="connection refused") as caught:
        explain_failure(reading_of("registry-down.jsonl"))
    assert caught.value.code == "registry_unavailable"


def test_a_step_of_ours_blames_nobody_else() -> None:
    with pytest.raises(OperatorError) as caught:
        explain_failure(failing("program", 1))
    assert caught.value.code == "builder_broken"


def test_no_failing_step_blames_buildkit() -> None:
    reading = reading_of("hello-cached.jsonl")
    reading.read(b"ERROR: failed to receive status: rpc error: code = Unavailable")
    with pytest.raises(TemporarilyUnavailable, match="rpc error") as caught:
        explain_failure(reading)
    assert caught.value.code == "builder_unavailable"


def failing_extension(stage: str, *lines: str, index_error: str | None = None) -> BuildRejected:
    """Let a step that an extension added fail."""
    options = BuildOptions(("mine",), packages=("tre",), dependencies=("httpx==0",), commands=("make",))
    tree = EXAMPLES / "hello-tasks"
    steps = plan_build(make_request(tree), SourceTree(tree), SETTINGS, options).steps
    reading = ProgressReading(steps, Redactor([]))
    error = 'process "x" did not complete successfully: exit code: 1'
    reading.read(json.dumps({"vertexes": [{"digest": "d", "name": f"[{stage} 2/2] RUN x", "error": error}]}).encode())
    reading.tails[stage].extend(lines)
    reading.index_error = index_error
    return rejected(reading)


def test_a_package_debian_does_not_have_is_named() -> None:
    outcome = failing_extension("system", "E: Unable to locate package tre")
    assert outcome.code == "system_packages_failed"
    assert "Debian has no such package, or not in this version: tre." in outcome.sentence


def test_a_command_of_an_extension_fails_with_its_last_lines() -> None:
    outcome = failing_extension("extensions", "$ make", "make: *** No targets.")
    assert outcome.code == "extension_failed"
    assert outcome.sentence.endswith("mine\nIts last lines:\n  $ make\n  make: *** No targets.")


def test_a_hook_of_an_extension_fails_with_its_own_words() -> None:
    error = json.dumps({"error": {"code": "extension_failed", "sentence": "x:3: mine failed.", "problems": []}})
    assert failing_extension("extensions", index_error=error).sentence == "x:3: mine failed."


def test_additional_packages_fail_like_an_install() -> None:
    assert failing_extension("packages", "No solution found").code == "install_failed"
