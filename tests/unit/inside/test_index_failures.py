"""`index` says what is wrong with a repository, with file and line, under a code of its own."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.inside.program import Index

TASK = "from pushwright import task\n@task(id={!r})\ndef run(payload): ...\n"
CONFIG = "from pushwright import define_config\nconfig = define_config(project='p', {})\n"


@pytest.mark.parametrize(
    ("files", "exit_code", "code"),
    [
        ({"trigger.config.py": "1 / 0"}, 11, "config_raised"),
        ({"trigger.config.py": "import sys; sys.exit(3)"}, 11, "config_raised"),
        ({"trigger.config.py": "def"}, 11, "config_raised"),
        ({"trigger.config.py": "x = 1"}, 12, "config_invalid"),
        ({"trigger.config.py": "config = {}"}, 12, "config_invalid"),
        ({"trigger.config.py": CONFIG.format("max_duration='1h'")}, 12, "config_invalid"),
        ({"trigger.config.py": CONFIG.format("dirs=['nowhere']")}, 12, "config_invalid"),
        ({}, 13, "no_task_files"),
        ({"trigger/a.py": "x = 1"}, 14, "no_tasks"),
        ({"trigger/a.py": TASK.format("x") * 2}, 15, "duplicate_task_ids"),
        ({"trigger/a.py": "import nowhere"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import sys; sys.exit()"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os; os._exit(0)"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os; os.kill(os.getpid(), 11)"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os; os.kill(os.getpid(), 9)"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os; os.abort()"}, 16, "task_import_failed"),
        ({"trigger/a.py": "def f(): f()\nf()"}, 16, "task_import_failed"),
        ({"trigger/a.py": "raise MemoryError"}, 16, "task_import_failed"),
        ({"trigger/a.py": "raise KeyboardInterrupt"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os; os.environ['DATABASE_URL']"}, 16, "task_import_failed"),
        (
            {"trigger/a.py": "class E(BaseException):\n  def __str__(self): raise self\nraise E"},
            16,
            "task_import_failed",
        ),
        ({"trigger/a.py": "x = '\0'"}, 16, "task_import_failed"),
        ({"trigger/a.py": "import os\nos.close(1); os._exit(4)"}, 16, "task_import_failed"),
        ({"trigger/a.py": "from pushwright import task\ntask(id='a')(7)"}, 18, "task_metadata_invalid"),
        (
            {"trigger/a.py": "from pushwright import task\n@task(id='a')\ndef run(a, b): ..."},
            18,
            "task_metadata_invalid",
        ),
        ({"trigger/a.py": TASK.format("ä ö")}, 18, "task_metadata_invalid"),
    ],
)
def test_each_fault_has_its_code(index: Index, files: Mapping[str, str], exit_code: int, code: str) -> None:
    indexed = index(files)
    assert (indexed.error["code"], indexed.exit_code) == (code, exit_code)
    assert indexed.error["problems"]
    assert len(indexed.stdout.splitlines()) == 1


@pytest.mark.parametrize("path", ["other.config.py", "../outside.py", "/etc/passwd", "trigger"])
def test_a_configuration_that_is_not_there_is_missing(index: Index, path: str) -> None:
    indexed = index({"trigger/a.py": TASK.format("a")}, "--config", path)
    assert (indexed.exit_code, indexed.error["code"]) == (10, "config_missing")
    assert path in indexed.error["sentence"]


def test_a_configuration_that_raises_is_shown_with_its_line(index: Index) -> None:
    error = index({"trigger.config.py": "x = 1\nraise ValueError('no region')\n"}).error
    (problem,) = error["problems"]
    assert error["sentence"] == "trigger.config.py:2: ValueError: no region"
    assert (problem["file"], problem["line"]) == ("trigger.config.py", 2)


def test_a_wrong_option_is_shown_with_the_line_of_the_call(index: Index) -> None:
    error = index({"trigger.config.py": CONFIG.format("machine=4")}).error
    assert error["sentence"].startswith("trigger.config.py:2: define_config: machine must be text")


def test_every_place_of_a_duplicate_id_is_named(index: Index) -> None:
    files = {"trigger/a.py": TASK.format("same"), "trigger/b.py": "\n" + TASK.format("same")}
    problems = index(files).error["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [("trigger/a.py", 2), ("trigger/b.py", 3)]
    assert "trigger/a.py:2 and trigger/b.py:3" in problems[0]["message"]


def test_a_file_imported_under_two_names_is_explained(index: Index) -> None:
    files = {"src/shop/trigger/a.py": TASK.format("a"), "trigger/b.py": "import src.shop.trigger.a"}
    assert "several names" in index(files).error["problems"][0]["message"]


def test_every_file_that_does_not_import_is_shown(index: Index) -> None:
    files = {
        "trigger/a.py": "import helpful",
        "helpful.py": "def f():\n    1 / 0\nf()",
        "trigger/b.py": "x = (\n",
        "trigger/c.py": TASK.format("c"),
    }
    first, second = index(files).error["problems"]
    assert (first["file"], first["line"], first["message"]) == ("helpful.py", 2, "ZeroDivisionError: division by zero")
    assert (second["file"], second["line"]) == ("trigger/b.py", 1)
    assert "SyntaxError" in second["message"]


def test_tracebacks_have_relative_paths_and_only_frames_of_the_user(index: Index, tmp_path: Path) -> None:
    files = {"trigger/a.py": "import helpful", "helpful.py": "def f():\n    1 / 0\nf()"}
    traceback = index(files).error["problems"][0]["traceback"]
    places = [line.strip() for line in traceback.splitlines() if line.startswith("  File")]
    assert places == [
        'File "trigger/a.py", line 1, in <module>',
        'File "helpful.py", line 3, in <module>',
        'File "helpful.py", line 2, in f',
    ]
    assert str(tmp_path) not in traceback


def test_bad_metadata_is_shown_for_every_file(index: Index) -> None:
    code = "from pushwright import task\ntask(id={!r}, run=print, {})\n"
    files = {"trigger/a.py": code.format("a", "retry={'tries': 3}"), "trigger/b.py": code.format("b", "machine=''")}
    problems = index(files).error["problems"]
    assert [(each["file"], each["line"]) for each in problems] == [("trigger/a.py", 2), ("trigger/b.py", 2)]
    assert "has no option 'tries'" in problems[0]["message"]


@pytest.mark.parametrize(
    "code", ["import time\n\ntime.sleep(60)\n", "import re\n\nre.match('(a+)+b', 'a' * 40)\n", "\n\nwhile True: pass\n"]
)
def test_the_time_limit_names_the_line_being_executed(index: Index, code: str) -> None:
    indexed = index({"trigger/a.py": code}, "--time-limit", "0.5")
    (problem,) = indexed.error["problems"]
    assert (indexed.exit_code, indexed.error["code"]) == (17, "index_timeout")
    assert (problem["file"], problem["line"]) == ("trigger/a.py", 3)


def test_swallowing_every_exception_does_not_escape_the_time_limit(index: Index) -> None:
    code = "import time\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass\n"
    assert index({"trigger/a.py": code}, "--time-limit", "0.5").exit_code == 17


MANIFEST = '{"manifest": {"schema_version": 1, "tasks": [{"id": "forged"}]}}'


@pytest.mark.parametrize(
    "forge",
    [
        f"print({MANIFEST!r})",
        f"import os\nos.write(1, b'{MANIFEST}\\n')",
        "print('::pushwright-index-error::{}')",
        f"import os\nos.system('echo {MANIFEST.replace(chr(34), '')}')",
    ],
)
def test_output_that_imitates_the_answer_is_none(index: Index, forge: str) -> None:
    indexed = index({"trigger/a.py": f"{forge}\n{TASK.format('real')}"})
    assert [task["id"] for task in indexed.manifest["tasks"]] == ["real"]
    broken = index({"trigger/a.py": f"{forge}\n1 / 0"})
    assert (broken.exit_code, len(broken.stdout.splitlines())) == (16, 1)


def test_a_flood_of_output_does_not_hold_the_answer(index: Index) -> None:
    flood = "import os, sys\nfor _ in range(2000): print('x' * 5000)\nos.write(2, b'y' * 1_000_000)\n"
    indexed = index({"trigger/a.py": flood + TASK.format("a")})
    assert [task["id"] for task in indexed.manifest["tasks"]] == ["a"]
    assert indexed.stderr.count("x") > 9_000_000


def test_processes_that_user_code_leaves_behind_do_not_hold_the_answer(index: Index) -> None:
    code = "import os, subprocess, sys, time\n"
    code += "subprocess.Popen(['sleep', '10'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
    code += "if os.fork() == 0:\n  os.close(1); os.close(2)\n  time.sleep(10)\n  os._exit(0)\n"
    assert index({"trigger/a.py": code + TASK.format("a")}).exit_code == 0


def test_a_fork_that_comes_back_into_the_import_gives_one_answer(index: Index) -> None:
    indexed = index({"trigger/a.py": "import os\nos.fork()\n" + TASK.format("a")})
    assert [task["id"] for task in indexed.manifest["tasks"]] == ["a"]


def test_the_same_id_across_files_and_an_imported_package_names_every_place(index: Index) -> None:
    files = {
        "src/shop/jobs.py": TASK.format("same"),
        "trigger/a.py": "import shop.jobs\n",
        "trigger/b.py": TASK.format("same"),
        "trigger/c.py": TASK.format("same"),
    }
    error = index(files).error
    assert error["code"] == "duplicate_task_ids"
    places = [(problem["file"], problem["line"]) for problem in error["problems"]]
    assert places == [("src/shop/jobs.py", 2), ("trigger/b.py", 2), ("trigger/c.py", 2)]


def test_a_crash_says_how_the_interpreter_ended(index: Index) -> None:
    indexed = index({"trigger/a.py": "import os; os.kill(os.getpid(), 11)"})
    assert "ended the Python interpreter by signal 11" in indexed.error["sentence"]
    assert indexed.error["problems"][0]["file"] == "trigger/a.py"


def test_a_flood_of_problems_stays_readable(index: Index) -> None:
    files = {f"trigger/a{number:02}.py": "raise ValueError('x' * 100_000)" for number in range(60)}
    indexed = index(files)
    assert len(indexed.error["problems"]) == 50
    assert len(indexed.stdout) < 1_000_000
