"""Building: whoever turns a tree into an image, and whoever listens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.builds import (
    BuildOutcome,
    BuildRejected,
    BuildRequest,
    BuildStopped,
    Ingredients,
    PlannedBuild,
    Progress,
    TaskManifest,
)


class BuildListener(Protocol):
    """Hears a running build and may end it. Called from one thread."""

    def hear(self, progress: Progress) -> None:
        """Take one piece of progress, in order."""

    def find_stop(self) -> BuildStopped | None:
        """Say whether and why the build must end now; asked at least every second."""


class ImageBuilder(Protocol):
    """Turns a source tree into a published image."""

    def build(self, request: BuildRequest, listener: BuildListener) -> BuildOutcome:
        """Build, index and publish.

        Raises:
            TemporarilyUnavailable: `builder_unavailable`, `registry_unavailable`.
        """

    def find_key(self, ingredients: Ingredients) -> str | None:
        """Return what is equal for two builds only when one image serves both; None when that cannot be told.

        No value of a variable can be read or guessed from it.
        """

    def has_image(self, image: str) -> bool:
        """Whether an image that was built is still there to be run; False when nobody can say."""


class RehearsingBuilder(ImageBuilder, Protocol):
    """A builder that can also say what it would do, and do it without leaving an image anywhere."""

    def plan(self, request: BuildRequest) -> PlannedBuild | BuildRejected:
        """Say what a build would do; nothing runs."""

    def rehearse(self, request: BuildRequest, listener: BuildListener) -> TaskManifest | BuildRejected | BuildStopped:
        """Build and index, and publish nothing; raises like `build`."""


@dataclass(frozen=True, slots=True)
class PhaseLimits:
    """How long each phase of a deployment may take; the count starts anew at each transition."""

    install: timedelta = timedelta(minutes=20)
    build: timedelta = timedelta(minutes=20)
    publish: timedelta = timedelta(minutes=20)
