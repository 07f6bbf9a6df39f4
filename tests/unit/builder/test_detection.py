from pathlib import Path

import pytest

from builder.detection import detect_install
from builder.install import Install
from builder.source_tree import SourceTree
from domain.errors import InvalidInput
from tests.unit.builder.planned import write_tree

PROJECT = "[project]\nname = 'x'\n"


def detect(tmp_path: Path, files: dict[str, str]) -> Install:
    return detect_install(SourceTree(write_tree(tmp_path, files)))


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
        ({"Pipfile.lock": ""}, "install_not_detected"),
        ({"pyproject.toml": PROJECT + "dependencies = ['six']\n"}, "install_not_detected"),
        ({"uv.lock": ""}, "install_not_detected"),
        ({"uv.lock": "not = [toml", "pyproject.toml": PROJECT}, "lock_invalid"),
    ],
)
def test_what_cannot_be_installed_is_refused(tmp_path: Path, files: dict[str, str], code: str) -> None:
    assert refuse(tmp_path, files).code == code


def test_no_dependencies_is_said_so(tmp_path: Path) -> None:
    assert detect(tmp_path, {"pyproject.toml": PROJECT}).command == ""
