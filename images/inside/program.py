"""The command line of the program."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .indexing import IndexRequest, index
from .interruptions import GRACE_SECONDS
from .running import run

_MANIFEST: Final = Path("/pushwright/manifest.json")
_INDEX_SECONDS: Final = 20.0


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a command line that cannot be read exits with 2."""
    options = _parser().parse_args(arguments)
    root = Path.cwd().resolve()
    if options.command == "index":
        return index(
            IndexRequest(root=root, config=options.config, seconds=options.time_limit, output=options.output),
        )
    return run(root, options.manifest, options.grace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pushwright-inside", description=__doc__)
    # With `prog` given, argparse does not format its help to find it, which would import shutil at each run.
    commands = parser.add_subparsers(dest="command", required=True, prog="pushwright-inside")
    index_command = commands.add_parser("index", help="find the tasks below the working directory")
    index_command.add_argument("--config", default="trigger.config.py", help="relative to the working directory")
    index_command.add_argument("--time-limit", type=float, default=_INDEX_SECONDS, metavar="SECONDS")
    index_command.add_argument("--output", type=Path, help="write the task manifest there instead of to stdout")
    run_command = commands.add_parser("run", help="run one task; the request is read from stdin")
    run_command.add_argument("--manifest", type=Path, default=_MANIFEST)
    run_command.add_argument("--grace", type=float, default=GRACE_SECONDS, metavar="SECONDS")
    return parser
