"""The command line of the bundler."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

import argparse
from collections.abc import Sequence
from pathlib import Path

from .shaking import Shaking, restore, shake


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a command line that cannot be read exits with 2."""
    options = _parser().parse_args(arguments)
    shaking = Shaking(options.root, options.config, options.site_packages, options.state, options.facts)
    if options.command == "shake":
        shake(shaking)
    else:
        restore(shaking, options.log.read_text(encoding="utf-8", errors="replace"))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pushwright-bundler", description=__doc__)
    parser.add_argument("command", choices=("shake", "restore"))
    parser.add_argument("--root", type=Path, required=True, help="the repository, as it will be in the image")
    parser.add_argument("--config", required=True, help="the configuration file, relative to the root")
    parser.add_argument("--site-packages", type=Path, required=True, help="of the environment")
    parser.add_argument("--state", type=Path, required=True, help="where the results go, and what is taken away")
    parser.add_argument("--facts", type=Path, help="where what is known of distributions is kept between builds")
    parser.add_argument("--log", type=Path, help="restore: what the failed trial printed")
    return parser
