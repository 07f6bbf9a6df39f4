"""The real program of the image, run in a subprocess on small trees."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

PROGRAM: Final = Path(__file__).resolve().parents[3] / "images" / "inside"
MARKER: Final = "::pushwright-index-error::"
CONFIG: Final = 'from pushwright import define_config\nconfig = define_config(project="p")\n'


@dataclass(frozen=True)
class Ended:
    """A program that ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def manifest(self) -> dict[str, Any]:
        assert self.exit_code == 0, self.stdout + self.stderr
        manifest: dict[str, Any] = json.loads(self.stdout)
        return manifest

    @property
    def error(self) -> dict[str, Any]:
        last_line = self.stdout.splitlines()[-1]
        assert last_line.startswith(MARKER), self.stdout + self.stderr
        error: dict[str, Any] = json.loads(last_line.removeprefix(MARKER))["error"]
        return error

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        assert self.events, self.stderr
        assert self.events[-1]["type"] == "result"
        return self.events[-1]


Repository = Callable[[Mapping[str, str]], Path]
Start = Callable[[Mapping[str, str]], list[str]]


class Index(Protocol):
    """Writes a tree and indexes it."""

    def __call__(self, files: Mapping[str, str], *arguments: str) -> Ended: ...


class Run(Protocol):
    """Writes a task, indexes it and runs it."""

    def __call__(
        self, code: str, payload: object = None, *, stdin: bytes | None = None, **context: object
    ) -> Ended: ...


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-I", "-B", str(PROGRAM), *arguments]


def call(root: Path, *arguments: str, stdin: bytes = b"") -> Ended:
    ended = subprocess.run(command(*arguments), cwd=root, input=stdin, capture_output=True, timeout=60, check=False)
    return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
