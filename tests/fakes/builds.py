"""A builder and a fetcher that do what the test scripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.builds import BuildOutcome, BuildRequest, Built, Ingredients, LogLine, Phase, StepStarted, TaskManifest
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
    ingredients: list[Ingredients] = field(default_factory=list)
    images_are_gone: bool = False

    def build(self, request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        self.requests.append(request)
        return self.script(request, listener)

    def find_key(self, ingredients: Ingredients) -> str | None:
        self.ingredients.append(ingredients)
        return f"{ingredients.content} {sorted(ingredients.labels.items())} {ingredients.cache_scope}"

    def has_image(self, image: str) -> bool:
        return bool(image) and not self.images_are_gone


@dataclass
class FolderFetcher:
    """Gives the same folder for every commit, or fails as told.

    Attributes:
        contents: what stands for the files of a commit; without an entry nothing does.
    """

    folder: Path
    failures: list[ServiceError] = field(default_factory=list)
    options: list[FetchOptions] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def fetch(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> Iterator[Path]:
        assert access.url
        assert len(sha) == 40
        self.options.append(options)
        if self.failures:
            raise self.failures.pop(0)
        yield self.folder

    def identify(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> str | None:
        assert access.url
        return None if options.overlay else self.contents.get(sha)


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)
