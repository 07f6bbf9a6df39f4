import os
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from domain.builds import BuildRejected
from domain.environments import BuildSettings
from tests.integration.builder.building import CONFIG, PLAIN, TASK, RememberingListener, request, write_tree

pytestmark = pytest.mark.engine

_PROJECT = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = {dependencies}\n'
_LOCK = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "x"\nversion = "1"\n'
    'source = { virtual = "." }\n'
)


def reject(builder: BuildKitBuilder, tree: Path, **settings: str) -> BuildRejected:
    outcome = builder.build(request(tree, settings=BuildSettings(**settings)), RememberingListener())
    assert isinstance(outcome, BuildRejected), outcome
    return outcome


def test_a_lock_that_does_not_fit_is_named(builder: BuildKitBuilder, tmp_path: Path) -> None:
    project = _PROJECT.format(dependencies='["six"]')
    tree = write_tree(tmp_path, {**PLAIN, "pyproject.toml": project, "uv.lock": _LOCK})
    assert reject(builder, tree).code == "lock_out_of_date"


def test_a_requirement_that_does_not_resolve_is_quoted(builder: BuildKitBuilder, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {**PLAIN, "requirements.txt": "six==999.0\n"})
    rejected = reject(builder, tree)
    assert rejected.code == "install_failed"
    assert "six==999.0" in rejected.sentence
    assert "uv pip install" in rejected.sentence


def test_a_failing_install_command_shows_its_last_lines(builder: BuildKitBuilder, tmp_path: Path) -> None:
    rejected = reject(builder, write_tree(tmp_path, PLAIN), install_command="echo no luck; exit 7")
    assert rejected.code == "install_failed"
    assert "exit code 7" in rejected.sentence
    assert "no luck" in rejected.sentence


def test_a_failing_pre_build_command_shows_its_last_lines(builder: BuildKitBuilder, tmp_path: Path) -> None:
    rejected = reject(builder, write_tree(tmp_path, PLAIN), pre_build_command="ls does-not-exist")
    assert rejected.code == "pre_build_failed"
    assert "does-not-exist" in rejected.sentence


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"trigger/one.py": TASK}, "config_missing"),
        ({"trigger.config.py": "raise RuntimeError('no')\n", "trigger/one.py": TASK}, "config_raised"),
        ({"trigger.config.py": CONFIG}, "no_task_files"),
        ({"trigger.config.py": CONFIG, "trigger/one.py": "x = 1\n"}, "no_tasks"),
        ({**PLAIN, "trigger/two.py": TASK}, "duplicate_task_ids"),
        ({**PLAIN, "trigger/two.py": "import nothing_of_that_name\n"}, "task_import_failed"),
        ({**PLAIN, "poetry.lock": ""}, "install_not_detected"),
    ],
)
def test_a_repository_that_cannot_be_built_is_refused_by_name(
    builder: BuildKitBuilder, tmp_path: Path, files: dict[str, str], code: str
) -> None:
    assert reject(builder, write_tree(tmp_path, files)).code == code


def test_import_errors_point_at_file_and_line(builder: BuildKitBuilder, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {**PLAIN, "trigger/two.py": "x = 1\nimport nothing_of_that_name\n"})
    problem = reject(builder, tree).problems[0]
    assert (problem.file, problem.line) == ("trigger/two.py", 2)
    assert "nothing_of_that_name" in problem.message


@pytest.mark.parametrize("path", ["../outside.py", "/etc/passwd", "link.py", "links/config.py", ".git/config"])
def test_a_config_path_that_leaves_the_tree_is_refused(builder: BuildKitBuilder, tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.py").write_text(CONFIG)
    tree = write_tree(tmp_path / "tree", PLAIN)
    (tree / "link.py").symlink_to(tmp_path / "outside.py")
    (tree / "links").symlink_to(tmp_path)
    assert reject(builder, tree, config_path=path).code == "config_path_invalid"


def test_symbolic_links_in_the_tree_show_nothing_of_the_host(builder: BuildKitBuilder, tmp_path: Path) -> None:
    secret = tmp_path / "host-secret.txt"
    secret.write_text("only on the host")
    tree = write_tree(tmp_path / "tree", PLAIN)
    (tree / "link.txt").symlink_to(secret)
    command = "if cat link.txt; then exit 1; fi; exit 5"
    assert "exit code 5" in reject(builder, tree, pre_build_command=command).sentence


def test_git_configuration_in_the_tree_runs_nothing_on_the_host(builder: BuildKitBuilder, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    program = f'[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "touch {touched}"\n'
    tree = write_tree(tmp_path / "tree", {**PLAIN, ".git/config": program, ".git/HEAD": "ref: refs/heads/main\n"})
    os.makedirs(tree / ".git/objects")  # noqa: PTH103 - as plain as it gets
    (tree / ".git/refs").mkdir()
    builder.build(request(tree), RememberingListener())
    assert not touched.exists()


def test_commands_cannot_leave_their_quotes(builder: BuildKitBuilder, tmp_path: Path) -> None:
    hostile = 'echo "\'; touch /out/x" && echo PUSHWRIGHT && echo $(id -u) `id -u` && exit 9'
    rejected = reject(builder, write_tree(tmp_path, PLAIN), pre_build_command=hostile)
    assert "exit code 9" in rejected.sentence
