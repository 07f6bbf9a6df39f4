from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from builder.containerfile import render_containerfile, render_ignore_file
from domain.environments import BuildSettings
from tests.unit.builder.planned import EXAMPLES, SERVICE, SETTINGS, plan_of, write_tree


@pytest.mark.parametrize("example", ["hello-tasks", "requirements-tasks"])
def test_example(golden: SnapshotAssertion, example: str) -> None:
    assert render_containerfile(plan_of(EXAMPLES / example)) == golden


def test_everything_at_once(golden: SnapshotAssertion) -> None:
    settings = BuildSettings(install_command="pip install -e '.[all]'", pre_build_command="make it's")
    variables = {"NPM_TOKEN": "a-token", "UV_DEFAULT_INDEX": "https://mine.example"}
    assert render_containerfile(plan_of(EXAMPLES / "hello-tasks", settings, variables, SERVICE)) == golden


def test_workspace(golden: SnapshotAssertion, tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "root"\nsource = { virtual = "." }\n'
        '[[package]]\nname = "lib"\nsource = { editable = "libs/lib" }\n'
    )
    files = {
        "uv.lock": lock,
        "pyproject.toml": "[project]\nname = 'root'\n",
        "libs/lib/pyproject.toml": "[project]\nname = 'lib'\n",
        "libs/lib/src/lib/__init__.py": "",
    }
    assert render_containerfile(plan_of(write_tree(tmp_path, files))) == golden


def test_no_value_is_in_the_text(tmp_path: Path) -> None:
    variables = {"TOKEN": "the-value-of-the-token"}
    text = render_containerfile(plan_of(write_tree(tmp_path, {}), None, variables, SERVICE))
    assert "env=TOKEN" in text
    for value in ("the-value-of-the-token", "proxy.example", "index.example", "npm.example", "/etc/ca.pem"):
        assert value not in text


def test_a_changed_value_changes_the_text_and_a_changed_key_too(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {})
    texts = {render_containerfile(plan_of(tree, None, {"TOKEN": value})) for value in ("first", "first", "second")}
    assert len(texts) == 2


@pytest.mark.parametrize("command", ["PUSHWRIGHT", "a\\", "'; rm -rf /; '", "$(id)", "a <<'PUSHWRIGHT'"])
def test_a_command_stays_one_quoted_word(tmp_path: Path, command: str) -> None:
    plan = plan_of(write_tree(tmp_path, {}), BuildSettings(pre_build_command=command), None, SETTINGS)
    lines = render_containerfile(plan).splitlines()
    assert lines.count("PUSHWRIGHT") == len(plan.steps)
    assert sum(line.startswith("sh -c ") for line in lines) == 1


def test_what_never_reaches_a_build() -> None:
    assert {"**/.git", "**/.env", "**/node_modules"} <= set(render_ignore_file().splitlines())
