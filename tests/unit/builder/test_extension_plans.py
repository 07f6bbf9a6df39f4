"""Where a config file's extensions stand in a plan."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

from builder.build_options import BuildOptions
from builder.containerfile import render_containerfile
from builder.plan import BuildPlan
from builder.planning import plan_build, plan_configuration
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from domain.environments import BuildSettings
from domain.secrets import Secret
from tests.unit.builder.planned import SERVICE, SETTINGS, make_request, write_tree

_ALL: Final = BuildOptions(
    extensions=("apt_get", "mine"),
    packages=("gcc", "libpq-dev"),
    system_commands=("ldconfig",),
    dependencies=("httpx==0.28.1",),
    commands=("make it's",),
    build_variables=(("MODE", "fast"),),
    image_variables=(("GREETING", 'a "b" $c \\ d'),),
    completes=True,
)
_MIRRORED: Final = replace(SERVICE, debian_mirror=Secret("http://mirror.example/debian"))


def plan_with(tree: Path, options: BuildOptions, pre_build: str = "", service: BuilderSettings = SETTINGS) -> BuildPlan:
    request = make_request(tree, BuildSettings(pre_build_command=pre_build), {"TOKEN": "value"})
    return plan_build(request, SourceTree(tree), service, options)


def test_everything_at_once(golden: SnapshotAssertion, tmp_path: Path) -> None:
    plan = plan_with(write_tree(tmp_path, {}), _ALL, "make code", _MIRRORED)
    assert render_containerfile(plan) == golden


def test_each_part_of_the_options_is_one_step(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {})

    def stages(options: BuildOptions) -> list[str]:
        return [step.stage for step in plan_with(tree, options).steps]

    assert stages(BuildOptions()) == ["program", "install", "code"]
    assert stages(BuildOptions(packages=("gcc",))) == ["program", "system", "install", "code"]
    assert stages(BuildOptions(system_commands=("id",))) == ["program", "system", "install", "code"]
    assert stages(BuildOptions(dependencies=("six",))) == ["program", "install", "packages", "code"]
    assert stages(BuildOptions(commands=("make",))) == ["program", "install", "extensions", "code"]
    assert stages(BuildOptions(completes=True)) == ["program", "install", "extensions", "code"]


def test_variables_of_the_image_do_not_change_the_install(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {})
    plans = [plan_with(tree, BuildOptions(image_variables=(("RELEASE", name),))) for name in ("one", "two")]
    assert plans[0].steps[:-1] == plans[1].steps[:-1]
    assert plans[0].steps[-1] != plans[1].steps[-1]


def test_what_is_added_is_explained(tmp_path: Path) -> None:
    assert plan_with(write_tree(tmp_path, {}), _ALL).explanations[-4:] == (
        "Extensions: apt_get, mine, because trigger.config.py lists them.",
        "System packages: gcc, libpq-dev.",
        "Additional packages: httpx==0.28.1.",
        "Variables of the image: GREETING.",
    )


def test_a_plain_config_file_is_not_asked(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {})
    assert plan_configuration(make_request(tree), SourceTree(tree), SETTINGS) is None


@pytest.mark.parametrize("scope", ["", "shop-preview-x"])
def test_the_config_file_is_asked_without_network_and_the_services_secrets(tmp_path: Path, scope: str) -> None:
    tree = write_tree(tmp_path, {"trigger.config.py": "from mine import config\n"})
    request = replace(make_request(tree, None, {"TOKEN": "value"}), cache_scope=scope)
    plan = plan_configuration(request, SourceTree(tree), _MIRRORED)
    assert plan is not None
    assert [step.network for step in plan.steps] == [False, False]
    assert plan.secrets == {"variable-TOKEN"}
    assert (f": caches of {scope}" in plan.steps[-1].script) is bool(scope)
