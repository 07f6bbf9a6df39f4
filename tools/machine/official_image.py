"""The official Python image, pulled by BuildKit and given what a task image needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.machine.builder import Builder
from tools.machine.programs import Step, probe_program, run_step
from tools.machine.surroundings import Machine

_PULL_CHECK_SECONDS = 10
_BUILDER = "setup"


@dataclass(frozen=True)
class OfficialImage:
    """The pinned image of the recipe, and the builder that pulls it."""

    machine: Machine
    builder: Builder
    recipe: dict[str, Any]
    recipe_folder: Path

    def can_be_pulled(self) -> bool:
        """Ask the image's registry for the manifest, with little patience."""
        argv = (self.builder.docker, "buildx", "imagetools", "inspect", "--raw", self.recipe["image"])
        return probe_program(argv, variables=self._variables(), timeout_seconds=_PULL_CHECK_SECONDS) is not None

    def write_layout(self, layout: Path, epoch: int) -> None:
        """Build the base on top of the pinned image, into an OCI layout directory."""
        if self.builder.address:
            create = ("create", "--name", _BUILDER, "--driver", "remote", self.builder.address)
            probe_program((self.builder.docker, "buildx", *create), variables=self._variables())
        argv = (
            self.builder.docker,
            "buildx",
            "build",
            f"--builder={_BUILDER if self.builder.address else 'default'}",
            f"--build-arg=OFFICIAL={self.recipe['image']}",
            "--provenance=false",
            f"--file={self.recipe_folder / self.recipe['containerfile']}",
            f"--output=type=oci,tar=false,rewrite-timestamp=true,dest={layout}",
            str(self.recipe_folder),
        )
        variables = {**self._variables(), "SOURCE_DATE_EPOCH": str(epoch)}
        run_step(Step(argv, self.machine.logs / "official-base.log", self.recipe_folder, variables))

    def _variables(self) -> dict[str, str]:
        return {
            "DOCKER_CONFIG": str(self.builder.plugin_directory),
            "BUILDX_CONFIG": str(self.machine.state / "setup-buildx"),
        }
