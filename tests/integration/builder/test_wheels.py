"""Wheels as stages of their own: what is installed is what the lock's own tool installs, and it is made once."""

import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.buildx import Buildx
from builder.probing import BaseProbe
from builder.settings import BuilderSettings
from domain.builds import BuildRejected, Built
from tests.conformance.repositories import REPOSITORIES
from tests.integration.builder.building import PLAIN, TASK, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader
from tests.unit.builder.bases import write_answer

pytestmark = pytest.mark.engine

FLAT = REPOSITORIES / "uv-flat"
SITE = "opt/venv/lib/python3.11/site-packages"


@pytest.fixture
def in_one_step(settings: BuilderSettings, tmp_path: Path) -> BuildKitBuilder:
    """A builder that takes its base for one whose wheels cannot be told."""
    apart = replace(settings, scratch=tmp_path / "scratch")
    answer = BaseProbe(apart, Buildx(apart)).answer
    answer.parent.mkdir(parents=True)
    answer.write_text(write_answer(implementation_name="pypy"))
    return BuildKitBuilder(apart)


def write_both(root: Path, code: str = "import iniconfig\nimport six\n", **lock_changes: str) -> Path:
    """Write a repository that locks six and iniconfig; each change replaces a pattern of the lock."""
    project = (FLAT / "pyproject.toml").read_text().partition("[dependency-groups]")[0]
    lock = re.sub(r"\[package\.dev-dependencies\]\ndev = \[\n.*\n\]\n\n", "", (FLAT / "uv.lock").read_text())
    lock = re.sub(r"\n\[package\.metadata\.requires-dev\]\n.*\n", "", lock)
    lock = lock.replace('    { name = "six" },', '    { name = "iniconfig" },\n    { name = "six" },')
    lock = lock.replace("requires-dist = [{", 'requires-dist = [{ name = "iniconfig" }, {')
    for pattern, text in lock_changes.items():
        lock = re.sub(pattern, text, lock)
    files = {"pyproject.toml": project.replace('["six', '["iniconfig", "six'), "uv.lock": lock}
    return write_tree(root, {**PLAIN, "trigger/one.py": code + TASK, **files})


def read_environment(registry: RegistryReader, image: str) -> dict[str, tuple[int, bytes]]:
    """Return mode and content of every file of the environment, later layers over earlier ones."""
    found: dict[str, tuple[int, bytes]] = {}
    for layer in registry.layers(image):
        with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
            for member in archive:
                if member.name.startswith("opt/venv") and not member.isdir():
                    content = archive.extractfile(member) if member.isfile() else None
                    found[member.name] = member.mode, content.read() if content else member.linkname.encode()
    return found


def test_the_environment_is_the_one_that_uv_makes(
    builder: BuildKitBuilder, in_one_step: BuildKitBuilder, registry: RegistryReader, examples: Path
) -> None:
    apart = builder.build(request(examples / "hello-tasks"), RememberingListener())
    together = in_one_step.build(request(examples / "hello-tasks"), RememberingListener())
    assert isinstance(apart, Built), apart
    assert isinstance(together, Built), together
    assert apart.image != together.image
    assert read_environment(registry, apart.image) == read_environment(registry, together.image)


def test_one_dependency_more_makes_no_other_wheel(builder: BuildKitBuilder, tmp_path: Path) -> None:
    assert isinstance(builder.build(request(FLAT), RememberingListener()), Built)
    listener = RememberingListener()
    outcome = builder.build(request(write_both(tmp_path)), listener)
    assert isinstance(outcome, Built), outcome
    assert "+ six" not in listener.text
    assert "install: 2 wheels of uv.lock" in listener.started


def test_another_project_finds_the_wheels_made(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    first = builder.build(request(write_both(tmp_path / "first")), RememberingListener())
    other = write_both(tmp_path / "other", shop="other")
    (other / "pyproject.toml").write_text((other / "pyproject.toml").read_text().replace("shop", "other"))
    listener = RememberingListener()
    second = builder.build(request(other, image_name="tests/other"), listener)
    assert isinstance(first, Built), first
    assert isinstance(second, Built), second
    assert "install: 2 wheels of uv.lock" in listener.cached
    files = read_environment(registry, second.image)
    assert {f"{SITE}/six.py", f"{SITE}/iniconfig/__init__.py"} <= set(files)


def test_a_wheel_that_is_not_the_locked_one_is_refused_by_name(builder: BuildKitBuilder, tmp_path: Path) -> None:
    tree = write_both(tmp_path, **{r"sha256:4721": "sha256:0000"})
    outcome = builder.build(request(tree), RememberingListener())
    assert isinstance(outcome, BuildRejected), outcome
    assert outcome.code == "package_hash_mismatch"
    assert "six==1.17.0" in outcome.sentence


def test_what_has_no_wheel_is_built_over_the_others(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    tree = write_both(tmp_path, **{r"wheels = \[\n.*six-.*\n\]\n": ""})
    listener = RememberingListener()
    outcome = builder.build(request(tree), listener)
    assert isinstance(outcome, Built), outcome
    assert "install: 1 wheel of uv.lock" in listener.started
    files = read_environment(registry, outcome.image)
    assert {f"{SITE}/six.py", f"{SITE}/__pycache__/six.cpython-311.pyc", f"{SITE}/iniconfig/__init__.py"} <= set(files)


def test_wheels_that_the_command_takes_away_are_not_laid_under_it(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    project, lock = ((FLAT / name).read_text().replace("dev = [", "prod = [") for name in ("pyproject.toml", "uv.lock"))
    lock = lock.replace('source = { virtual = "." }', 'source = { virtual = "." }\ndefault-groups = ["prod"]')
    project += '\n[tool.uv]\ndefault-groups = ["prod"]\n'
    tree = write_tree(tmp_path, {**PLAIN, "pyproject.toml": project, "uv.lock": lock})
    listener = RememberingListener()
    # Variables of uv's own may change what it installs.
    outcome = builder.build(request(tree, variables={"UV_NO_DEFAULT_GROUPS": "1"}), listener)
    assert isinstance(outcome, Built), outcome
    assert "takes away iniconfig-2.3.1.dist-info: everything is installed in one step instead." in listener.text
    files = read_environment(registry, outcome.image)
    assert f"{SITE}/six.py" in files
    assert f"{SITE}/iniconfig/__init__.py" not in files


def test_a_wheel_that_no_task_needs_is_not_in_the_image(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    listener = RememberingListener()
    outcome = builder.build(request(write_both(tmp_path, "import six\n")), listener)
    assert isinstance(outcome, Built), outcome
    files = read_environment(registry, outcome.image)
    assert f"{SITE}/six.py" in files
    assert not any("iniconfig" in name for name in files)
    assert "Bundle: 2 of 2 Python files, 1 of 2 packages; left out: iniconfig." in listener.text
