"""`run`: one request in, events and one result out."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import importlib
import inspect
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

from pushwright import Task
from pushwright.registry import REGISTRY
from pushwright.runs import running

from .code_root import CodeRoot
from .events import EventStream, log_to
from .interruptions import GRACE_SECONDS, Interruption, Interruptions, RunInterrupted
from .loading import extend_import_path, import_task_file
from .manifest import MANIFEST_PATH, Manifest, ManifestUnreadable, TaskEntry, read_manifest
from .outcomes import Outcome, fail, fail_with, interrupt, succeed
from .run_request import BadPayload, BadRequest, RunRequest, read_request
from .standard_streams import close_stdin, take_over_stdout


@dataclass(frozen=True, slots=True)
class Work:
    """A task of this image to be run on a request."""

    code: CodeRoot
    entry: TaskEntry
    request: RunRequest


def main(options: Mapping[str, str]) -> int:
    """Run the one task that standard input asks for and return the exit code."""
    stream = EventStream(take_over_stdout())
    manifest_path = Path(options.get("manifest", MANIFEST_PATH))
    return conduct(
        stream,
        float(options.get("grace", GRACE_SECONDS)),
        lambda interruptions: _attempt(manifest_path, stream, interruptions),
    )


def conduct(stream: EventStream, grace: float, attempt: Callable[[Interruptions], Outcome]) -> int:
    """Make an attempt that may be interrupted, write its result and return the exit code; `grace` is in seconds."""
    interruptions = Interruptions(grace, lambda reason: _speak_last_words(stream, reason))
    try:
        interruptions.listen()
        outcome = attempt(interruptions)
        interruptions.conclude(outcome.exit_code)
    except RunInterrupted:
        outcome = interrupt(interruptions.reason or Interruption.CANCELED)
        interruptions.conclude(outcome.exit_code)
    stream.end(outcome.result)
    interruptions.leave()
    return outcome.exit_code


def attempt_task(
    work: Work, stream: EventStream, interruptions: Interruptions, find_task: Callable[[], Task[..., Any]]
) -> Outcome:
    """Find the task, call it and say how it ended; an interruption is raised, or is the outcome."""
    if work.entry.max_duration is not None:
        interruptions.limit(work.entry.max_duration)
    outcome = _call_found(work, stream, find_task)
    # Whatever the task made of the interruption, an interruption it was.
    return interrupt(interruptions.reason) if interruptions.reason else outcome


def find_entry(manifest: Manifest, task_id: str) -> TaskEntry | Outcome:
    """Look the task up; the outcome is that of a task which is not there."""
    entry = manifest.tasks.get(task_id)
    return fail("unknown_task", _explain_unknown(task_id, manifest)) if entry is None else entry


def _attempt(manifest_path: Path, stream: EventStream, interruptions: Interruptions) -> Outcome:
    try:
        manifest = read_manifest(manifest_path)
        request = read_request()
    except ManifestUnreadable as error:
        return fail("image_broken", str(error))
    except BadRequest as error:
        return fail("bad_request", str(error))
    close_stdin()
    entry = find_entry(manifest, request.run.task_id)
    if isinstance(entry, Outcome):
        return entry
    log_to(stream)
    code = CodeRoot(Path.cwd().resolve(), manifest.config_file)
    extend_import_path(code)
    work = Work(code, entry, request)
    return attempt_task(work, stream, interruptions, lambda: _import_task(code, entry, request.run.task_id))


def _call_found(work: Work, stream: EventStream, find_task: Callable[[], Task[..., Any]]) -> Outcome:
    run = work.request.run
    try:
        task = find_task()
    except RunInterrupted:
        raise
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, sys.exit included
        return fail_with("task_import_failed", error, work.code, work.entry.retry)
    try:
        payload = _fit_payload(task, work.request.payload)
        stream.emit("started", run_id=run.run_id, task=run.task_id, attempt=run.attempt)
        with running(run):
            return succeed(_call(task, payload))
    except RunInterrupted:
        raise
    except BadPayload as error:
        return fail("bad_payload", str(error))
    except BaseException as error:  # noqa: BLE001 - see above
        return fail_with("task_failed", error, work.code, work.entry.retry)


def _import_task(code: CodeRoot, entry: TaskEntry, task_id: str) -> Task[..., Any]:
    with REGISTRY.importing(entry.entry_file):
        import_task_file(code, entry.entry_file)
    for registration in REGISTRY.list_registrations():
        if registration.task.id == task_id:
            return registration.task
    raise LookupError(f'{entry.entry_file} did not declare the task "{task_id}" this time; it did in the build.')


def _fit_payload(task: Task[..., Any], payload: object) -> object:
    function = getattr(task.run, "func", task.run)
    if isinstance(function, FunctionType) and not function.__annotations__.keys() - {"return"}:
        return payload
    # Reading annotations costs milliseconds, which only tasks that have some should pay.
    fitting = importlib.import_module(".payload_fitting", __package__)
    fitted: object = fitting.fit_payload(task, payload)
    return fitted


def _call(task: Task[..., Any], payload: object) -> object:
    result = task.run(payload) if task.takes_payload else task.run()
    if not inspect.iscoroutine(result):
        return result
    import asyncio  # noqa: PLC0415 - costs 30 ms, which only asynchronous tasks should pay

    return asyncio.run(result)


def _explain_unknown(task_id: str, manifest: Manifest) -> str:
    known = ", ".join(sorted(manifest.tasks)[:20])
    return f'This image has no task "{task_id:.128}"; it has {known}.'


def _speak_last_words(stream: EventStream, reason: Interruption) -> NoReturn:
    outcome = interrupt(reason)
    stream.end(outcome.result)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(outcome.exit_code)
