"""Asking a base image which Python it has: once for each base, kept in the builder's directory."""

import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.buildx import Buildx
from builder.child import run_child
from builder.invocation import Invocation, base_context
from builder.settings import BuilderSettings
from builder.wheels.base_python import PROBE, BasePython, parse_base_python
from domain.builds import BuildStopped

_CONTAINERFILE: Final = "\n".join(
    (
        "FROM base AS probe",
        "RUN --network=none <<'PUSHWRIGHT'",
        "mkdir /out && python3 -I - > /out/base.json <<'PROGRAM'",
        *PROBE,
        "PROGRAM",
        "PUSHWRIGHT",
        "FROM scratch AS answer",
        "COPY --from=probe /out/base.json /",
        "",
    )
)
_KEPT_SECONDS: Final = 24 * 3600
"""A base that is named by a tag alone may be another one tomorrow."""


@dataclass(frozen=True, slots=True)
class BaseProbe:
    """Asks the base image of the settings."""

    settings: BuilderSettings
    buildx: Buildx

    @property
    def answer(self) -> Path:
        """Where the base's answer is kept."""
        asked = f"{self.settings.base_image}\0{_CONTAINERFILE}"
        return self.settings.scratch / "bases" / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.json"

    def find_known(self) -> BasePython | None:
        """Return the base image's Python when it was asked before; asks nobody."""
        place = self.answer
        return parse_base_python(place.read_text(encoding="utf-8")) if self._is_fresh(place) else None

    def find_python(self, builder: str, find_stop: Callable[[], BuildStopped | None]) -> BasePython | None:
        """Return the base image's Python; None when wheels cannot be chosen for it, or when it cannot be asked now."""
        place = self.answer
        if not self._is_fresh(place):
            self._ask(place, builder, find_stop)
        return self.find_known()

    def _is_fresh(self, place: Path) -> bool:
        if not place.is_file():
            return False
        return "@sha256:" in self.settings.base_image or time.time() - place.stat().st_mtime < _KEPT_SECONDS

    def _ask(self, place: Path, builder: str, find_stop: Callable[[], BuildStopped | None]) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=place.parent) as name:
            directory = Path(name)
            containerfile, empty, exported = (directory / part for part in ("Containerfile", "empty", "exported"))
            containerfile.write_text(_CONTAINERFILE, encoding="utf-8")
            empty.mkdir()
            invocation = Invocation(
                tree=empty,
                containerfile=containerfile,
                contexts={"base": base_context(self.settings.base_image)},
                target="answer",
                output={"type": "local", "dest": str(exported)},
                secrets=(),
                use_cache=True,
            )
            # Why it failed is told by the build, which stands on the same base.
            command = self.buildx.command_line(invocation, builder)
            run_child(command, self.buildx.environment, lambda _: None, find_stop)
            answer = exported / "base.json"
            if answer.is_file():
                answer.replace(place)
