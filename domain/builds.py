"""Builds: what goes into one, what is heard while it runs, and how it may end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from domain.environments import BuildSettings
from domain.secrets import Secret
from domain.source import Commit

BUILD_VARIABLE_PREFIX: Final = "TRIGGER_BUILD_"


class Phase(StrEnum):
    """What a build is doing; each has its own time limit."""

    INSTALL = "install"
    BUILD = "build"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """Everything one build depends on.

    Attributes:
        tree: directory with the repository at exactly this commit; read-only to the builder.
        variables: `TRIGGER_BUILD_` variables of the environment, prefix already stripped once.
        image_name: repository part of the reference without registry host, such as `acme/shop`.
        tag: what the pushed image is tagged, besides its digest.
        labels: OCI labels of the image.
        cache_scope: empty for production and staging, which share BuildKit's caches. Otherwise a name, such as
            `shop.previews`, and the build reads no cache that was not written under the same name.
    """

    name: str
    tree: Path
    commit: Commit
    settings: BuildSettings
    variables: Mapping[str, Secret]
    image_name: str
    tag: str
    labels: Mapping[str, str]
    cache_scope: str = ""


@dataclass(frozen=True, slots=True)
class Ingredients:
    """Everything an image is made of, known before its files are on this machine.

    Attributes:
        content: stands for the files; equal for two commits only when their files are equal.
        variables: as in `BuildRequest`, like the rest.
    """

    content: str
    settings: BuildSettings
    variables: Mapping[str, Secret]
    labels: Mapping[str, str]
    cache_scope: str = ""


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the build began."""

    phase: Phase
    step: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step of the build ended.

    Attributes:
        seconds: how long it took; 0.0 when it came from the cache.
    """

    phase: Phase
    step: str
    cached: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of output, secrets already taken out.

    Attributes:
        step: the step that printed it, empty for the builder's own explanations.
    """

    phase: Phase
    step: str
    text: str


Progress = StepStarted | StepFinished | LogLine


def find_line(progress: Progress) -> tuple[str, str, str] | None:
    """Return the progress as a line of a log, `(phase, step, text)`; None when a log does not show it."""
    match progress:
        case LogLine():
            return progress.phase.value, progress.step, progress.text
        case StepStarted():
            return None
        case StepFinished(cached=True):
            return progress.phase.value, progress.step, "✓ unchanged, taken from the cache"
        case StepFinished():
            return progress.phase.value, progress.step, f"✓ {progress.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place in the repository.

    Attributes:
        file: path relative to the repository root.
        line: 1-based, None when unknown.
    """

    file: str
    line: int | None
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class TaskManifest:
    """What `index` printed inside the image, checked; see `docs/reference/image-contract.md`.

    Attributes:
        document: the JSON document as text, unchanged.
        task_ids: ids of the tasks, sorted.
    """

    document: str
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The image exists and is published.

    Attributes:
        image: reference with digest: `host/name:tag@sha256:…`, or `name:tag@sha256:…` in the local engine.
    """

    image: str
    manifest: TaskManifest


@dataclass(frozen=True, slots=True)
class BuildRejected:
    """The repository or its settings cannot be built as they are; nothing was published."""

    code: str
    sentence: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildStopped:
    """The build was ended from outside; its processes are gone."""

    reason: Literal["canceled", "timed_out", "lost"]
    phase: Phase = field(default=Phase.BUILD)


BuildOutcome = Built | BuildRejected | BuildStopped


@dataclass(frozen=True, slots=True)
class PlannedBuild:
    """What a build would do.

    Attributes:
        explanations: what was decided and why, a line each.
        steps: what the steps are called, in order.
        containerfile: what BuildKit is given; values of secrets are not in it.
    """

    explanations: tuple[str, ...]
    steps: tuple[str, ...]
    containerfile: str
