"""`index`: look at the tasks in a process of its own, watch it, report.

User code may hang, exit, crash the interpreter or print to standard output while it is imported. So it does that
in a child, which reports through a pipe; the parent keeps the time and standard output.
"""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import faulthandler
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NoReturn

from .absence import pretend_absence
from .catalogue import make_manifest
from .code_root import CodeRoot
from .problems import EXIT_CODES, IndexFailure, Problem
from .stacks import find_stuck_line
from .standard_streams import close_stdin, take_over_stdout, write_whole

ERROR_MARKER: Final = "::pushwright-index-error::"

_CONFIG: Final = "trigger.config.py"
_SECONDS: Final = 20.0

# The child ends itself when the time is over and tells where it was; the parent is there when that fails.
_GRACE_SECONDS: Final = 2.0
_PROBLEM_LIMIT: Final = 50
_TRACEBACK_COUNT: Final = 10
_READ_SIZE: Final = 65_536


Maker = Callable[[Path, str, Callable[[str], None]], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """What to index.

    Attributes:
        root: the code root.
        config: path of the configuration file, relative to it.
        seconds: time limit for everything together.
        output: file for the manifest; None: standard output.
        without: file that names what is to be absent; None: nothing is.
        make: what to do in the child: given `root`, `config` and whom to tell which file is next, it returns the
            document to write.
    """

    root: Path
    config: str
    seconds: float
    output: Path | None
    make: Maker
    without: Path | None = None


def main(options: Mapping[str, str]) -> int:
    """Index the working directory."""
    return watch(options, make_manifest)


def watch(options: Mapping[str, str], make: Maker) -> int:
    """Make a document of the working directory in a child that is watched; what goes wrong is told as by `index`."""
    output, without = options.get("output"), options.get("without")
    request = IndexRequest(
        root=Path.cwd().resolve(),
        config=options.get("config", _CONFIG),
        seconds=float(options.get("time-limit", _SECONDS)),
        output=Path(output) if output else None,
        without=Path(without) if without else None,
        make=make,
    )
    return _index(request)


def _index(request: IndexRequest) -> int:
    """Print the task manifest, or one marked line that says what is wrong, and return the exit code."""
    try:
        manifest = _index_in_child(request)
    except IndexFailure as failure:
        print(ERROR_MARKER + json.dumps({"error": _describe_failure(failure)}), flush=True)
        return EXIT_CODES[failure.code]
    document = json.dumps(manifest, sort_keys=True, separators=(",", ":")) + "\n"
    if request.output:
        request.output.write_text(document)
    else:
        sys.stdout.write(document)
        sys.stdout.flush()
    return 0


def _index_in_child(request: IndexRequest) -> Mapping[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _report_and_exit(request, writing)
    os.close(writing)
    report = _read_report(reading, request.seconds + _GRACE_SECONDS)
    return _conclude(request, report, _end(child))


def _report_and_exit(request: IndexRequest, pipe: int) -> NoReturn:
    def report(**line: object) -> None:
        write_whole(pipe, json.dumps(line).encode() + b"\n")

    os.close(take_over_stdout())
    close_stdin()
    if request.without:
        pretend_absence(request.without)
    faulthandler.dump_traceback_later(request.seconds, exit=True, file=pipe)
    try:
        report(manifest=request.make(request.root, request.config, lambda file: report(importing=file)))
    except IndexFailure as failure:
        report(error=_describe_failure(failure))
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads and exit functions of user code must not keep the build waiting.
    os._exit(0)


def _read_report(pipe: int, seconds: float) -> bytes:
    """Read until the pipe ends, the conclusion is in, or the time is over."""
    deadline = time.monotonic() + seconds
    report = b""
    while not _is_concluded(report):
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(pipe, _READ_SIZE) if ready else b""
        if not piece:
            break
        report += piece
    return report


def _is_concluded(report: bytes) -> bool:
    last_line = report.rstrip(b"\n").rpartition(b"\n")[2]
    return report.endswith(b"\n") and last_line.startswith((b'{"manifest"', b'{"error"'))


def _end(child: int) -> int | None:
    """Make sure that the child is gone; its exit code, negative for a signal, None when it had to be killed."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _conclude(request: IndexRequest, report: bytes, exit_code: int | None) -> Mapping[str, object]:
    lines = report.decode(errors="replace").split("\n")[:-1]
    messages = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    last = messages[-1] if messages else {}
    if "manifest" in last:
        manifest: Mapping[str, object] = last["manifest"]
        return manifest
    if "error" in last:
        error = last["error"]
        raise IndexFailure(error["code"], error["sentence"], tuple(Problem(**each) for each in error["problems"]))
    stack = [line for line in lines if not line.startswith("{")]
    raise _explain_silence(request, last.get("importing", request.config), stack, exit_code)


def _explain_silence(request: IndexRequest, importing: str, stack: list[str], exit_code: int | None) -> IndexFailure:
    if stack or exit_code is None:
        file, line = find_stuck_line(stack, CodeRoot(request.root, request.config)) or (importing, None)
        sentence = (
            f"Importing {importing} was not done after {request.seconds:g} s, the limit for all task files together."
        )
        advice = "Move slow work and connections from the top of the file into the task."
        problem = Problem(file, line, f"still at this line when the time was over, while importing {importing}")
        return IndexFailure("index_timeout", f"{sentence} {advice}", (problem,))
    ended = (
        f"by signal {-exit_code} ({signal.strsignal(-exit_code)})" if exit_code < 0 else f"with exit code {exit_code}"
    )
    sentence = f"Importing {importing} ended the Python interpreter {ended}."
    return IndexFailure("task_import_failed", sentence, (Problem(importing, None, sentence),))


def _describe_failure(failure: IndexFailure) -> dict[str, object]:
    # Bounded: build logs are cut by size and speed, and this line has to survive.
    problems = [asdict(problem) for problem in failure.problems[:_PROBLEM_LIMIT]]
    for problem in problems[_TRACEBACK_COUNT:]:
        problem["traceback"] = ""
    return {"code": failure.code, "sentence": failure.sentence, "problems": problems}
