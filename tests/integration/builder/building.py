"""What the tests of real builds share: the machine's settings, small repositories, a listener that remembers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builder.settings import BuilderSettings
from domain.builds import BuildRequest, BuildStopped, LogLine, Phase, Progress, StepFinished, StepStarted
from domain.environments import BuildSettings
from domain.secrets import Secret
from domain.source import Commit, CommitSha

ROOT: Final = Path(__file__).parents[3]
CONFIG: Final = 'from pushwright import define_config\nconfig = define_config(project="t")\n'
TASK: Final = 'from pushwright import task\n\n\n@task(id="one")\ndef one(payload):\n    return payload\n'
PLAIN: Final = {"trigger.config.py": CONFIG, "trigger/one.py": TASK}
"""A repository without dependencies."""


@dataclass
class RememberingListener:
    """Keeps what it hears and stops the build when told to.

    Attributes:
        stop_when: asked each time the builder asks; True ends the build.
    """

    stop_when: Callable[["RememberingListener"], bool] = lambda _: False
    heard: list[Progress] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    stopped_at: float = 0.0

    def hear(self, progress: Progress) -> None:
        self.heard.append(progress)

    def find_stop(self) -> BuildStopped | None:
        self.asked_at.append(time.monotonic())
        if not self.stop_when(self):
            return None
        self.stopped_at = self.stopped_at or time.monotonic()
        return BuildStopped("canceled", Phase.INSTALL)

    @property
    def text(self) -> str:
        return "\n".join(item.text for item in self.heard if isinstance(item, LogLine))

    @property
    def started(self) -> list[str]:
        return [item.step for item in self.heard if isinstance(item, StepStarted)]

    @property
    def cached(self) -> list[str]:
        return [item.step for item in self.heard if isinstance(item, StepFinished) and item.cached]


def read_machine() -> dict[str, str]:
    """Return what the set-up found; fails when it was not run (make setup)."""
    lines = (ROOT / ".pushwright" / "machine.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def machine_settings(scratch: Path, environment: Mapping[str, str]) -> BuilderSettings:
    machine = read_machine()
    ca_bundle = machine.get("PUSHWRIGHT_BUILD_CA_BUNDLE")
    mirror = machine.get("PUSHWRIGHT_BUILD_DEBIAN_MIRROR")
    plugin_dir = machine.get("PUSHWRIGHT_BUILDX_PLUGIN_DIR")
    return BuilderSettings(
        scratch=scratch,
        base_image=machine["PUSHWRIGHT_BASE_IMAGE"],
        key=Secret("a key for tests that stays the same"),
        docker=machine["PUSHWRIGHT_DOCKER"],
        buildx_plugin_dir=Path(plugin_dir) if plugin_dir else None,
        buildkit_address=machine["PUSHWRIGHT_BUILDKIT_ADDRESS"],
        registry=machine["PUSHWRIGHT_REGISTRY"],
        ca_bundle=Path(ca_bundle) if ca_bundle else None,
        debian_mirror=Secret(mirror) if mirror else None,
        environment=environment,
    )


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def request(
    tree: Path,
    *,
    settings: BuildSettings | None = None,
    variables: Mapping[str, str] | None = None,
    image_name: str = "tests/builder",
) -> BuildRequest:
    return BuildRequest(
        name="tests/production",
        tree=tree,
        commit=Commit(CommitSha("a" * 40)),
        settings=settings or BuildSettings(),
        variables={name: Secret(value) for name, value in (variables or {}).items()},
        image_name=image_name,
        tag="20261124.1.production.abcdefgh",
        labels={"dev.pushwright.project": "tests"},
    )
