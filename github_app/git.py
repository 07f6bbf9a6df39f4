"""Running git so that nothing but git runs: fixed configuration, a nearly empty environment, a limit on everything.

No configuration outside this module is read, no hook, filter, credential helper or pager is there to be started, and
what a remote or a repository says is data. Secrets go to git in the environment of the one process that needs them:
arguments can be read by every user of a machine, environments only by the same user.
"""

import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from domain.errors import OperatorError
from domain.secrets import MASK, Secret

_POLL_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 2.0
_MAX_ERROR_OUTPUT: Final = 1024 * 1024
_CONFIGURATION: Final[Mapping[str, str]] = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    # Larger blobs are streamed, so that one made of zeros does not fill the memory.
    "core.bigFileThreshold": "16m",
    "core.excludesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "true",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "protocol.version": "2",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
    "transfer.bundleURI": "false",
}


class GitError(Exception):
    """Git did not do what it was asked to; stays inside this room.

    Attributes:
        detail: the end of its error output on one line, secrets taken out.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class GitTookTooLong(GitError):  # noqa: N818 - reads as the sentence it is raised with
    """Git was ended because its time was over."""


class GitSaidTooMuch(GitError):  # noqa: N818 - see GitTookTooLong
    """Git was ended because its output was larger than allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How one command is run.

    Attributes:
        environment: variables it needs besides the fixed ones.
        configuration: git configuration for this process alone; it may hold secrets.
        secrets: texts to take out of error output.
        watch: called about ten times a second while git runs, and once when it has ended; what it raises ends
            git and is passed on.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    max_output: int = 1024 * 1024
    watch: Callable[[], None] | None = None


_DEFAULTS: Final = RunOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git program and what it may use.

    Attributes:
        program: its name or path.
        search_path: PATH of the process: git finds its own programs there.
        protocols: what git may speak, as in `GIT_ALLOW_PROTOCOL`.
        ca_bundle: certificates to trust instead of the system's.
        proxy: HTTP proxy; it may hold credentials.
    """

    program: str = "git"
    search_path: str = os.defpath
    protocols: str = "https"
    ca_bundle: Path | None = None
    proxy: Secret | None = None
    timeout_seconds: float = 300.0

    def run(self, *arguments: str, options: RunOptions = _DEFAULTS) -> bytes:
        """Run one git command and return what it prints.

        Raises:
            GitError: it failed, took too long or printed too much.
        """
        # Files instead of pipes: nothing has to be drained while git is waited for and watched.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = self._start(arguments, (output, errors), options)
            try:
                self._wait(process, (output, errors), options)
            except BaseException:
                _end(process)
                raise
            if process.returncode != 0:
                raise GitError(_describe(process.returncode, _read_text(errors), options.secrets))
            output.seek(0)
            return output.read()

    def _start(
        self, arguments: Sequence[str], files: "tuple[IO[bytes], IO[bytes]]", options: RunOptions
    ) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - a list; what comes from outside stands behind "--" or is checked
                [self.program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=files[0],
                stderr=files[1],
                env=self._environment(options),
                start_new_session=True,
            )
        except OSError as error:
            raise OperatorError(
                "git_not_found", f"The program {self.program!r} cannot be started ({error.strerror}): install git."
            ) from error

    def _wait(
        self, process: "subprocess.Popen[bytes]", files: "tuple[IO[bytes], IO[bytes]]", options: RunOptions
    ) -> None:
        deadline = time.monotonic() + self.timeout_seconds
        with _told_of_end(process) as await_end:
            while True:
                await_end()
                output, errors = (os.fstat(file.fileno()).st_size for file in files)
                if output > options.max_output or errors > _MAX_ERROR_OUTPUT:
                    raise GitSaidTooMuch("its output is larger than allowed")
                if options.watch is not None:
                    options.watch()
                if process.returncode is not None:
                    return
                if time.monotonic() > deadline:
                    raise GitTookTooLong(f"it took longer than {self.timeout_seconds:.0f} s")

    def _environment(self, options: RunOptions) -> dict[str, str]:
        configuration = {**_CONFIGURATION, **options.configuration}
        if self.ca_bundle is not None:
            configuration["http.sslCAInfo"] = str(self.ca_bundle)
        if self.proxy is not None:
            configuration["http.proxy"] = self.proxy.reveal()
        return {
            "PATH": self.search_path,
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": self.protocols,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            **options.environment,
            **_as_environment(configuration),
        }


def _as_environment(configuration: Mapping[str, str]) -> dict[str, str]:
    """Return git configuration in the form git reads out of its environment."""
    variables = {"GIT_CONFIG_COUNT": str(len(configuration))}
    for number, (key, value) in enumerate(configuration.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


@contextmanager
def _told_of_end(process: "subprocess.Popen[bytes]") -> "Iterator[Callable[[], None]]":
    """Give a function that waits for the process, for a moment at most.

    The kernel tells the end at once. `Popen.wait` with a timeout looks every 50 ms, longer than most commands take.
    """
    descriptor = os.pidfd_open(process.pid)
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)

    def await_end() -> None:
        poll.poll(_POLL_SECONDS * 1000)
        process.poll()

    try:
        yield await_end
    finally:
        os.close(descriptor)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End git and the programs it started: politely first, so that it removes its lock files."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)


def _read_text(errors: "IO[bytes]") -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace")


def _describe(status: int, text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    shown = "".join(character if character.isprintable() else "?" for character in "; ".join(lines[-3:]))
    return shown[-400:] or f"exit status {status}"
