"""Build extensions in real builds."""

import re
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from builder.buildkit import BuildKitBuilder
from domain.builds import BuildRejected, Built
from domain.environments import BuildSettings
from tests.integration.builder.building import PLAIN, ROOT, TASK, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader

pytestmark = pytest.mark.engine

_PAGE: Final = ROOT / "docs" / "how-to" / "build-extensions.md"
_SYSTEM: Final = """
from pushwright import define_config
from pushwright.build import apt_get

config = define_config(project="t", build={"extensions": [apt_get(packages=["tree"])]})
"""
_USES_TREE: Final = """
import shutil

from pushwright import task

assert shutil.which("tree") == "/usr/bin/tree"


@task(id="one")
def one(): ...
"""
_USES_RELEASE: Final = """
import json
import os
from pathlib import Path

from pushwright import task

release = json.loads(Path(os.environ["RELEASE_FILE"]).read_text())
assert release == {"channel": "stable", "team": "blue team"}, release


@task(id="one")
def one(): ...
"""
_RAISES: Final = """
from pushwright import define_config
from pushwright.build import BuildExtension


class Broken(BuildExtension):
    name = "broken"

    def HOOK(self, context):
        raise OSError("no such thing")


config = define_config(project="t", build={"extensions": [Broken()]})
"""
_ADDS: Final = """
from pushwright import define_config
from pushwright.build import additional_files, additional_packages

extensions = [additional_packages(packages=["iniconfig==2.0.0"]), additional_files(files=["../../shared/*.txt"])]
config = define_config(project="t", build={"extensions": extensions})
"""
_USES_ADDED: Final = """
from pathlib import Path

import iniconfig
from pushwright import task

assert Path("/app/apps/worker/shared/words.txt").read_text() == "words"


@task(id="one")
def one(): ...
"""


def test_a_debian_package_is_there_for_the_tasks_and_makes_one_layer(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    plain = builder.build(request(write_tree(tmp_path / "plain", PLAIN)), RememberingListener())
    listener = RememberingListener()
    files = {"trigger.config.py": _SYSTEM, "trigger/one.py": _USES_TREE}
    outcome = builder.build(request(write_tree(tmp_path / "tree", files)), listener)
    assert isinstance(outcome, Built), outcome
    assert isinstance(plain, Built), plain
    assert "System packages: tree." in listener.text
    assert len(registry.manifest(outcome.image)["layers"]) == len(registry.manifest(plain.image)["layers"]) + 1


def test_the_extension_on_the_page_works(builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path) -> None:
    config = re.findall(r"```python\n(.*?)```", _PAGE.read_text(), re.DOTALL)[1]
    # New content each time, or a step's lines would be in the log of an earlier test run.
    files = {"trigger.config.py": config, "trigger/one.py": _USES_RELEASE, "new.txt": uuid4().hex}
    listener = RememberingListener()
    outcome = builder.build(request(write_tree(tmp_path, files), variables={"TEAM": "blue team"}), listener)
    assert isinstance(outcome, Built), outcome
    assert "release: shop on stable" in listener.text
    environment = registry.config(outcome.image)["config"]["Env"]
    assert "RELEASE_FILE=/app/release.json" in environment
    assert not [variable for variable in environment if variable.startswith("RELEASE_CHANNEL")]


@pytest.mark.parametrize("hook", ["on_build_start", "on_build_complete"])
def test_a_hook_that_raises_fails_the_build_at_its_line(builder: BuildKitBuilder, tmp_path: Path, hook: str) -> None:
    files = {"trigger.config.py": _RAISES.replace("HOOK", hook), "trigger/one.py": TASK}
    outcome = builder.build(request(write_tree(tmp_path, files)), RememberingListener())
    assert isinstance(outcome, BuildRejected)
    assert outcome.code == "extension_failed"
    assert f"the extension broken failed in {hook}: OSError: no such thing" in outcome.sentence
    assert [(problem.file, problem.line) for problem in outcome.problems] == [("trigger.config.py", 10)]
    assert 'File "trigger.config.py", line 10' in outcome.problems[0].traceback


def test_packages_and_files_are_added(builder: BuildKitBuilder, tmp_path: Path) -> None:
    files = {
        "apps/worker/trigger.config.py": _ADDS,
        "apps/worker/trigger/one.py": _USES_ADDED,
        "shared/words.txt": "words",
    }
    settings = BuildSettings(config_path="apps/worker/trigger.config.py")
    outcome = builder.build(request(write_tree(tmp_path, files), settings=settings), RememberingListener())
    assert isinstance(outcome, Built), outcome
