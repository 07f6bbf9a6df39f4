from pathlib import Path

import pytest

from builder.install import PythonWish
from builder.project import ProjectDirectory
from builder.python_version import list_python_wishes, list_unread_pins
from builder.source_tree import SourceTree
from tests.unit.builder.planned import plan_of, write_tree


def wishes(tmp_path: Path, files: dict[str, str], directory: str = ".") -> tuple[PythonWish, ...]:
    return list_python_wishes(ProjectDirectory(SourceTree(write_tree(tmp_path, files)), directory))


@pytest.mark.parametrize(
    ("pin", "wanted"),
    [
        ("3.11.4", "3.11"),
        ("3.12", "3.12"),
        ("cpython-3.13", "3.13"),
        ("# why\n\n python3.11 \n3.12", "3.11"),
        ("3", "3"),
    ],
)
def test_a_pin_is_a_version_without_its_release(tmp_path: Path, pin: str, wanted: str) -> None:
    assert wishes(tmp_path, {".python-version": pin}) == (PythonWish(".python-version", wanted),)


@pytest.mark.parametrize("pin", ["shop-env", "3.11/envs/shop", "system", "$(id)", "3.11; id"])
def test_a_pin_that_is_no_version_is_told(tmp_path: Path, pin: str) -> None:
    place = ProjectDirectory(SourceTree(write_tree(tmp_path, {".python-version": pin})))
    assert list_python_wishes(place) == ()
    assert list_unread_pins(place) == (f".python-version is not read: {pin!r} is no Python version.",)


@pytest.mark.parametrize(
    ("poetry", "wanted"),
    [
        ("^3.11", ">=3.11,<4"),
        ("^3.11.2", ">=3.11.2,<4"),
        ("~3.11", ">=3.11,==3.11.*"),
        (">=3.10,<3.13", ">=3.10,<3.13"),
    ],
)
def test_poetrys_ranges_are_those_of_everybody(tmp_path: Path, poetry: str, wanted: str) -> None:
    project = f"[tool.poetry.dependencies]\npython = '{poetry}'\n"
    assert [wish.wanted for wish in wishes(tmp_path, {"pyproject.toml": project})] == [wanted]


@pytest.mark.parametrize("wanted", ["^3.10 || ^3.11", "'; id; '", "latest"])
def test_a_range_that_cannot_be_read_is_left_to_the_tool(tmp_path: Path, wanted: str) -> None:
    assert wishes(tmp_path, {"pyproject.toml": f'[project]\nrequires-python = "{wanted}"\n'}) == ()


def test_the_nearest_of_each_kind_counts(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[project]\nrequires-python = '>=3.8'\n",
        ".python-version": "3.8",
        "apps/.python-version": "3.11",
        "apps/worker/pyproject.toml": "[project]\nrequires-python = '>=3.11'\n",
    }
    assert wishes(tmp_path, files, "apps/worker") == (
        PythonWish("requires-python in apps/worker/pyproject.toml", ">=3.11"),
        PythonWish("apps/.python-version", "3.11"),
    )


def test_it_is_compared_before_anything_is_installed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {".python-version": "3.12", "requirements.txt": "six"})
    script = next(step for step in plan_of(tree).steps if step.stage == "install").script
    compared = next(number for number, line in enumerate(script) if "uv python find" in line and "3.12" in line)
    assert compared < next(number for number, line in enumerate(script) if line.startswith("uv venv"))
