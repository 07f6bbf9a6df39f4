"""The command line of the program."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

# Each command's module, imported only for it, and its options: what their values are.
_COMMANDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "index": ("indexing", {"config": "FILE", "time-limit": "SECONDS", "output": "FILE", "without": "FILE"}),
    "configure": ("configuring", {"config": "FILE", "time-limit": "SECONDS", "output": "FILE"}),
    "complete": ("completing", {"config": "FILE", "time-limit": "SECONDS", "output": "FILE"}),
    "run": ("running", {"manifest": "FILE", "grace": "SECONDS"}),
    "serve": (
        "serving",
        {"manifest": "FILE", "grace": "SECONDS", "concurrency": "COUNT", "preload-time": "SECONDS"},
    ),
}
_EXIT_USAGE: Final = 2
_EXIT_IMAGE_BROKEN: Final = 8


class UsageError(Exception):
    """The command line cannot be read."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a command line that cannot be read exits with 2."""
    if "-h" in arguments or "--help" in arguments:
        print(_describe_usage())
        return 0
    try:
        command, options = _parse(arguments)
    except UsageError as error:
        print(_describe_usage(), f"error: {error}", sep="\n", file=sys.stderr)
        return _EXIT_USAGE
    try:
        module = importlib.import_module(f"{__package__}.{_COMMANDS[command][0]}")
    except ImportError as error:
        print(
            f"This image is broken: the package `pushwright` in it does not fit ({error}). Build it again.",
            file=sys.stderr,
        )
        return _EXIT_IMAGE_BROKEN
    exit_code: int = module.main(options)
    return exit_code


def _parse(arguments: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    """Read the command and its options; argparse would cost a run a tenth of its start."""
    if not arguments or arguments[0] not in _COMMANDS:
        raise UsageError(f"the command is one of {', '.join(_COMMANDS)}")
    command, *rest = arguments
    options: dict[str, str] = {}
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        kind = _COMMANDS[command][1].get(name.removeprefix("--")) if name.startswith("--") else None
        if kind is None:
            raise UsageError(f"{command} has no option {name}")
        if not equals:
            if not rest:
                raise UsageError(f"{name} needs a value")
            value = rest.pop(0)
        _check(name, value, kind)
        options[name.removeprefix("--")] = value
    return command, options


def _check(name: str, value: str, kind: str) -> None:
    try:
        is_fine = kind == "FILE" or (float(value) >= 0 if kind == "SECONDS" else int(value) > 0)
    except ValueError:
        is_fine = False
    if not is_fine:
        raise UsageError(f"{name} is {value!r}; it must be {kind}")


def _describe_usage() -> str:
    lines = [
        " ".join(["usage: pushwright-inside", command, *(f"[--{name} {kind}]" for name, kind in options.items())])
        for command, (_, options) in _COMMANDS.items()
    ]
    return "\n".join(lines)
