from pathlib import Path

import pytest

from builder.detection import detect_install
from builder.install import Install
from builder.source_tree import SourceTree
from domain.errors import InvalidInput
from tests.unit.builder.planned import write_tree

PROJECT = "[project]\nname = 'x'\n"


def detect(tmp_path: Path, files: dict[str, str]) -> Install:
    return detect_install(SourceTree(write_tree(tmp_path, files)), "trigger.config.py")


def detect_in(tmp_path: Path, config_path: str, files: dict[str, str]) -> Install:
    return detect_install(SourceTree(write_tree(tmp_path, files)), config_path)


def refuse(tmp_path: Path, files: dict[str, str]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        detect(tmp_path, files)
    return caught.value


def test_uv_lock_wins_and_binds_lock_and_projects(tmp_path: Path) -> None:
    install = detect(tmp_path, {"uv.lock": "", "pyproject.toml": PROJECT, "requirements.txt": "six"})
    assert install.explanation == "Install: uv sync --locked --no-dev --no-install-local, because uv.lock is there."
    assert install.files == ("uv.lock", "pyproject.toml")


def test_dynamic_dependencies_need_the_tree(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "x"\nsource = { editable = "." }\n'
    project = PROJECT + "dynamic = ['dependencies']\n"
    assert detect(tmp_path, {"uv.lock": lock, "pyproject.toml": project}).needs_tree


def test_a_local_source_outside_the_tree_is_not_read(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "x"\nsource = { directory = "../../etc" }\n'
    assert detect(tmp_path, {"uv.lock": lock, "pyproject.toml": PROJECT}).local_packages == ()


def test_requirements_follow_includes(tmp_path: Path) -> None:
    files = {"requirements.txt": "-r req/base.txt\n-cpins.txt\nsix\n", "req/base.txt": "-r more.txt\n"}
    install = detect(tmp_path, {**files, "req/more.txt": "-r ../requirements.txt", "pins.txt": ""})
    assert install.files == ("requirements.txt", "req/base.txt", "req/more.txt", "pins.txt")
    assert not install.needs_tree


def test_hashes_are_demanded_when_every_line_has_one(tmp_path: Path) -> None:
    line = "six==1.17.0 \\\n    --hash=sha256:abc  # why\n"
    assert "--require-hashes" in detect(tmp_path / "all", {"requirements.txt": line}).command
    assert "--require-hashes" not in detect(tmp_path / "some", {"requirements.txt": line + "idna\n"}).command


@pytest.mark.parametrize("line", ["-e .", "./libs/x", "--editable libs/x", ".", "x @ file:///app/libs/x", ".[extra]"])
def test_local_requirements_need_the_tree(tmp_path: Path, line: str) -> None:
    assert detect(tmp_path, {"requirements.txt": f"{line}\n"}).needs_tree


def test_a_missing_include_is_named_with_its_line(tmp_path: Path) -> None:
    error = refuse(tmp_path, {"requirements.txt": "six\n-r dev.txt\n"})
    assert error.code == "requirements_file_missing"
    assert "requirements.txt line 2 includes dev.txt" in error.sentence


def test_an_include_leaving_the_tree_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path, {"requirements.txt": "-r ../../etc/passwd\n"}).code == "source_path_invalid"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"poetry.lock": ""}, "install_not_detected"),
        ({"pdm.lock": ""}, "install_not_detected"),
        ({"Pipfile.lock": ""}, "install_not_detected"),
        ({"uv.lock": ""}, "install_not_detected"),
        ({"uv.lock": "not = [toml", "pyproject.toml": PROJECT}, "lock_invalid"),
        ({"Pipfile.lock": "not json", "Pipfile": ""}, "lock_invalid"),
        ({"pyproject.toml": "not = [toml"}, "lock_invalid"),
    ],
)
def test_what_cannot_be_installed_is_refused(tmp_path: Path, files: dict[str, str], code: str) -> None:
    assert refuse(tmp_path, files).code == code


def test_no_dependencies_is_said_so(tmp_path: Path) -> None:
    assert detect(tmp_path, {"pyproject.toml": PROJECT}).command == ""


def test_wheels_in_the_repository_are_bound_with_the_lock(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "x"\nsource = { path = "wheels/x-1-py3-none-any.whl" }\n'
    install = detect(tmp_path, {"uv.lock": lock, "pyproject.toml": PROJECT})
    assert install.files == ("uv.lock", "pyproject.toml", "wheels/x-1-py3-none-any.whl")


def test_an_index_in_the_repository_needs_the_tree(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "x"\nsource = { registry = "wheels" }\n'
    assert detect(tmp_path, {"uv.lock": lock, "pyproject.toml": PROJECT}).needs_tree


@pytest.mark.parametrize("wanted", [">=0.5", "<2", "0.13.9"])
def test_a_range_that_admits_our_uv_changes_nothing(tmp_path: Path, wanted: str) -> None:
    project = f"{PROJECT}[tool.uv]\nrequired-version = '{wanted}'\n"
    install = detect(tmp_path, {"uv.lock": "", "pyproject.toml": project})
    assert install.command == "uv sync --locked --no-dev --no-install-local"


def test_a_version_of_poetry_is_nothing_but_a_version(tmp_path: Path) -> None:
    header = "# This file is automatically @generated by Poetry 1.8.3;id and should not be changed by hand.\n"
    install = detect(tmp_path, {"poetry.lock": header, "pyproject.toml": PROJECT})
    assert "poetry==1.8.5 " in install.command
    assert "id and" not in install.command


def test_a_directory_is_one_word_of_the_command(tmp_path: Path) -> None:
    install = detect_in(tmp_path, "a b;c/trigger.config.py", {"a b;c/requirements.txt": "six"})
    assert install.command == ("uv pip install --directory 'a b;c' --python /opt/venv/bin/python -r requirements.txt")


def test_what_is_beside_the_config_goes_before_what_is_above(tmp_path: Path) -> None:
    files = {"apps/worker/requirements.txt": "six", "apps/pdm.lock": "", "uv.lock": "", "pyproject.toml": PROJECT}
    assert detect_in(tmp_path, "apps/worker/trigger.config.py", files).files == ("apps/worker/requirements.txt",)


def test_the_nearest_lock_above_is_taken(tmp_path: Path) -> None:
    files = {"apps/requirements.txt": "six", "uv.lock": "", "pyproject.toml": PROJECT}
    install = detect_in(tmp_path, "apps/worker/jobs/trigger.config.py", files)
    assert install.files == ("apps/requirements.txt",)
    assert install.local_packages == ("apps",)


def test_a_members_local_packages_are_those_it_reaches(tmp_path: Path) -> None:
    lock = (
        '[[package]]\nname = "app"\nsource = { virtual = "app" }\ndependencies = [{ name = "near" }]\n'
        '[[package]]\nname = "near"\nsource = { editable = "near" }\n'
        "[package.optional-dependencies]\nmore = [{ name = 'far' }]\n"
        '[[package]]\nname = "far"\nsource = { editable = "far" }\n'
        '[[package]]\nname = "other"\nsource = { editable = "other" }\n'
    )
    projects = {f"{name}/pyproject.toml": PROJECT for name in ("app", "near", "far", "other")}
    files = {"uv.lock": lock, "pyproject.toml": PROJECT, **projects}
    install = detect_in(tmp_path, "app/trigger.config.py", files)
    assert install.local_packages == ("app", "far", "near")
    assert "other/pyproject.toml" in install.files


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (("requirements.lock", "requirements-prod.txt"), "requirements.lock"),
        (("requirements/base.txt", "requirements/prod.txt"), "requirements/prod.txt"),
        (("requirements_production.txt", "requirements_base.txt"), "requirements_production.txt"),
        (("requirements.dev.txt", "requirements.linux.txt"), "requirements.linux.txt"),
        (("requirements-test-extra.txt", "requirements/anything.txt"), "requirements/anything.txt"),
    ],
)
def test_the_requirements_for_production_are_found(tmp_path: Path, files: tuple[str, ...], chosen: str) -> None:
    assert detect(tmp_path, dict.fromkeys(files, "six")).files == (chosen,)


def test_requirements_for_development_alone_are_not_installed(tmp_path: Path) -> None:
    assert detect(tmp_path, {"requirements-dev.txt": "six", "requirements/test.txt": ""}).command == ""


@pytest.mark.parametrize("line", ["libs/x", "vendor/x-1-py3-none-any.whl", "-f wheels", "--find-links=./wheels"])
def test_other_ways_to_name_a_local_path_need_the_tree(tmp_path: Path, line: str) -> None:
    assert detect(tmp_path, {"requirements.txt": f"{line}\n"}).needs_tree


@pytest.mark.parametrize(
    "line",
    ["six>=1,<2", "x @ https://files.example/x.whl", "x[a,b]==1; python_version<'4'", "-f https://files.example/"],
)
def test_what_comes_from_elsewhere_does_not_need_the_tree(tmp_path: Path, line: str) -> None:
    assert not detect(tmp_path, {"requirements.txt": f"{line}\n"}).needs_tree


def test_a_setup_cfg_about_linters_is_no_project(tmp_path: Path) -> None:
    files = {"setup.cfg": "[flake8]\nmax-line-length = 100\n", "pyproject.toml": "[build-system]\n"}
    assert detect(tmp_path, files).command == ""


def test_a_group_is_one_word_of_the_command(tmp_path: Path) -> None:
    install = detect(tmp_path, {"pyproject.toml": "[dependency-groups]\n'a;id' = ['six']\n"})
    assert install.command == "uv pip install --python /opt/venv/bin/python --group 'a;id'"


@pytest.mark.parametrize(
    ("table", "directory"),
    [
        ("[tool.setuptools.package-dir]\n'' = 'code'", "code"),
        ("[tool.setuptools.packages.find]\nwhere = ['code']", "code"),
        ("[tool.hatch.build.targets.wheel]\npackages = ['code/x']", "code"),
        ("[tool.uv.build-backend]\nmodule-root = 'code'", "code"),
        ("[tool.pdm.build]\npackage-dir = 'code'", "code"),
        ("[tool.uv.build-backend]\nmodule-root = '../../etc'", "src"),
        ("[tool.uv.build-backend]\nmodule-root = ''", "src"),
        ("[tool.hatch.build.targets.wheel]\npackages = ['x']", "."),
    ],
)
def test_packages_are_imported_from_where_the_backend_takes_them(tmp_path: Path, table: str, directory: str) -> None:
    project = f"{PROJECT}dependencies = ['six']\n{table}\n"
    files = {"pyproject.toml": project, "code/x/__init__.py": "", "src/x/__init__.py": ""}
    assert detect(tmp_path, files).local_packages == (directory,)


@pytest.mark.parametrize(
    "files",
    [
        {"Pipfile": "", "Pipfile.lock": "{}"},
        {"pyproject.toml": PROJECT, "poetry.lock": "[[package]]\nname = 'x'\n[package.source]\ntype = 'legacy'\n"},
        {"pyproject.toml": f"{PROJECT}[[tool.pdm.source]]\nname = 'x'\n", "pdm.lock": ""},
    ],
)
def test_what_a_lock_names_is_not_replaced_by_the_services_index(tmp_path: Path, files: dict[str, str]) -> None:
    *tools, install = detect(tmp_path, files).command.split(" && ")
    assert install.startswith("env -u UV_DEFAULT_INDEX uv pip install ")
    assert all(tool.startswith(("uv tool run ", "python3 -I ")) for tool in tools)


@pytest.mark.parametrize("line", ["-i https://index.example/simple", "--index-url=https://index.example/simple"])
def test_an_index_in_the_requirements_is_not_replaced(tmp_path: Path, line: str) -> None:
    assert not detect(tmp_path, {"requirements.txt": f"{line}\nsix\n"}).uses_index_setting
