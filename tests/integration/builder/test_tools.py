"""One real build for each tool: what the repository's own lock names is in the image, and the task imports it."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildRejected, Built
from tests.conformance.repositories import request_build
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    "name",
    [
        "uv-workspace-member",
        "uv-required-version",
        "poetry-path-dependency",
        "poetry-1",
        "pdm-flat",
        "pdm-path-dependency",
        "pipenv-flat",
        "pylock-with-project",
        "requirements-hashed",
        "requirements-sub-directory",
        "pyproject-dynamic",
        "setup-py",
    ],
)
def test_the_task_imports_what_the_tool_installs(builder: BuildKitBuilder, registry: RegistryReader, name: str) -> None:
    outcome = builder.build(request_build(name, "tests/tools"), RememberingListener())
    assert isinstance(outcome, Built), outcome
    # Listing the tasks imports their files: one that is listed found what it needs.
    assert outcome.manifest.task_ids == ("one",)
    installed = _list_installed(registry.everything_after_the_base(outcome.image))
    assert "six" in installed
    assert installed.isdisjoint({"iniconfig", "poetry", "pdm", "pipenv", "uv", "pip", "setuptools"})


def test_installed_packages_of_the_repository_are_the_same_each_time(settings: BuilderSettings) -> None:
    fresh = BuildKitBuilder(replace(settings, use_cache=False))
    wanted = request_build("requirements-local-path", "tests/tools")
    outcomes = [fresh.build(wanted, RememberingListener()) for _ in range(2)]
    assert isinstance(outcomes[0], Built), outcomes[0]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("name", "file", "lock"),
    [
        ("poetry-1", "pyproject.toml", "poetry.lock"),
        ("poetry-2", "pyproject.toml", "poetry.lock"),
        ("pdm-flat", "pyproject.toml", "pdm.lock"),
        ("pipenv-flat", "Pipfile", "Pipfile.lock"),
    ],
)
def test_a_lock_that_does_not_fit_is_named(
    builder: BuildKitBuilder, tmp_path: Path, name: str, file: str, lock: str
) -> None:
    wanted = request_build(name, "tests/tools")
    tree = shutil.copytree(wanted.tree, tmp_path / "tree")
    project = tree / file
    project.write_text(re.sub(r"1\.16|\"\*\"", lambda old: "1.15" if old[0] == "1.16" else '">1"', project.read_text()))
    outcome = builder.build(replace(wanted, tree=tree), RememberingListener())
    assert isinstance(outcome, BuildRejected), outcome
    assert outcome.code == "lock_out_of_date"
    assert lock in outcome.sentence


def test_a_python_that_the_base_image_has_not_is_named(builder: BuildKitBuilder) -> None:
    outcome = builder.build(request_build("python-too-new", "tests/tools"), RememberingListener())
    assert isinstance(outcome, BuildRejected), outcome
    assert outcome.code == "python_version_unavailable"
    assert (
        "requires-python in pyproject.toml asks for Python >=3.99, and the base image has Python 3." in outcome.sentence
    )


def test_a_compiler_that_is_missing_is_named(builder: BuildKitBuilder, tmp_path: Path) -> None:
    setup = (
        'from setuptools import Extension, setup\nsetup(name="x", version="1", ext_modules=[Extension("x", ["x.c"])])\n'
    )
    tree = write_tree(tmp_path, {**PLAIN, "setup.py": setup, "x.c": "int x;\n"})
    outcome = builder.build(request(tree), RememberingListener())
    assert isinstance(outcome, BuildRejected), outcome
    assert outcome.code == "install_failed"
    assert "It needs the Debian package gcc" in outcome.sentence


def _list_installed(content: bytes) -> set[str]:
    return {name.decode() for name in re.findall(rb"site-packages/([\w.]+)-[\w.]+\.dist-info/", content)}
