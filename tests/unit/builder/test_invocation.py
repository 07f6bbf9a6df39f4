from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from builder.buildx import Buildx, build_arguments
from builder.invocation import Workspace, image_invocation, manifest_invocation, secret_environment
from builder.plan import BuildPlan
from domain.builds import BuildRequest
from domain.environments import BuildSettings
from domain.errors import InvalidInput
from domain.secrets import Secret
from tests.unit.builder.planned import SERVICE, SETTINGS, make_request, plan_of, write_tree

WORKSPACE = Workspace(Path("/scratch/build-1"), Path("/scratch/kit-1"))
Planned = tuple[BuildRequest, BuildPlan]
VARIABLES = {"TOKEN": "value of the token"}


@pytest.fixture
def build(tmp_path: Path) -> Planned:
    tree = write_tree(tmp_path, {})
    settings = BuildSettings(install_command="make")
    plan = plan_of(tree, settings, VARIABLES, SERVICE)
    return replace(make_request(tree, settings, VARIABLES), tree=Path("/tree")), plan


def test_the_first_call_publishes_nothing(snapshot: SnapshotAssertion, build: Planned) -> None:
    assert build_arguments(manifest_invocation(*build, WORKSPACE, SERVICE), "pushwright-1") == snapshot


def test_the_second_call_pushes(snapshot: SnapshotAssertion, build: Planned) -> None:
    assert build_arguments(image_invocation(*build, WORKSPACE, SERVICE), "pushwright-1") == snapshot


def test_without_a_registry_the_local_engine_loads(build: Planned) -> None:
    arguments = build_arguments(image_invocation(*build, WORKSPACE, replace(SERVICE, registry="")), "")
    assert "type=docker,name=shop:20261124.1.production.abcdefgh" in arguments
    assert "--builder" not in arguments


def test_values_are_in_the_environment_and_in_no_argument(build: Planned) -> None:
    request, plan = build
    environment = secret_environment(plan, request.variables, SERVICE)
    assert environment["PUSHWRIGHT_SECRET_variable-TOKEN"] == "value of the token"
    assert environment["PUSHWRIGHT_SECRET_proxy"] == "http://proxy.example:3128"
    arguments = " ".join(build_arguments(image_invocation(request, plan, WORKSPACE, SERVICE), ""))
    assert not any(value in arguments for value in environment.values())


def test_a_plain_base_reference_is_one_to_pull(build: Planned) -> None:
    invocation = manifest_invocation(*build, WORKSPACE, replace(SETTINGS, base_image="python:3.11-slim"))
    assert invocation.contexts["base"] == "docker-image://python:3.11-slim"


def test_an_image_name_that_is_none_is_refused(build: Planned) -> None:
    request, plan = build
    with pytest.raises(InvalidInput) as caught:
        image_invocation(replace(request, image_name="Shop,push=false"), plan, WORKSPACE, SERVICE)
    assert caught.value.code == "image_reference_invalid"


def test_docker_gets_private_directories_and_no_git() -> None:
    settings = replace(SETTINGS, buildx_plugin_dir=Path("/plugins"), environment={"HOME": "/home/x"})
    environment = Buildx(settings).environment
    assert environment["BUILDX_CONFIG"] == "/scratch/buildx"
    assert environment["DOCKER_CONFIG"] == "/plugins"
    assert environment["BUILDX_GIT_INFO"] == "0"
    assert environment["BUILDX_METADATA_PROVENANCE"] == "disabled"
    assert Secret("x").reveal() not in environment


def test_the_plugin_is_run_without_docker_where_its_place_is_known(build: Planned) -> None:
    invocation = manifest_invocation(*build, WORKSPACE, SERVICE)
    direct = Buildx(replace(SERVICE, buildx_plugin_dir=Path("/plugins"))).command_line(invocation, "")
    assert direct[:2] == ("/plugins/cli-plugins/docker-buildx", "build")
    assert Buildx(SERVICE).command_line(invocation, "")[:3] == ("docker", "buildx", "build")
