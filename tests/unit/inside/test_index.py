"""`index` finds tasks and prints one manifest."""

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.inside.program import Ended, Index

TASK = "from pushwright import task\n@task(id={!r})\ndef run(payload): ...\n"
CONFIG = "from pushwright import define_config\nconfig = define_config(project='p', {})\n"


def _ids(indexed: Ended) -> list[str]:
    return [task["id"] for task in indexed.manifest["tasks"]]


def test_tasks_of_every_directory_named_trigger_are_found(index: Index) -> None:
    places = ("trigger/a.py", "trigger/deep/b.py", "src/shop/trigger/c.py", "apps/web/trigger/d.py")
    indexed = index({place: TASK.format(place[-4]) for place in places})
    assert _ids(indexed) == ["a", "b", "c", "d"]
    assert indexed.manifest["files"] == sorted(places)


def test_tests_and_foreign_directories_are_left_out(index: Index) -> None:
    left_out = (
        "test_a.py",
        "a_test.py",
        "conftest.py",
        ".venv/a.py",
        "node_modules/a.py",
        "__pycache__/a.py",
        "build/a.py",
    )
    indexed = index({"trigger/a.py": TASK.format("a"), **{f"trigger/{name}": "raise SystemExit" for name in left_out}})
    assert indexed.manifest["files"] == ["trigger/a.py"]


def test_dirs_and_ignore_patterns_replace_the_defaults(index: Index) -> None:
    config = CONFIG.format("dirs=['jobs'], ignore_patterns=['jobs/**/old/*.py', '_*']")
    names = ("jobs/test_a.py", "jobs/x/old/b.py", "jobs/_c.py", "trigger/d.py")
    indexed = index({"trigger.config.py": config, **{name: TASK.format(name[-4]) for name in names}})
    assert indexed.manifest["files"] == ["jobs/test_a.py"]


def test_a_project_in_a_sub_directory_has_its_own_tasks_and_imports(index: Index) -> None:
    files = {
        "trigger/other.py": "raise RuntimeError('of another project')",
        "apps/web/trigger.config.py": CONFIG.format(""),
        "apps/web/names.py": "ID = 'web'",
        "apps/web/trigger/a.py": "from names import ID\nfrom pushwright import task\ntask(id=ID, run=print)",
    }
    indexed = index(files, "--config", "apps/web/trigger.config.py")
    assert [(task["id"], task["entry_module"]) for task in indexed.manifest["tasks"]] == [("web", "trigger.a")]


def test_hidden_tasks_and_tasks_of_imported_packages_count(index: Index) -> None:
    files = {
        "src/shop/jobs.py": TASK.format("packaged"),
        "trigger/a.py": "import shop.jobs\nfrom pushwright import task\ntask(id='hidden', run=lambda payload: None)",
    }
    hidden, packaged = index(files).manifest["tasks"]
    assert (hidden["file"], hidden["line"], hidden["function"]) == ("trigger/a.py", 3, "<lambda>")
    assert (packaged["file"], packaged["line"]) == ("src/shop/jobs.py", 2)
    assert packaged["entry_file"] == "trigger/a.py"


def test_tasks_made_in_loops_passed_on_or_asynchronous_count_once_each(index: Index) -> None:
    loop = (
        "from pushwright import task\nfor name in ('x', 'y'):\n    task(id=name, run=lambda payload, name=name: name)\n"
    )
    files = {
        "trigger/a.py": loop,
        "trigger/b.py": "from trigger.a import *\nfrom trigger.c import run\n__all__ = ['run']\n",
        "trigger/c.py": "from pushwright import task\n@task(id='later')\nasync def run(payload): ...\n",
        "trigger/d.py": "import trigger.c as again\nalias = again.run\n",
    }
    assert _ids(index(files)) == ["later", "x", "y"]


def test_a_task_first_met_by_the_configuration_counts(index: Index) -> None:
    files = {"trigger.config.py": "import trigger.a\n" + CONFIG.format(""), "trigger/a.py": TASK.format("a")}
    (task,) = index(files).manifest["tasks"]
    assert (task["file"], task["entry_file"]) == ("trigger/a.py", "trigger.config.py")


def test_a_file_is_executed_once_however_it_is_imported(index: Index) -> None:
    files = {"src/shop/trigger/a.py": TASK.format("a"), "trigger/b.py": "import shop.trigger.a"}
    (task,) = index(files).manifest["tasks"]
    assert task["entry_module"] == "shop.trigger.a"


def test_files_that_are_no_module_names_or_are_named_like_installed_modules_are_imported(index: Index) -> None:
    config = CONFIG.format("dirs=['.']")
    indexed = index({"trigger.config.py": config, "a-b.py": TASK.format("dash"), "json.py": TASK.format("json")})
    assert _ids(indexed) == ["dash", "json"]


def test_defaults_of_the_configuration_are_in_the_tasks(index: Index) -> None:
    config = CONFIG.format("max_duration=9, machine='micro', retries={'max_attempts': 7}")
    (task,) = index({"trigger.config.py": config, "trigger/a.py": TASK.format("a")}).manifest["tasks"]
    assert (task["max_duration"], task["machine"], task["retry"]["max_attempts"]) == (9, "micro", 7)


def test_what_user_code_prints_stays_out_of_the_manifest(index: Index) -> None:
    noisy = "import os, subprocess\nprint('loud')\nos.write(1, b'raw')\nsubprocess.run(['echo', 'child'])\n"
    indexed = index({"trigger/a.py": noisy + TASK.format("a")})
    assert _ids(indexed) == ["a"]
    assert all(word in indexed.stderr for word in ("loud", "raw", "child"))


def test_the_same_tree_gives_the_same_bytes(index: Index) -> None:
    files = {f"trigger/{name}.py": TASK.format(name) for name in "bca"}
    assert index(files).stdout == index(files).stdout
    assert _ids(index(files)) == ["a", "b", "c"]


def test_the_manifest_goes_to_a_file(index: Index, tmp_path: Path) -> None:
    indexed = index({"trigger/a.py": TASK.format("a")}, "--output", str(tmp_path / "m.json"))
    assert (indexed.exit_code, indexed.stdout) == (0, "")
    assert json.loads((tmp_path / "m.json").read_text())["schema_version"] == 1


def test_threads_and_exit_functions_of_user_code_do_not_hold_the_build(index: Index) -> None:
    code = "import threading, time, atexit\natexit.register(time.sleep, 60)\n"
    code += "threading.Thread(target=time.sleep, args=(60,)).start()\n"
    assert _ids(index({"trigger/a.py": code + TASK.format("a")}, "--time-limit", "5")) == ["a"]


def test_modules_of_the_program_do_not_hide_those_of_the_user(index: Index) -> None:
    files = {
        "events.py": "ID = 'mine'",
        "trigger/a.py": "import events\n" + TASK.format("x").replace("'x'", "events.ID"),
    }
    assert _ids(index(files)) == ["mine"]


def test_without_a_package_pushwright_the_image_says_that_it_is_broken(tmp_path: Path) -> None:
    program = Path(__file__).resolve().parents[3] / "images" / "inside"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(program), "index"], cwd=tmp_path, capture_output=True, check=False
    )
    assert ended.returncode == 8
    assert b"pushwright" in ended.stderr
