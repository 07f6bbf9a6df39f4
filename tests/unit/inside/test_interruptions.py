"""Runs that are ended from outside."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inside.program import Run, Start

SLEEPY = """from pushwright import *
import time, os
@task(id='t', max_duration={})
def t(payload):
    try:
        log.info('ready')
        time.sleep(60)
    finally:
        log.info('cleaned up')
"""
SLEEPY_ASYNC = """from pushwright import *
import asyncio
@task(id='t', max_duration={})
async def t(payload):
    try:
        log.info('ready')
        await asyncio.gather(asyncio.sleep(60), asyncio.sleep(60))
    finally:
        log.info('cleaned up')
"""
STUBBORN = """from pushwright import *
import time
@task(id='t', max_duration={})
def t(payload):
    ready = False
    while True:
        try:
            if not ready: log.info('ready')
            ready = True
            time.sleep(60)
        except BaseException:
            ready = True
"""


class Running:
    """A run going on, its events read one by one."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        assert process.stdin
        process.stdin.write(b'{"task": "t", "payload": null}')
        process.stdin.close()

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        assert b"started" in self.process.stdout.readline()
        assert b"ready" in self.process.stdout.readline()

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        assert self.process.stdout
        rest = [json.loads(line) for line in self.process.stdout]
        return self.process.wait(timeout=30), rest


@pytest.fixture
def begin(start: Start, tmp_path: Path) -> Iterator[Any]:
    """Index a task and start running it."""
    begun: list[Running] = []

    def start_run(code: str) -> Running:
        files: Mapping[str, str] = {"trigger/a.py": code}
        pipes = subprocess.PIPE
        begun.append(Running(subprocess.Popen(start(files), cwd=tmp_path / "app", stdin=pipes, stdout=pipes)))
        return begun[-1]

    yield start_run
    for running in begun:
        running.process.kill()
        running.process.wait()
        assert running.process.stdout
        running.process.stdout.close()


@pytest.mark.parametrize("code", [SLEEPY, SLEEPY_ASYNC])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_and_lets_the_task_clean_up(begin: Any, code: str, number: int) -> None:  # noqa: ANN401 - fixture
    running = begin(code.format("None"))
    running.wait_until_ready()
    os.kill(running.process.pid, number)
    exit_code, events = running.end()
    assert [event.get("message") or event["status"] for event in events] == ["cleaned up", "canceled"]
    assert exit_code == 143


@pytest.mark.parametrize("code", [SLEEPY, SLEEPY_ASYNC])
def test_max_duration_ends_the_run(begin: Any, code: str) -> None:  # noqa: ANN401 - fixture
    exit_code, events = begin(code.format("0.5")).end()
    error = events[-1]["error"]
    assert (error["code"], error["retryable"], exit_code) == ("max_duration_exceeded", False, 5)
    assert "cleaned up" in [event.get("message") for event in events]


def test_max_duration_counts_while_the_file_is_imported(start: Start, tmp_path: Path) -> None:
    command = start({"trigger/a.py": SLEEPY.format("0.5")})
    path = tmp_path / "app/trigger/a.py"
    path.write_text("import time\ntime.sleep(30)\n" + path.read_text())
    request = b'{"task": "t", "payload": null}'
    ended = subprocess.run(command, cwd=tmp_path / "app", input=request, capture_output=True, timeout=20, check=False)
    assert ended.returncode == 5


def test_a_task_that_swallows_the_interruption_is_left_behind(begin: Any) -> None:  # noqa: ANN401 - fixture
    running = begin(STUBBORN.format("None"))
    running.wait_until_ready()
    began = time.monotonic()
    os.kill(running.process.pid, signal.SIGTERM)
    exit_code, events = running.end()
    assert [event["status"] for event in events] == ["canceled"]
    assert exit_code == 143
    assert 0.9 < time.monotonic() - began < 4


def test_a_task_that_turns_the_interruption_into_success_is_canceled_nevertheless(run: Run) -> None:
    code = "import os, signal\n@task(id='t')\ndef t(payload):\n"
    code += "  try: os.kill(os.getpid(), signal.SIGTERM)\n  except BaseException: return 'fine'"
    ended = run(code)
    assert (ended.exit_code, ended.result["status"]) == (143, "canceled")


def test_a_result_that_is_read_slowly_arrives_whole(begin: Any) -> None:  # noqa: ANN401 - fixture
    running = begin("from pushwright import *\n@task(id='t')\ndef t(payload): return 'x' * 1_000_000")
    time.sleep(2)
    running.process.terminate()
    exit_code, events = running.end()
    assert (exit_code, len(events[-1]["output"])) == (0, 1_000_000)


def test_a_signal_before_the_request_is_complete_cancels(start: Start, tmp_path: Path) -> None:
    command = start({"trigger/a.py": SLEEPY.format("None")})
    with subprocess.Popen(command, cwd=tmp_path / "app", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        time.sleep(1)
        process.terminate()
        assert process.stdout
        assert json.loads(process.stdout.read())["status"] == "canceled"
    assert process.returncode == 143


def test_a_thread_that_stays_behind_does_not_change_the_result(run: Run) -> None:
    code = "import threading, time\n@task(id='t')\ndef t(payload):\n"
    code += "  threading.Thread(target=time.sleep, args=(60,)).start()\n  return 'fine'"
    began = time.monotonic()
    ended = run(code)
    assert (ended.exit_code, ended.result["output"]) == (0, "fine")
    assert time.monotonic() - began < 10
