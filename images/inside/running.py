"""`run`: one request in, events and one result out."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import inspect
import logging
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from pushwright import Task
from pushwright.registry import REGISTRY
from pushwright.runs import running

from .code_root import CodeRoot
from .events import EventStream, log_to
from .interruptions import Interruption, Interruptions, RunInterrupted
from .loading import extend_import_path, import_task_file
from .manifest import Manifest, ManifestUnreadable, TaskEntry, read_manifest
from .outcomes import Outcome, fail, fail_with, interrupt, succeed
from .run_request import BadRequest, RunRequest, read_request
from .standard_output import close_stdin, take_over_stdout


def run(root: Path, manifest_path: Path, grace: float) -> int:
    """Run the one task that standard input asks for and return the exit code; `grace` is in seconds."""
    stream = EventStream(take_over_stdout())
    interruptions = Interruptions(grace, lambda reason: _speak_last_words(stream, reason))
    try:
        interruptions.listen()
        outcome = _attempt(root, manifest_path, stream, interruptions)
        interruptions.conclude(outcome.exit_code)
    except RunInterrupted:
        outcome = interrupt(interruptions.reason or Interruption.CANCELED)
        interruptions.conclude(outcome.exit_code)
    stream.end(outcome.result)
    interruptions.leave()
    return outcome.exit_code


def _attempt(root: Path, manifest_path: Path, stream: EventStream, interruptions: Interruptions) -> Outcome:
    try:
        manifest = read_manifest(manifest_path)
        request = read_request()
    except ManifestUnreadable as error:
        return fail("image_broken", str(error))
    except BadRequest as error:
        return fail("bad_request", str(error))
    close_stdin()
    entry = manifest.tasks.get(request.run.task_id)
    if entry is None:
        return fail("unknown_task", _explain_unknown(request.run.task_id, manifest))
    log_to(stream)
    if entry.max_duration is not None:
        interruptions.limit(entry.max_duration)
    outcome = _run_entry(CodeRoot(root, manifest.config_file), entry, request, stream)
    # Whatever the task made of the interruption, an interruption it was.
    return interrupt(interruptions.reason) if interruptions.reason else outcome


def _run_entry(code: CodeRoot, entry: TaskEntry, request: RunRequest, stream: EventStream) -> Outcome:
    extend_import_path(code)
    try:
        task = _import_task(code, entry, request.run.task_id)
    except RunInterrupted:
        raise
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, sys.exit included
        return fail_with("task_import_failed", error, code, entry.retry)
    stream.emit("started", run_id=request.run.run_id, task=request.run.task_id, attempt=request.run.attempt)
    try:
        with running(request.run):
            return succeed(_call(task, request.payload))
    except RunInterrupted:
        raise
    except BaseException as error:  # noqa: BLE001 - see above
        return fail_with("task_failed", error, code, entry.retry)


def _import_task(code: CodeRoot, entry: TaskEntry, task_id: str) -> Task[..., Any]:
    with REGISTRY.importing(entry.entry_file):
        import_task_file(code, entry.entry_file)
    for registration in REGISTRY.list_registrations():
        if registration.task.id == task_id:
            return registration.task
    raise LookupError(f'{entry.entry_file} did not declare the task "{task_id}" this time; it did in the build.')


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
