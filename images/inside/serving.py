"""`serve`: prepare a process that has imported the tasks, and let it be the server."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .children import leave_quickly
from .code_root import CodeRoot
from .events import EventStream, log_to
from .interruptions import GRACE_SECONDS
from .manifest import MANIFEST_PATH, ManifestUnreadable, read_manifest
from .outcomes import EXIT_CODES
from .preloading import StandingBy, preload
from .server import Server, Settings
from .standard_streams import take_over_stdin, take_over_stdout

_PRELOAD_SECONDS: Final = 60.0
_IMPORTED_BEFORE: Final = (".payload_fitting", "asyncio")


def main(options: Mapping[str, str]) -> int:
    """Serve until standard input ends and return the exit code; also that of each run, in its own process."""
    manifest_path = options.get("manifest", MANIFEST_PATH)
    grace = options.get("grace", str(GRACE_SECONDS))
    try:
        manifest = read_manifest(Path(manifest_path))
    except ManifestUnreadable as error:
        print(error, file=sys.stderr)
        return EXIT_CODES["image_broken"]
    settings = Settings(
        code=CodeRoot(Path.cwd().resolve(), manifest.config_file),
        manifest=manifest,
        run_command=(*_find_program(), "run", "--manifest", manifest_path, "--grace", grace),
        grace=float(grace),
        concurrency=int(options.get("concurrency", len(os.sched_getaffinity(0)))),
    )
    leave_quickly()
    # What a run would import when it needs it, a fork has already.
    for module in _IMPORTED_BEFORE:
        importlib.import_module(module, __package__)
    requests, events = take_over_stdin(), take_over_stdout()
    # What is logged while the tasks are imported belongs to no run.
    logs = log_to(EventStream(events))
    files = sorted({entry.entry_file for entry in manifest.tasks.values()})
    try:
        preloaded = preload(settings.code, files, float(options.get("preload-time", _PRELOAD_SECONDS)))
    except StandingBy as ended:
        return ended.exit_code
    return Server(settings, preloaded, logs, (requests, events)).serve()


def _find_program() -> tuple[str, ...]:
    """Return the command this program was started by: interpreter, its options, the program's path."""
    return (sys.executable, *sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1])
