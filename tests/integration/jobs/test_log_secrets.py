"""What a build's log keeps of the secrets it was given, when a command prints them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildOutcome, BuildRequest
from domain.deployments import Deployment, DeploymentStatus
from domain.environments import BuildSettings, EnvironmentKind
from domain.ports.builds import BuildListener
from domain.secrets import Secret
from operations.projects import get_environment
from tests.fakes.world import SHA_A, SHA_B, World

pytestmark = pytest.mark.postgres

BEFORE, AFTER = "the-value-before", "the-value-after"


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Path:
    """A repository without anything to install, whose project has an install command."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "trigger.config.py").touch()
    world.fetcher.folder = tree
    with world.store.transaction() as work:
        work.projects.change_settings(world.project().id, BuildSettings(install_command="install it"))
    return tree


def printing(directory: Path, *pieces: str) -> Callable[[BuildRequest, BuildListener], BuildOutcome]:
    """Return the real builder on a docker whose install step prints the pieces and fails."""
    vertex = {"digest": "d", "name": "[install 2/2] RUN x", "started": "2026-11-24T03:45:02Z"}
    logs = [{"vertex": "d", "stream": 1, "data": base64.b64encode(piece.encode()).decode()} for piece in pieces]
    failed = {
        **vertex,
        "completed": "2026-11-24T03:45:03Z",
        "error": f"{''.join(pieces)} did not complete successfully: exit code: 1",
    }
    (directory / "progress").write_text(
        "\n".join(json.dumps(one) for one in ({"vertexes": [vertex]}, {"logs": logs}, {"vertexes": [failed]})) + "\n"
    )
    docker = directory / "docker"
    docker.write_text(f"#!/bin/sh\ncat '{directory}/progress' >&2\nexit 1\n")
    docker.chmod(0o755)
    return BuildKitBuilder(
        BuilderSettings(
            scratch=directory / "scratch",
            base_image="python:3.11",
            key=Secret("k"),
            docker=str(docker),
            registry="registry.example",
        )
    ).build


def set_variable(world: World, name: str, value: str) -> None:
    environment = get_environment(world.store, slug="shop", kind=EnvironmentKind.PRODUCTION)
    with world.store.transaction() as work:
        work.variables.set(environment.id, f"TRIGGER_BUILD_{name}", Secret(value))


def read_rows(engine: Engine) -> str:
    """Return all that is stored of logs, failures and reports."""
    query = "SELECT (SELECT json_agg(l) FROM log_chunks l)::text || (SELECT json_agg(d) FROM deployments d)::text"
    with engine.connect() as connection:
        return str(connection.execute(text(query)).scalar_one())


def deploy(world: World, sha: str) -> Deployment:
    world.push(sha)
    deployment = world.deploy()
    assert deployment.status is DeploymentStatus.FAILED
    return deployment


@pytest.mark.usefixtures("tree")
def test_a_log_from_before_a_secret_was_changed_is_clean(world: World, engine: Engine, tmp_path: Path) -> None:
    set_variable(world, "TOKEN", BEFORE)
    world.builder.script = printing(tmp_path, "token the-val", "ue-before\n")
    first = deploy(world, SHA_A)

    set_variable(world, "TOKEN", AFTER)
    world.builder.script = printing(tmp_path, f"token {AFTER}\n")
    second = deploy(world, SHA_B)

    assert [world.log(one).count("token [secret]") for one in (first, second)] == [1, 1]
    stored = read_rows(engine)
    assert "token [secret]" in stored
    assert BEFORE not in stored
    assert AFTER not in stored


@pytest.mark.usefixtures("tree")
def test_a_value_too_short_to_be_masked_is_warned_of_by_name(world: World, tmp_path: Path) -> None:
    for name, value in (("PIN", "12345"), ("NOTHING", ""), ("TOKEN", BEFORE)):
        set_variable(world, name, value)
    world.builder.script = printing(tmp_path, f"pin 12345, token {BEFORE}\n")

    log = world.log(deploy(world, SHA_A))

    assert "Values shorter than 6 characters are not masked in this log: TRIGGER_BUILD_PIN." in log
    assert "pin 12345, token [secret]" in log


@pytest.mark.usefixtures("tree")
def test_without_short_values_nothing_is_warned_of(world: World, tmp_path: Path) -> None:
    set_variable(world, "TOKEN", BEFORE)
    world.builder.script = printing(tmp_path, "done\n")

    assert not any("not masked" in line for line in world.log(deploy(world, SHA_A)))
