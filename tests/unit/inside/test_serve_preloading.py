"""Files that must not be shared by forks, or cannot be imported, run in an interpreter of their own."""

import pytest

from tests.unit.inside.serving import Serve

TASK = "import os\nPID = os.getpid()\n@task(id={!r})\ndef run(payload): return PID == os.getpid()\n"
THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
# The interpreter does not know of a thread that an extension module started.
NATIVE = """
import _thread, threading, time
_thread.start_new_thread(time.sleep, (600,))
"""
SOCKET = "import socket\nPAIR = socket.socketpair()\n"
LOOP = "import asyncio\nLOOP = asyncio.new_event_loop()\n"


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        (THREAD, "starts a thread"),
        (NATIVE, "starts a thread"),
        (SOCKET, "opens a connection"),
        (LOOP, "opens a connection"),
    ],
)
def test_what_a_fork_would_break_runs_apart(serve: Serve, obstacle: str, reason: str) -> None:
    server = serve({"trigger/a.py": TASK.format("a"), "trigger/b.py": obstacle + TASK.format("b")})
    ready = server.read_until(lambda event: event["type"] == "ready")
    assert ready["tasks"] == ["a"]
    ((file, why),) = [(each["file"], each["reason"]) for each in ready["apart"]]
    assert file == "trigger/b.py"
    assert why.startswith(reason)
    outputs = {}
    for name in ("a", "b"):
        server.run(name, name)
        result = server.read_result(name)
        outputs[name] = result["output"]
    assert outputs == {"a": False, "b": True}
    server.end()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("import os; os._exit(0)", "ended the Python interpreter"),
        ("import os; os.kill(os.getpid(), 11)", "ended the Python interpreter"),
        ("import time; time.sleep(600)", "was not imported within 2 s"),
        ("raise OSError('no database')", "raised when it was imported: OSError: no database"),
        ("import sys; sys.exit(3)", "raised when it was imported: the code called sys.exit(3)"),
    ],
)
def test_a_file_that_does_not_import_leaves_the_others_alone(serve: Serve, fault: str, reason: str) -> None:
    files = {
        "trigger/a.py": TASK.format("a"),
        "trigger/b.py": TASK.format("b"),
        "trigger/c.py": TASK.format("c"),
        "late/b.py": fault,
    }
    server = serve(files, "--preload-time", "2" if "sleep" in fault else "60")
    ready = server.read_until(lambda event: event["type"] == "ready")
    assert ready["tasks"] == ["a", "c"]
    assert [each["reason"][: len(reason)] for each in ready["apart"]] == [reason]
    server.run("1", "c")
    assert server.read_end("1")[1] == 0
    server.end()


def test_a_task_whose_file_raises_fails_as_a_run_does(serve: Serve) -> None:
    files = {"trigger/a.py": TASK.format("a"), "late/a.py": "raise OSError('no database')"}
    server = serve(files)
    server.run("1", "a")
    result, code = server.read_end("1")
    assert result
    error = result["error"]
    assert (error["code"], error["type"], error["message"], code) == (
        ("task_import_failed", "OSError", "no database", 4)
    )
    assert 'File "trigger/a.py", line 2' in error["traceback"]
    server.end()


def test_a_file_that_no_longer_declares_its_task_fails_as_a_run_does(serve: Serve) -> None:
    server = serve({"trigger/a.py": TASK.format("a"), "late/a.py": "x = 1"})
    server.run("1", "a")
    result, code = server.read_end("1")
    assert result
    assert (result["error"]["code"], code) == ("task_import_failed", 4)
    server.end()


def test_many_files_with_obstacles_do_not_hold_the_start_for_ever(serve: Serve) -> None:
    files = {f"trigger/a{number:02}.py": SOCKET + TASK.format(f"t{number}") for number in range(12)}
    server = serve({**files, "trigger/a.py": TASK.format("first"), "trigger/z.py": TASK.format("last")})
    ready = server.read_until(lambda event: event["type"] == "ready")
    assert ready["tasks"] == ["first"]
    assert len(ready["apart"]) == 13
    assert "was not tried" in ready["apart"][-1]["reason"]
    server.end()


def test_the_same_task_met_through_a_file_apart_and_another_is_shared(serve: Serve) -> None:
    files = {
        "src/shop/jobs.py": TASK.format("shared"),
        "trigger/a.py": "import shop.jobs\n" + SOCKET + TASK.format("a"),
        "trigger/b.py": "import shop.jobs\n" + TASK.format("b"),
    }
    server = serve(files)
    ready = server.read_until(lambda event: event["type"] == "ready")
    assert ready["tasks"] == ["b", "shared"]
    server.end()
