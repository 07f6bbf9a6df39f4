"""How long a run takes from its request to its result: an interpreter each, and forks of a server."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "images" / "inside"
HEADING = "## From request to result"
REPEATS = 200
_CONFIG = 'from pushwright import define_config\n\nconfig = define_config(project="starts")\n'
_TASK = 'from pushwright import task\n\n\n@task(id="{id}")\ndef run(payload):\n    return payload\n'
_TASKS = {"empty": "", "imports": "import asyncio\nimport sqlite3\n\nimport httpx\nimport pydantic\n\n"}
_MEANINGS = {"empty": "nothing", "imports": "asyncio, sqlite3, httpx, pydantic"}
_SECTION = """{heading}

A task that returns its payload, in a process of its own, on the host: no container is started. Milliseconds from the
request to its result, median and 99th percentile of {repeats} runs one after the other; the ways take turns.
*Interpreter* is `python -I -c pass`: its start and end. `python -m tests.benchmarks starts` measures this part alone.

| the task's file imports | interpreter | p99 | `run` | p99 | `serve` | p99 |
|---|---|---|---|---|---|---|
{rows}
"""


@dataclass(frozen=True)
class Starts:
    """Times of one task, in milliseconds, by way."""

    task: str
    times: dict[str, list[float]]


class _Server:
    """A server with one run at a time."""

    def __init__(self, root: Path, manifest: Path) -> None:
        command = [sys.executable, "-I", str(PROGRAM), "serve", "--manifest", str(manifest), "--concurrency", "1"]
        self._process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._wait_for("ready")

    def run(self, task: str) -> float:
        """Run a task and return the milliseconds to its result; its exit is waited for as well, but not counted."""
        line = json.dumps({"id": "1", "task": task, "payload": 1}).encode() + b"\n"
        assert self._process.stdin
        began = time.perf_counter()
        self._process.stdin.write(line)
        self._process.stdin.flush()
        self._wait_for("result")
        took = (time.perf_counter() - began) * 1000
        self._wait_for("exit")
        return took

    def end(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _wait_for(self, kind: str) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if json.loads(line)["type"] == kind:
                return
        raise RuntimeError(f"the server ended before {kind}")


def measure_starts(directory: Path) -> list[Starts]:
    """Measure every task in every way; `directory` is empty and stays so no longer."""
    for name, imports in _TASKS.items():
        (directory / "trigger").mkdir(exist_ok=True)
        (directory / "trigger" / f"{name}.py").write_text(imports + _TASK.format(id=name))
    (directory / "trigger.config.py").write_text(_CONFIG)
    manifest = directory / "manifest.json"
    subprocess.run(
        [sys.executable, "-I", str(PROGRAM), "index", "--output", str(manifest)], cwd=directory, check=True
    )  # fmt: skip
    server = _Server(directory, manifest)
    measured = [_measure(directory, manifest, server, name) for name in _TASKS]
    server.end()
    return measured


def render_starts(measured: list[Starts]) -> str:
    """Return the section of the page."""
    rows = "".join(f"| {_MEANINGS[one.task]} |{_render_times(one)}\n" for one in measured)
    return _SECTION.format(heading=HEADING, repeats=REPEATS, rows=rows.rstrip())


def _measure(directory: Path, manifest: Path, server: _Server, task: str) -> Starts:
    ways: dict[str, Callable[[], float]] = {
        "interpreter": lambda: _time([sys.executable, "-I", "-c", "pass"], directory, task),
        "run": lambda: _time([sys.executable, "-I", str(PROGRAM), "run", "--manifest", str(manifest)], directory, task),
        "serve": lambda: server.run(task),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, way in ways.items():
            times[name].append(way())
    return Starts(task, times)


def _time(command: list[str], directory: Path, task: str) -> float:
    """Return the milliseconds until the program has written its last line, or has ended when it writes none."""
    request = json.dumps({"task": task, "payload": 1}).encode()
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        with suppress(BrokenPipeError):
            process.stdin.write(request)
            process.stdin.close()
        ended = next((time.perf_counter() for line in process.stdout if b'"result"' in line), None)
        process.wait()
        return ((ended or time.perf_counter()) - began) * 1000


def _render_times(one: Starts) -> str:
    return "".join(
        f" {statistics.median(times):.1f} | {statistics.quantiles(times, n=100)[98]:.1f} |"
        for times in one.times.values()
    )
