from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from builder.plan import BuildPlan, Cache
from builder.planning import plan_build
from builder.source_tree import SourceTree
from domain.environments import BuildSettings
from domain.errors import InvalidInput
from tests.unit.builder.planned import EXAMPLES, SERVICE, SETTINGS, make_request, plan_of, write_tree


def refuse(tree: Path, **settings: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        plan_of(tree, BuildSettings(**settings))
    return caught.value


@pytest.mark.parametrize("example", ["hello-tasks", "requirements-tasks"])
def test_plan_of_an_example(snapshot: SnapshotAssertion, example: str) -> None:
    assert plan_of(EXAMPLES / example, None, {"TOKEN": "value"}, SERVICE) == snapshot


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    error = refuse(write_tree(tmp_path, {}), config_path="apps/shop/trigger.config.py")
    assert error.code == "config_missing"
    assert "apps/shop/trigger.config.py" in error.sentence


@pytest.mark.parametrize("path", ["../x.py", "/etc/passwd", "a/../../x.py", ".git/config", "a\0b", "a\\b"])
def test_a_config_path_leaving_the_tree_is_refused(tmp_path: Path, path: str) -> None:
    assert refuse(write_tree(tmp_path, {}), config_path=path).code == "config_path_invalid"


@pytest.mark.parametrize("command", ["a\nb", "a\0b", "a\x1bb"])
def test_a_command_is_one_line(tmp_path: Path, command: str) -> None:
    assert refuse(write_tree(tmp_path, {}), install_command=command).code == "command_invalid"


def test_a_variable_that_no_mount_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        plan_of(write_tree(tmp_path, {}), None, {"A,type=bind": "x"})
    assert caught.value.code == "build_variable_invalid"


def test_decisions_are_explained(tmp_path: Path) -> None:
    plan = plan_of(write_tree(tmp_path, {}), BuildSettings(pre_build_command="make"), {"TOKEN": "x"})
    assert plan.explanations == (
        "Install: nothing, because no lock, requirements file or project with dependencies is there.",
        "Pre-build: make, because the build settings say so.",
        "Build variables: TRIGGER_BUILD_TOKEN.",
    )


def test_only_install_and_pre_build_reach_the_network_and_secrets(tmp_path: Path) -> None:
    settings = BuildSettings(install_command="make deps", pre_build_command="make code")
    plan = plan_of(write_tree(tmp_path, {}), settings, {"TOKEN": "x"}, SERVICE)
    assert [step.stage for step in plan.steps if step.network] == ["install", "pre-build"]
    seeing = [step.stage for step in plan.steps if any("Secret" in type(mount).__name__ for mount in step.mounts)]
    assert seeing == ["install", "pre-build"]


def test_a_file_name_no_mount_can_hold_gives_the_whole_tree(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"requirements.txt": "-r a,b.txt\n", "a,b.txt": ""})
    targets = [getattr(mount, "target", "") for step in plan_of(tree).steps for mount in step.mounts]
    assert "/source" in targets
    assert not any("," in target for target in targets)


def test_a_build_of_strangers_shares_no_cache_with_others(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"requirements.txt": "httpx==0.28.1\n"})
    request = make_request(tree, BuildSettings(pre_build_command="make"))
    shared = plan_build(request, SourceTree(tree), SETTINGS)
    apart = plan_build(replace(request, cache_scope="shop-preview-x"), SourceTree(tree), SETTINGS)

    assert not caches_of(shared) & caches_of(apart)
    assert [step.stage for step in shared.steps] == [step.stage for step in apart.steps]
    assert not {step.script for step in shared.steps} & {step.script for step in apart.steps}


def caches_of(plan: BuildPlan) -> set[str]:
    return {mount.name for step in plan.steps for mount in step.mounts if isinstance(mount, Cache)}
