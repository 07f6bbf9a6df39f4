"""`configure` and `complete`: a configuration's extensions in the sandbox of a build."""

from typing import Final

import pytest

from tests.unit.inside.program import Repository, call

_CONFIG: Final = """
import json
from pathlib import Path
from pushwright import define_config
from pushwright.build import BuildExtension, apt_get

class Mine(BuildExtension):
    name = "mine"

    def on_build_start(self, context):
        context.add_layer(commands=["make"], deploy_env={"A": context.config.project})

    def on_build_complete(self, context):
        context.resolve_path("made.txt").write_text(context.root.name)

config = define_config(project="p", build={"extensions": [apt_get(packages=["tree"]), Mine()]})
"""
_RAISES: Final = _CONFIG.replace("context.add_layer(", "raise KeyError(context.name) or dict(").replace(
    "context.resolve_path(", "raise KeyError(context.name) or dict("
)


def test_the_layers_of_all_extensions_are_listed_in_order(repository: Repository) -> None:
    document = call(repository({"trigger.config.py": _CONFIG}), "configure").manifest
    assert (document["schema_version"], document["extensions"], document["completes"]) == (1, ["apt_get", "mine"], True)
    assert [layer["extension"] for layer in document["layers"]] == ["apt_get", "mine"]
    assert document["layers"][0]["packages"] == ["tree"]
    assert (document["layers"][1]["commands"], document["layers"][1]["deploy_env"]) == (["make"], {"A": "p"})


def test_a_configuration_without_extensions_adds_nothing(repository: Repository) -> None:
    document = call(repository({}), "configure").manifest
    assert document == {"schema_version": 1, "extensions": [], "completes": False, "layers": []}


def test_a_complete_hook_changes_the_code(repository: Repository) -> None:
    root = repository({"trigger.config.py": _CONFIG})
    assert call(root, "complete").manifest == {"extensions": ["mine"]}
    assert (root / "made.txt").read_text() == "app"


@pytest.mark.parametrize(
    ("command", "line", "said"),
    [
        ("configure", 11, "the extension mine failed in on_build_start: KeyError"),
        ("complete", 14, "the extension mine failed in on_build_complete: KeyError"),
    ],
)
def test_a_hook_that_raises_is_shown_at_its_line(repository: Repository, command: str, line: int, said: str) -> None:
    ended = call(repository({"trigger.config.py": _RAISES}), command)
    assert ended.exit_code == 19
    assert ended.error["code"] == "extension_failed"
    assert said in ended.error["sentence"]
    problem = ended.error["problems"][0]
    assert (problem["file"], problem["line"]) == ("trigger.config.py", line)
    assert f'File "trigger.config.py", line {line}' in problem["traceback"]


def test_an_import_of_what_is_not_installed_yet_is_explained(repository: Repository) -> None:
    ended = call(repository({"trigger.config.py": f"import not_there_yet\n{_CONFIG}"}), "configure")
    assert ended.error["code"] == "config_raised"
    assert "evaluated before anything is installed" in ended.error["sentence"]
    assert ended.error["problems"][0]["line"] == 1


def test_a_wrong_option_of_an_extension_is_shown_at_its_line(repository: Repository) -> None:
    ended = call(repository({"trigger.config.py": _CONFIG.replace('"tree"', '"-y"')}), "configure")
    assert ended.error["code"] == "config_invalid"
    assert ended.error["problems"][0]["line"] == 16


def test_a_hook_that_does_not_end_is_stopped(repository: Repository) -> None:
    config = _CONFIG.replace("context.add_layer(", "import time; time.sleep(60) or dict(")
    ended = call(repository({"trigger.config.py": config}), "configure", "--time-limit", "1")
    assert ended.error["code"] == "index_timeout"
    assert ended.error["problems"][0]["line"] == 11


def test_the_manifest_names_the_extensions(repository: Repository) -> None:
    task = "from pushwright import task\n@task(id='t')\ndef t(): ...\n"
    manifest = call(repository({"trigger.config.py": _CONFIG, "trigger/t.py": task}), "index").manifest
    assert (manifest["config"]["build"], manifest["config"]["extensions"]) == (None, ["apt_get", "mine"])
