from dataclasses import replace
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import Built, Phase
from domain.environments import BuildSettings
from images.reference import ImageReference
from images.registry import Registry
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("example", ["hello-tasks", "requirements-tasks"])
def test_an_example_becomes_an_image_with_its_tasks(
    builder: BuildKitBuilder, registry: RegistryReader, examples: Path, example: str
) -> None:
    listener = RememberingListener()
    outcome = builder.build(request(examples / example), listener)
    assert isinstance(outcome, Built), outcome
    assert outcome.manifest.task_ids
    assert builder.has_image(outcome.image)
    config = registry.config(outcome.image)["config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["/usr/bin/tini", "--", "/opt/venv/bin/python", "-I", "/pushwright/inside"]
    assert config["Cmd"] == ["run"]
    assert config["Labels"]["dev.pushwright.project"] == "tests"


def test_phases_are_heard_in_order_and_explained(builder: BuildKitBuilder, examples: Path) -> None:
    listener = RememberingListener()
    builder.build(request(examples / "hello-tasks"), listener)
    phases = [item.phase for item in listener.heard]
    assert phases == sorted(phases, key=list(Phase).index)
    assert set(phases) == set(Phase)
    assert "because uv.lock is there" in listener.text


def test_the_same_commit_is_the_same_image_without_any_cache(settings: BuilderSettings, examples: Path) -> None:
    fresh = BuildKitBuilder(replace(settings, use_cache=False))
    outcomes = [fresh.build(request(examples / "hello-tasks"), RememberingListener()) for _ in range(2)]
    assert isinstance(outcomes[0], Built)
    assert outcomes[0] == outcomes[1]


def test_another_project_with_the_same_lock_installs_from_the_cache(builder: BuildKitBuilder, examples: Path) -> None:
    builder.build(request(examples / "hello-tasks"), RememberingListener())
    listener = RememberingListener()
    outcome = builder.build(request(examples / "hello-tasks", image_name="tests/second"), listener)
    assert isinstance(outcome, Built)
    assert any(step.startswith("install: uv sync") for step in listener.cached)


def test_a_changed_line_installs_nothing(builder: BuildKitBuilder, examples: Path, tmp_path: Path) -> None:
    files = {
        str(path.relative_to(examples / "hello-tasks")): path.read_text()
        for path in (examples / "hello-tasks").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    builder.build(request(write_tree(tmp_path / "before", files)), RememberingListener())
    files["trigger/greeting.py"] += f"# {tmp_path}\n"
    listener = RememberingListener()
    builder.build(request(write_tree(tmp_path / "after", files)), listener)
    assert any(step.startswith("install:") for step in listener.cached)
    assert not any(step.startswith("index:") for step in listener.cached)


def test_the_registry_has_the_digest_and_gives_it_up(
    builder: BuildKitBuilder, settings: BuilderSettings, tmp_path: Path
) -> None:
    outcome = builder.build(request(write_tree(tmp_path, PLAIN), image_name="tests/deleted"), RememberingListener())
    assert isinstance(outcome, Built)
    reference = ImageReference.parse(outcome.image)
    registry = Registry(settings.registry)
    assert registry.find_digest(replace(reference, digest="")) == reference.digest
    registry.delete(reference)
    assert registry.find_digest(reference) is None
    registry.close()


def test_without_a_registry_the_image_is_in_the_local_engine(settings: BuilderSettings, tmp_path: Path) -> None:
    local = BuildKitBuilder(replace(settings, registry=""))
    outcome = local.build(request(write_tree(tmp_path, PLAIN)), RememberingListener())
    assert isinstance(outcome, Built)
    assert outcome.image.startswith("tests/builder:20261124.1.production.abcdefgh@sha256:")


def test_a_given_install_command_runs_at_the_root_with_pip(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    tree = write_tree(
        tmp_path, {**PLAIN, "pyproject.toml": "[project]\nname='x'\nversion='1'\ndependencies=['httpx']\n"}
    )
    command = "pip --version && test -f trigger.config.py && echo made > made.txt"
    outcome = builder.build(request(tree, settings=BuildSettings(install_command=command)), RememberingListener())
    assert isinstance(outcome, Built), outcome
    assert b"app/made.txt" in registry.everything_after_the_base(outcome.image)


def test_what_pre_build_writes_is_kept(builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path) -> None:
    command = (
        "mkdir -p trigger && sed s/one/two/g trigger/one.py > trigger/two.py && "
        "echo x > /opt/venv/lib/python3.11/site-packages/generated_client.py"
    )
    outcome = builder.build(
        request(write_tree(tmp_path, PLAIN), settings=BuildSettings(pre_build_command=command)), RememberingListener()
    )
    assert isinstance(outcome, Built), outcome
    assert outcome.manifest.task_ids == ("one", "two")
    assert b"site-packages/generated_client.py" in registry.everything_after_the_base(outcome.image)


def test_the_registry_is_asked_whether_an_image_is_there(builder: BuildKitBuilder, settings: BuilderSettings) -> None:
    absent = f"{settings.registry}/tests/absent:1@sha256:{'0' * 64}"

    assert not builder.has_image(absent)
    assert not builder.has_image(absent.replace(settings.registry, "registry.example"))
    away = replace(settings, registry="127.0.0.1:1")
    assert not BuildKitBuilder(away).has_image(absent.replace(settings.registry, away.registry))
