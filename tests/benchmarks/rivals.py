"""What we are measured against: Dockerfiles written by hand, built with the same BuildKit."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from tests.benchmarks.samples import run

RIVALS: Final = ("naive", "guide", "expert")
_DOCKERFILES: Final = Path(__file__).parent / "dockerfiles"


@dataclass(frozen=True)
class Rival:
    """`docker buildx build --push` of a Dockerfile."""

    name: str
    machine: Mapping[str, str]
    buildx_config: Path

    def build(self, tree: Path) -> None:
        """Build and push the tree."""
        command = [
            self.machine["DOCKER"], "buildx", "build", "--builder", "bench", "--quiet", "--provenance=false",
            "--file", str(_DOCKERFILES / f"{self.name}.Dockerfile"),
            "--build-context", f"base={self.machine['BASE_IMAGE']}",
            "--build-context", f"uv={Path(find_uv_bin()).parent}",
            *_ca_secret(self.machine),
            "--output", f"type=image,name={self.machine['REGISTRY']}/bench-{self.name}:latest,push=true",
            str(tree),
        ]  # fmt: skip
        run(command, tree, environment=self._environment())

    def prune(self) -> None:
        """Empty BuildKit's cache."""
        command = [self.machine["DOCKER"], "buildx", "prune", "--builder", "bench", "--all", "--force"]
        run(command, Path.cwd(), environment=self._environment())

    def register(self) -> None:
        """Make the builder known to this private configuration."""
        address = self.machine["BUILDKIT_ADDRESS"]
        command = [self.machine["DOCKER"], "buildx", "create", "--name", "bench", "--driver", "remote", address]
        run(command, Path.cwd(), environment=self._environment())

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.buildx_config),
            "DOCKER_CONFIG": self.machine["BUILDX_PLUGIN_DIR"],
            "BUILDX_CONFIG": str(self.buildx_config),
        }


def _ca_secret(machine: Mapping[str, str]) -> list[str]:
    bundle = machine.get("BUILD_CA_BUNDLE")
    return ["--secret", f"id=ca,src={bundle}"] if bundle else []
