"""`index --without`: the tasks are looked at as if some packages were not there."""

import json
from pathlib import Path

from tests.unit.inside.program import Index

TASK = "from pushwright import task\n@task(id='t')\ndef t(): ...\n"


def absent(place: Path, *modules: str, distributions: tuple[str, ...] = ()) -> str:
    file = place / "absent.json"
    file.write_text(json.dumps({"modules": modules, "distributions": distributions}))
    return str(file)


def test_an_absent_package_cannot_be_imported(index: Index, tmp_path: Path) -> None:
    ended = index({"trigger/t.py": f"import httpx\n{TASK}"}, "--without", absent(tmp_path, "httpx"))
    assert ended.error["code"] == "task_import_failed"
    assert "No module named 'httpx'" in ended.error["sentence"]


def test_what_copes_without_it_is_found(index: Index, tmp_path: Path) -> None:
    code = "import importlib.util\nassert importlib.util.find_spec('httpx') is None\nimport pydantic\n"
    ended = index({"trigger/t.py": code + TASK}, "--without", absent(tmp_path, "httpx"))
    assert [task["id"] for task in ended.manifest["tasks"]] == ["t"]


def test_a_part_of_a_package_can_be_absent(index: Index, tmp_path: Path) -> None:
    code = "import a.b\ntry:\n    import a.c\nexcept ModuleNotFoundError: pass\nelse: raise SystemExit('it is there')\n"
    files = {"trigger/t.py": code + TASK, "a/b.py": "", "a/c.py": ""}
    ended = index(files, "--without", absent(tmp_path, "a.c"))
    assert [task["id"] for task in ended.manifest["tasks"]] == ["t"]


def test_the_metadata_of_an_absent_distribution_is_gone(index: Index, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import PackageNotFoundError, version\nversion('httpx')\n"
        "try:\n    version('pydantic_core')\nexcept PackageNotFoundError: pass\nelse: raise SystemExit('it is there')\n"
    )
    ended = index({"trigger/t.py": code + TASK}, "--without", absent(tmp_path, distributions=("pydantic-core",)))
    assert [task["id"] for task in ended.manifest["tasks"]] == ["t"]
