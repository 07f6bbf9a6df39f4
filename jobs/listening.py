"""Listening to a build: its log goes to the store, its phases move the deployment, and it is ended when it must be."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from domain.builds import BuildStopped, Phase, Progress, find_line
from domain.deployments import FINAL, Deployment, DeploymentStatus
from domain.errors import TemporarilyUnavailable
from domain.ports.builds import PhaseLimits
from domain.ports.jobs import Clock
from domain.ports.store import Store

STATUS_OF_PHASE: Final = {
    Phase.INSTALL: DeploymentStatus.INSTALLING,
    Phase.BUILD: DeploymentStatus.BUILDING,
    Phase.PUBLISH: DeploymentStatus.DEPLOYING,
}
_ORDER: Final = (Phase.INSTALL, Phase.BUILD, Phase.PUBLISH)
_FLUSH_SECONDS: Final = 0.2
_FLUSH_LINES: Final = 500
_LOOK_SECONDS: Final = 1.0

StoredLine = tuple[str, str, str]


@dataclass
class DeploymentListener:
    """Hears one build on behalf of one attempt of one deployment.

    Attributes:
        deployment: the row as this attempt last saw it.
        is_stopping: whether the service is shutting down; the build is then given back to the queue.
    """

    store: Store
    clock: Clock
    deployment: Deployment
    limits: PhaseLimits
    is_stopping: Callable[[], bool]
    _phase: Phase = Phase.INSTALL
    _phase_began: float = field(default_factory=time.monotonic)
    _lines: list[StoredLine] = field(default_factory=list)
    _flushed: float = 0.0
    _looked: float = 0.0
    _stop: BuildStopped | None = None

    def hear(self, progress: Progress) -> None:
        """Take one piece of progress: keep its line, and move the deployment when it opens a later phase."""
        if _ORDER.index(progress.phase) > _ORDER.index(self._phase):
            self._enter(progress.phase)
        line = find_line(progress)
        if line is not None:
            self._lines.append(line)
        if len(self._lines) >= _FLUSH_LINES or time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self._try_flush()

    def find_stop(self) -> BuildStopped | None:
        """Say whether the build must end: somebody canceled it, took it over, its time is up, or we shut down."""
        self._try_flush()
        if self._stop is None:
            self._stop = self._look_for_stop()
        return self._stop

    def close(self) -> None:
        """Store what is left of the log. Raises `TemporarilyUnavailable` when it cannot."""
        self._flush()

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._phase_began = time.monotonic()
        with self.store.transaction() as work:
            moved = work.deployments.advance(self.deployment, STATUS_OF_PHASE[phase], self.clock.now())
        if moved is None:
            self._stop = self._stop or BuildStopped("lost", phase)
        else:
            self.deployment = moved

    def _look_for_stop(self) -> BuildStopped | None:
        if self.is_stopping():
            return BuildStopped("lost", self._phase)
        if time.monotonic() - self._phase_began > _limit(self.limits, self._phase).total_seconds():
            return BuildStopped("timed_out", self._phase)
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return None
        self._looked = time.monotonic()
        return self._look_at_row()

    def _look_at_row(self) -> BuildStopped | None:
        try:
            with self.store.transaction() as work:
                row = work.deployments.get(self.deployment.id)
        except TemporarilyUnavailable:
            return None
        if row.status in FINAL:
            return BuildStopped("canceled", self._phase)
        return BuildStopped("lost", self._phase) if row.attempt != self.deployment.attempt else None

    def _try_flush(self) -> None:
        try:
            self._flush()
        except TemporarilyUnavailable:
            # The database is away for a moment: the lines wait here, the build goes on.
            self._flushed = time.monotonic()

    def _flush(self) -> None:
        self._flushed = time.monotonic()
        if not self._lines:
            return
        with self.store.transaction() as work:
            work.deployments.append_log(self.deployment.id, self._lines)
        self._lines = []


def _limit(limits: PhaseLimits, phase: Phase) -> timedelta:
    match phase:
        case Phase.INSTALL:
            return limits.install
        case Phase.BUILD:
            return limits.build
        case Phase.PUBLISH:
            return limits.publish
