"""`serve` runs many tasks in forks of one process that has imported them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.inside.program import command
from tests.unit.inside.serving import Serve

ECHO = "@task(id='t')\ndef t(payload): return payload\n"
PROCESSES = """
import os
IMPORTED_IN = os.getpid()
@task(id='t')
def t(payload): return [IMPORTED_IN, os.getppid(), os.getpid()]
"""


def test_each_run_is_a_fork_of_the_process_that_imported_the_task(serve: Serve) -> None:
    server = serve({"trigger/a.py": PROCESSES})
    server.run("1")
    server.run("2")
    first, second = server.read_result("1"), server.read_result("2")
    imported_in, parent, own = first["output"]
    assert imported_in == parent
    assert second["output"][:2] == [imported_in, parent]
    assert own != second["output"][2]
    assert server.end() == 0


def test_the_server_says_what_it_can_run(serve: Serve) -> None:
    server = serve({"trigger/a.py": ECHO}, "--concurrency", "3")
    ready = server.read_until(lambda event: event["type"] == "ready")
    assert (ready["concurrency"], ready["tasks"], ready["apart"]) == (3, ["t"], [])


@pytest.mark.parametrize(
    "code",
    [
        ECHO,
        "import logging\n@task(id='t')\nasync def t(payload):\n  logging.info('hello')\n  return current_run().run_id",
        "@task(id='t')\ndef t(payload):\n  raise AbortTaskRun('no')",
        "@task(id='t')\ndef t(payload): return {1, 2}",
        "import sys\n@task(id='t')\ndef t(payload): sys.exit(3)",
        "import os\n@task(id='t')\ndef t(payload): os._exit(9)",
        "import sys\n@task(id='t')\ndef t(payload): return sys.stdin.read()",
    ],
)
def test_a_run_says_what_it_would_say_in_a_container_of_its_own(serve: Serve, tmp_path: Path, code: str) -> None:
    server = serve({"trigger/a.py": code})
    request = {"task": "t", "payload": {"a": 1}, "context": {"run_id": "r", "attempt": 2}}
    server.ask(id="1", **request)
    assert server.end() == 0
    assert server.process.stdout
    served = [json.loads(line) for line in server.process.stdout][1:]
    alone = subprocess.run(
        command("run", "--manifest", str(tmp_path / "manifest.json")), cwd=tmp_path / "app",
        input=json.dumps(request).encode(), capture_output=True, check=False,
    )  # fmt: skip
    expected = [{"id": "1", **json.loads(line)} for line in alone.stdout.splitlines()]
    expected.append({"id": "1", "type": "exit", "code": alone.returncode})
    assert [event | {"at": ""} for event in served] == [event | {"at": ""} for event in expected]


def test_a_crash_touches_neither_the_server_nor_other_runs(serve: Serve) -> None:
    code = "import os, time\n@task(id='t')\ndef t(payload):\n  log.info('x')\n  os.kill(os.getpid(), payload)\n"
    code += "@task(id='calm')\ndef calm(payload): return payload"
    server = serve({"trigger/a.py": code}, "--concurrency", "4")
    server.run("segmentation fault", payload=11)
    assert server.read_end("segmentation fault") == (None, 139)
    server.run("killed", payload=9)
    assert server.read_end("killed") == (None, 137)
    server.run("calm", "calm", 5)
    result, code_of_calm = server.read_end("calm")
    assert result
    assert (result["output"], code_of_calm, server.end()) == (5, 0, 0)


def test_runs_go_on_at_the_same_time_up_to_the_limit(serve: Serve, tmp_path: Path) -> None:
    code = f"""
import pathlib, time
HERE = pathlib.Path({str(tmp_path)!r})
@task(id='meet', max_duration=30)
def meet(payload):
    mine, other = payload
    (HERE / mine).touch()
    while not (HERE / other).exists(): time.sleep(0.01)
    return "met"
"""
    server = serve({"trigger/a.py": code}, "--concurrency", "2")
    server.run("1", "meet", ["one", "two"])
    server.run("2", "meet", ["two", "one"])
    for run in ("1", "2"):
        result = server.read_result(run)
        assert result["output"] == "met"
    server.end()


def test_what_is_over_the_limit_waits_its_turn(serve: Serve) -> None:
    server = serve({"trigger/a.py": ECHO}, "--concurrency", "1")
    for number in range(5):
        server.run(str(number))
    assert server.end() == 0
    assert server.process.stdout
    events = [json.loads(line) for line in server.process.stdout][1:]
    assert [(event["id"], event["type"]) for event in events] == [
        (str(number), kind) for number in range(5) for kind in ("started", "result", "exit")
    ]


@pytest.mark.parametrize("generator", ["random.random()", "random.Random().random()", "uuid.uuid4().hex"])
def test_runs_have_random_numbers_of_their_own(serve: Serve, generator: str) -> None:
    server = serve({"trigger/a.py": f"import random, uuid\n@task(id='t')\ndef t(payload): return {generator}"})
    outputs = []
    for run in ("1", "2"):
        server.run(run)
        result = server.read_result(run)
        outputs.append(result["output"])
    assert outputs[0] != outputs[1]
    server.end()


def test_generators_that_a_fork_copies_are_seeded_again(serve: Serve) -> None:
    numpy = "import random\n_state = random.Random(7)\ndef seed(): global _state; _state = random.SystemRandom()\n"
    numpy += "def rand(): return _state.random()\n"
    files = {
        "numpy/__init__.py": "",
        "numpy/random.py": numpy,
        "trigger/a.py": "import numpy.random\n@task(id='t')\ndef t(payload): return numpy.random.rand()",
    }
    server = serve(files)
    server.run("1")
    server.run("2")
    first, second = server.read_result("1"), server.read_result("2")
    assert first["output"] != second["output"]
    server.end()


def test_a_large_output_arrives_whole(serve: Serve) -> None:
    server = serve({"trigger/a.py": "@task(id='t')\ndef t(payload): return 'x' * 5_000_000"})
    server.run("1")
    result, code = server.read_end("1")
    assert result
    assert (len(result["output"]), code, server.end()) == (5_000_000, 0, 0)


def test_a_large_payload_arrives_whole(serve: Serve) -> None:
    server = serve({"trigger/a.py": "@task(id='t')\ndef t(payload): return len(payload)"})
    server.run("1", payload="x" * 5_000_000)
    result = server.read_result("1")
    assert result["output"] == 5_000_000
    server.end()


def test_a_last_line_without_an_end_counts(serve: Serve) -> None:
    server = serve({"trigger/a.py": ECHO})
    assert server.process.stdin
    server.process.stdin.write(b'\n{"id": "1", "task": "t", "payload": 1}')
    assert server.end() == 0
    assert server.read_end("1")[1] == 0


@pytest.mark.parametrize(
    ("line", "identifier", "said"),
    [
        (b"hello", None, "not JSON"),
        (b"[]", None, "must be an object"),
        (b'{"task": "t", "payload": 1}', None, '"id" must be'),
        (b'{"id": 7, "task": "t", "payload": 1}', None, '"id" must be'),
        (b'{"cancel": null}', None, '"cancel" must be'),
        (b'{"id": "1", "payload": 1}', "1", 'no "task"'),
        (b'{"id": "1", "task": "t", "payload": NaN}', None, "not JSON"),
        (b'{"id": "1", "task": "t", "payload": "' + b"x" * 17 * 1024**2 + b'"}', None, "longer than"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_line_that_is_no_request_is_refused(serve: Serve, line: bytes, identifier: str | None, said: str) -> None:
    server = serve({"trigger/a.py": ECHO})
    assert server.process.stdin
    server.process.stdin.write(line + b"\n")
    server.run("after")
    server.process.stdin.flush()
    refused = server.read_until(lambda event: event["type"] == "result")
    assert (refused["id"], refused["error"]["code"]) == (identifier, "bad_request")
    assert said in refused["error"]["message"]
    assert server.read_until(lambda event: event["type"] == "exit")["code"] == 2
    assert server.read_end("after")[1] == 0
    server.end()


def test_an_unknown_task_and_an_id_that_is_taken_are_refused(serve: Serve) -> None:
    code = "import time\n@task(id='t')\ndef t(payload): time.sleep(payload)"
    server = serve({"trigger/a.py": code}, "--concurrency", "1")
    server.run("1", "other")
    result, code = server.read_end("1")
    assert result
    assert (result["error"]["code"], code) == ("unknown_task", 3)
    server.run("2", payload=600)
    server.run("3", payload=0)
    server.run("3", payload=0)
    refused = server.read_until(lambda event: "id" in event and event["id"] is None)
    assert '"3" is going on' in refused["error"]["message"]
    server.ask(cancel="2")
    assert server.end() == 0


def test_an_image_without_a_manifest_serves_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(command("serve"), cwd=tmp_path, input=b"", capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (8, b"")
    assert b"/pushwright/manifest.json" in ended.stderr


def test_what_is_printed_and_logged_at_import_does_not_disturb(serve: Serve) -> None:
    server = serve(
        {"trigger/a.py": f"import os\nprint('loud', end='')\nos.write(1, b'raw')\nlog.info('early')\n{ECHO}"}
    )
    early = server.read_until(lambda event: event["type"] == "log")
    assert ("id" in early, early["message"]) == (False, "early")
    server.run("1")
    assert server.read_end("1")[1] == 0
    server.end()
    assert server.process.stderr
    assert server.process.stderr.read().decode().count("loud") == 1
