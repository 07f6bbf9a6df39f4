"""The real service in a process of its own, as an operator runs it, and how a test speaks with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

PUSHWRIGHT = str(Path(sys.executable).parent / "pushwright")


@dataclass
class RunningService:
    """`pushwright serve` with settings of its own.

    Attributes:
        settings: `PUSHWRIGHT_` variables without the prefix.
        directory: where it writes its log.
    """

    settings: Mapping[str, str]
    directory: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings['PORT']}"

    @property
    def environment(self) -> dict[str, str]:
        # SSL_CERT_FILE and PATH of the test run are what an operator's shell would have.
        shell = os.environ.items()  # noqa: TID251 - the tests are an operator here
        plain = {name: value for name, value in shell if not name.startswith("PUSHWRIGHT_")}
        return (
            plain
            | {f"PUSHWRIGHT_{name}": value for name, value in self.settings.items()}
            | {"PUSHWRIGHT_SETTINGS_FILES": ""}
        )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with (self.directory / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [PUSHWRIGHT, "serve"], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        wait_until(self._is_ready, "the service is ready", seconds=60)

    def kill(self) -> None:
        """End it the hard way."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        return self._end(signal.SIGTERM)

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `pushwright` command beside it."""
        return subprocess.run(
            [PUSHWRIGHT, *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def succeed(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed and return what it printed."""
        done = self.command(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def list_json(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a list command and return its rows."""
        rows: list[dict[str, Any]] = json.loads(self.succeed(*arguments, "--json"))
        return rows

    def log(self) -> str:
        return (self.directory / "service.log").read_text()

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"The service ended at start:\n{self.log()}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def wait_until(condition: Callable[[], T | None], what: str, *, seconds: float = 120) -> T:
    """Return the first true answer of `condition`; fail with `what` when there is none in time."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"Waited {seconds} s in vain until {what}.")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
