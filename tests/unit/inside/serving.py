"""The server of the image, started in a subprocess and spoken to line by line."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.unit.inside.program import command


class Server:
    """A server going on."""

    def __init__(self, root: Path, *options: str) -> None:
        pipes = subprocess.PIPE
        self.events: list[dict[str, Any]] = []
        self.process = subprocess.Popen(command("serve", *options), cwd=root, stdin=pipes, stdout=pipes, stderr=pipes)

    def ask(self, **line: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def run(self, identifier: str, task: str = "t", payload: object = None) -> None:
        self.ask(id=identifier, task=task, payload=payload)

    def read_until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first event that is it; those before are passed over."""
        assert self.process.stdout
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            self.events.append(event)
            if is_it(event):
                return event
        raise AssertionError("the server ended without saying it")

    def read_end(self, identifier: str) -> tuple[dict[str, Any] | None, int]:
        """Return the result of a run and its exit code; both may have been read before."""
        while True:
            own = {event["type"]: event for event in self.events if event.get("id") == identifier}
            if "exit" in own:
                return own.get("result"), own["exit"]["code"]
            self.read_until(lambda event: event["type"] == "exit")

    def read_result(self, identifier: str) -> dict[str, Any]:
        """Return the result of a run, which there must be."""
        result, _ = self.read_end(identifier)
        assert result, f"{identifier} ended without a result"
        return result

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> int:
        """Close the server's standard input and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(timeout=60)

    def clear_away(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            stream.close()


class Serve(Protocol):
    """Writes and indexes a tree and starts a server on it."""

    def __call__(self, files: dict[str, str], *options: str) -> Server: ...
