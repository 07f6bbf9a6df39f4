"""Which wheels a uv.lock means, and the stages and layers they become."""

from dataclasses import replace
from pathlib import Path

import pytest

from builder.plan import BuildPlan, SecretVariable
from builder.planning import plan_build
from builder.project import ProjectDirectory
from builder.source_tree import SourceTree
from builder.wheels.base_python import parse_base_python
from builder.wheels.locked import LockedWheel, WheelFile, choose_wheel
from builder.wheels.stages import GROUPS, MAX_ALONE, plan_wheels
from builder.wheels.uv_lock import UvLock
from domain.environments import BuildSettings
from tests.unit.builder.bases import make_python, write_answer
from tests.unit.builder.planned import SERVICE, SETTINGS, make_request, write_tree

HASH = "sha256:" + "a" * 64
PUBLIC = "https://files.pythonhosted" + ".org/packages/aa"
PYTHON = make_python()


def file(name: str, size: int = 1000) -> WheelFile:
    return WheelFile(f"{PUBLIC}/{name}", HASH, size)


def wheel(name: str, size: int = 1000) -> LockedWheel:
    return LockedWheel(name, "1.0", f"{PUBLIC}/{name.replace('-', '_')}-1.0-py3-none-any.whl", "b" * 64, size)


def package(name: str, *dependencies: str, source: str = 'registry = "https://index.example"', more: str = "") -> str:
    listed = ", ".join(f"{{ {item} }}" for item in dependencies)
    return (
        f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ {source} }}\ndependencies = [{listed}]\n'
        f'wheels = [{{ url = "{PUBLIC}/{name}-1.0-py3-none-any.whl", hash = "{HASH}", size = 1000 }}]\n{more}\n'
    )


ROOT = 'virtual = "."'


def select(tmp_path: Path, *packages: str, project: str = "[project]\nname = 'shop'\n", member: str = "") -> list[str]:
    tree = write_tree(tmp_path, {"pyproject.toml": project, "uv.lock": "\n".join(packages)})
    place = ProjectDirectory(SourceTree(tree))
    content = place.find_lock("uv.lock")
    assert content is not None
    return [locked.name for locked in UvLock(place, content, member).list_wheels(PYTHON)]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("p-1.0-py3-none-any.whl", "p-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"), "cp311-cp311-manylinux_2_17"),
        (("p-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "p-1.0-cp39-abi3-manylinux_2_28_x86_64.whl"), "abi3"),
        (("p-1.0-cp311-cp311-manylinux_2_39_x86_64.whl", "p-1.0-cp311-cp311-manylinux2014_x86_64.whl"), "2014"),
        (("p-1.0-cp311-cp311-musllinux_1_2_x86_64.whl", "p-1.0-cp311-cp311-macosx_11_0_arm64.whl"), None),
        (("p-1.0-1-py3-none-any.whl", "p-1.0-2-py3-none-any.whl"), "1.0-2-"),
    ],
)
def test_the_wheel_that_fits_the_base_best_is_chosen(names: tuple[str, ...], chosen: str | None) -> None:
    found = choose_wheel("p", "1.0", map(file, names), PYTHON)
    assert (found is None) is (chosen is None)
    assert found is None or (chosen or "") in found.url


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://private.example/p-1.0-py3-none-any.whl"},
        {"url": f"{PUBLIC}.private.example/p-1.0-py3-none-any.whl".replace(".org/packages/aa", ".org")},
        {"url": PUBLIC.replace("//", "//user:password@") + "/p-1.0-py3-none-any.whl"},
        {"url": f"{PUBLIC}/'\nPUSHWRIGHT\nRUN id\n/p-1.0-py3-none-any.whl"},
        {"url": f'{PUBLIC}/", hashes = {{}} }}/p-1.0-py3-none-any.whl'},
        {"url": f"{PUBLIC}/other-1.0-py3-none-any.whl"},
        {"hash": ""},
        {"hash": "md5:" + "a" * 32},
        {"hash": HASH + "\nLOCK"},
    ],
)
def test_what_not_all_projects_may_share_is_left_to_the_command(changed: dict[str, str]) -> None:
    assert choose_wheel("p", "1.0", [replace(file("p-1.0-py3-none-any.whl"), **changed)], PYTHON) is None


@pytest.mark.parametrize(("name", "version"), [("p\nLOCK", "1.0"), ("p", "1.0\nLOCK"), ("p", '1.0"'), ("P P", "1.0")])
def test_a_name_or_version_that_could_end_its_line_is_left_to_the_command(name: str, version: str) -> None:
    assert choose_wheel(name, version, [file("p-1.0-py3-none-any.whl")], PYTHON) is None


def test_markers_extras_and_groups_decide(tmp_path: Path) -> None:
    root = package(
        "shop",
        'name = "a", extra = ["more"]',
        'name = "windows", marker = "sys_platform == \'win32\'"',
        'name = "old", marker = "python_full_version < \'3.11\'"',
        source=ROOT,
        more='[package.dev-dependencies]\ndev = [{ name = "linter" }]\nprod = [{ name = "sentry" }]',
    )
    a = package("a", 'name = "b"', more='[package.optional-dependencies]\nmore = [{ name = "c" }]\nless = [{name="d"}]')
    others = [package(name) for name in ("b", "c", "d", "windows", "old", "linter", "sentry")]
    assert select(tmp_path, root, a, *others) == ["a", "b", "c"]
    project = "[project]\nname = 'shop'\n[tool.uv]\ndefault-groups = ['dev', 'prod']\n"
    assert select(tmp_path, root, a, *others, project=project) == ["a", "b", "c", "sentry"]


def test_of_two_versions_the_one_that_the_markers_mean_is_chosen(tmp_path: Path) -> None:
    root = package(
        "shop",
        'name = "a", version = "1.0", marker = "python_full_version >= \'3.11\'"',
        'name = "a", version = "0.9", marker = "python_full_version < \'3.11\'"',
        source=ROOT,
    )
    older = package("a", 'name = "b"').replace('version = "1.0"', 'version = "0.9"')
    assert select(tmp_path, root, package("a"), older, package("b")) == ["a"]


def test_local_git_and_source_packages_are_walked_through(tmp_path: Path) -> None:
    root = package("shop", 'name = "lib"', 'name = "forked"', 'name = "sdist"', source=ROOT)
    lib = package("lib", 'name = "a"', source='editable = "libs/lib"')
    forked = package("forked", 'name = "b"', source='git = "https://forge.example/x"')
    sdist = '[[package]]\nname = "sdist"\nversion = "1"\nsource = { registry = "x" }\ndependencies = [{ name = "c" }]\n'
    assert select(tmp_path, root, lib, forked, sdist, *map(package, "abc")) == ["a", "b", "c"]


def test_a_member_gets_its_own_and_a_workspace_without_a_root_everybodys(tmp_path: Path) -> None:
    manifest = '[manifest]\nmembers = ["one", "two"]\n'
    one = package("one", 'name = "a"', source='virtual = "one"')
    two = package("two", 'name = "b"', source='virtual = "two"')
    packages = (manifest, one, two, package("a"), package("b"))
    assert select(tmp_path, *packages, member="two") == ["b"]
    assert select(tmp_path, *packages, project="[tool.uv.workspace]\nmembers = ['*']\n") == ["a", "b"]


@pytest.mark.parametrize(
    ("packages", "project"),
    [
        (('conflicts = [[{ package = "shop", extra = "x" }]]',), ""),
        ((), "[tool.uv]\nno-binary-package = ['a']\n"),
        ((package("unlocked", 'name = "missing"'),), ""),
    ],
)
def test_where_only_uv_can_tell_nothing_is_told(tmp_path: Path, packages: tuple[str, ...], project: str) -> None:
    named = ["a", *(["unlocked"] if packages and "unlocked" in packages[0] else [])]
    root = package("shop", *(f'name = "{name}"' for name in named), source=ROOT)
    assert select(tmp_path, *packages, root, package("a"), project=f"[project]\nname='shop'\n{project}") == []


@pytest.mark.parametrize(
    "answer",
    [
        write_answer(implementation_name="pypy"),
        write_answer(libc=("", "")),
        write_answer(free_threaded=True),
        write_answer(platform_machine="riscv64"),
    ],
)
def test_a_python_whose_wheels_cannot_be_told_has_none(answer: str) -> None:
    assert parse_base_python(answer) is None


def test_a_stage_of_a_wheel_has_nothing_of_a_project() -> None:
    made = plan_wheels([wheel("a"), wheel("b")], "one", ())
    again = plan_wheels([wheel("a")], "another", ())
    by_stage = {step.stage: step for step in made.steps}
    for step in again.steps:
        assert by_stage[step.stage].script == step.script
        assert by_stage[step.stage].mounts == step.mounts


def test_layers_are_bounded_and_large_wheels_are_alone() -> None:
    wheels = [wheel(f"small-{number}", 10_000 + number) for number in range(300)]
    wheels += [wheel(f"large-{number}", 30_000_000) for number in range(20)]
    layers = plan_wheels(wheels, "x", ()).layers
    assert len(layers) <= 1 + MAX_ALONE + GROUPS
    assert sum(layer.startswith("wheel-large-") for layer in layers) == 20


def test_a_wheel_more_changes_one_group() -> None:
    wheels = [wheel(f"small-{number}", 10_000) for number in range(100)]
    before = plan_wheels(wheels, "x", ())
    after = plan_wheels([*wheels, wheel("new", 10_000)], "x", ())
    mounts_before = {step.stage: step.mounts for step in before.steps}
    changed = [step.stage for step in after.steps if mounts_before.get(step.stage) != step.mounts]
    assert len(changed) == 2
    assert len([stage for stage in changed if stage.startswith("wheels-")]) == 1


def plan(tmp_path: Path, choice: BuildSettings | None = None, scope: str = "") -> BuildPlan:
    lock = package("shop", 'name = "a"', source=ROOT) + package("a")
    tree = write_tree(tmp_path, {"pyproject.toml": "[project]\nname = 'shop'\n", "uv.lock": lock})
    request = replace(make_request(tree, choice, {"UV_INDEX_X_PASSWORD": "x"}), cache_scope=scope)
    return plan_build(request, SourceTree(tree), replace(SERVICE, python=PYTHON))


def test_a_wheel_sees_no_secret_of_the_project(tmp_path: Path) -> None:
    seen = {
        step.stage.partition("-")[0]: {m.name for m in step.mounts if isinstance(m, SecretVariable)}
        for step in plan(tmp_path).steps
    }
    assert seen["wheel"] == {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}
    assert "UV_INDEX_X_PASSWORD" in seen["install"]


def test_the_command_runs_over_the_wheels_and_checks_the_lock(tmp_path: Path) -> None:
    made = plan(tmp_path)
    (install,) = [step for step in made.steps if step.stage == "install"]
    assert install.layers == made.layers[1:3]
    assert "sh -c 'uv sync --locked --no-dev --no-install-local'" in install.script
    assert [layer.partition("-")[0] for layer in made.layers] == ["program", "environment", "wheel", "install", "code"]


def test_wheels_of_strangers_are_made_apart(tmp_path: Path) -> None:
    scripts = {step.script for step in plan(tmp_path).steps}
    assert scripts.isdisjoint(step.script for step in plan(tmp_path, scope="shop-preview-x").steps)


def test_an_own_command_has_no_wheels_under_it(tmp_path: Path) -> None:
    made = plan(tmp_path, BuildSettings(install_command="uv sync"))
    assert made.layers == ("program", "install", "code")


def test_without_a_known_python_there_are_none(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path, {"pyproject.toml": "[project]\nname = 'shop'\n", "uv.lock": package("shop", source=ROOT)}
    )
    made = plan_build(make_request(tree), SourceTree(tree), SETTINGS)
    assert made.layers == ("program", "install", "code")


def test_each_stage_says_which_distributions_it_holds() -> None:
    few = plan_wheels([wheel("a"), wheel("b")], "x", ())
    assert [step.distributions for step in few.steps] == [(), ("a",), ("b",)]
    many = plan_wheels([wheel(f"w{number}", 10) for number in range(MAX_ALONE + 30)], "x", ())
    held = {step.stage: step.distributions for step in many.steps}
    assert sorted(name for layer in many.layers for name in held[layer]) == sorted(
        f"w{n}" for n in range(MAX_ALONE + 30)
    )
