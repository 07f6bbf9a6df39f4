"""A builder and a fetcher that do what the test scripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.builds import BuildOutcome, BuildRequest, Built, LogLine, Phase, StepStarted, TaskManifest
from domain.errors import ServiceError
from domain.ports.builds import BuildListener
from domain.ports.forge import PLAIN_FETCH, FetchOptions
from domain.source import CloneAccess, CommitSha

BUILT = Built("registry.example/shop:1@sha256:" + "a" * 64, TaskManifest('{"tasks": []}', ("hello",)))


def succeed(_request: BuildRequest, listener: BuildListener) -> BuildOutcome:
    """Go through every phase with a line each and succeed."""
    for phase in Phase:
        listener.hear(StepStarted(phase, "step"))
        listener.hear(LogLine(phase, "step", f"{phase.value} runs"))
    return listener.find_stop() or BUILT


@dataclass
class ScriptedBuilder:
    """Plays `script` for each build and remembers the requests."""

    script: Callable[[BuildRequest, BuildListener], BuildOutcome] = succeed
    requests: list[BuildRequest] = field(default_factory=list)

    def build(self, request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        self.requests.append(request)
        return self.script(request, listener)


@dataclass
class FolderFetcher:
    """Gives the same folder for every commit, or fails as told."""

    folder: Path
    failures: list[ServiceError] = field(default_factory=list)
    options: list[FetchOptions] = field(default_factory=list)

    @contextmanager
    def fetch(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> Iterator[Path]:
        assert access.url
        assert len(sha) == 40
        self.options.append(options)
        if self.failures:
            raise self.failures.pop(0)
        yield self.folder


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)
