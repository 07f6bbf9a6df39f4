"""From a plan to the arguments of `docker buildx build`, and what its secrets are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from builder import surroundings
from builder.plan import BuildPlan
from builder.settings import BuilderSettings
from domain.builds import BuildRequest
from domain.errors import TemporarilyUnavailable
from domain.secrets import Secret
from images.reference import ImageReference

_SECRET_PREFIX: Final = "PUSHWRIGHT_SECRET_"  # noqa: S105 - a prefix of names


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where one build keeps its files.

    Attributes:
        directory: private, gone when the build ends.
        kit: what the builder brings: uv, the runner, the SDK.
    """

    directory: Path
    kit: Path

    @property
    def containerfile(self) -> Path:
        """The Containerfile; its ignore file stands beside it under the name BuildKit looks for."""
        return self.directory / "Containerfile"

    @property
    def ignore_file(self) -> Path:
        """Goes before any ignore file of the repository."""
        return self.directory / "Containerfile.dockerignore"

    @property
    def exported(self) -> Path:
        """Where the manifest is exported to."""
        return self.directory / "manifest"

    @property
    def metadata_file(self) -> Path:
        """Where buildx writes the digest."""
        return self.directory / "metadata.json"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of `docker buildx build`.

    Attributes:
        secrets: buildx's `--secret` values; they name variables and files, they hold nothing.
    """

    tree: Path
    containerfile: Path
    contexts: Mapping[str, str]
    target: str
    output: Mapping[str, str]
    secrets: tuple[str, ...]
    use_cache: bool
    labels: Mapping[str, str] = field(default_factory=dict)
    metadata_file: Path | None = None


def manifest_invocation(
    request: BuildRequest, plan: BuildPlan, workspace: Workspace, settings: BuilderSettings
) -> Invocation:
    """Return the call that builds and indexes but publishes nothing."""
    return Invocation(
        tree=request.tree,
        containerfile=workspace.containerfile,
        contexts={"base": base_context(settings.base_image), "kit": str(workspace.kit)},
        target="manifest",
        output={"type": "local", "dest": str(workspace.exported)},
        secrets=_secret_options(plan, settings),
        use_cache=settings.use_cache,
    )


def image_invocation(
    request: BuildRequest, plan: BuildPlan, workspace: Workspace, settings: BuilderSettings
) -> Invocation:
    """Return the call that publishes what the first one built."""
    name = str(image_reference(request, settings))
    # Compressing is most of publishing a new dependency layer: the lightest level takes a fraction of the time.
    pushed = {"type": "image", "name": name, "push": "true", "compression": "gzip", "compression-level": "1"}
    return Invocation(
        tree=request.tree,
        containerfile=workspace.containerfile,
        contexts={"base": base_context(settings.base_image), "kit": str(workspace.kit)},
        target="image",
        output=pushed if settings.registry else {"type": "docker", "name": name},
        secrets=_secret_options(plan, settings),
        use_cache=settings.use_cache,
        labels=dict(sorted(request.labels.items())),
        metadata_file=workspace.metadata_file,
    )


def image_reference(request: BuildRequest, settings: BuilderSettings) -> ImageReference:
    """Return what the image will be called; raises `InvalidInput` (`image_reference_invalid`)."""
    return ImageReference.compose(settings.registry, request.image_name, request.tag)


def base_context(base_image: str) -> str:
    """Return the base as a build context; a plain reference is one to pull."""
    return base_image if "://" in base_image else f"docker-image://{base_image}"


def secret_environment(plan: BuildPlan, variables: Mapping[str, Secret], settings: BuilderSettings) -> dict[str, str]:
    """Return the environment variables through which buildx gets the secrets the plan uses."""
    values = {surroundings.variable_secret(name): value for name, value in variables.items()} | dict(plan.secret_values)
    of_service = {
        surroundings.PROXY: settings.proxy,
        surroundings.INDEX_URL: settings.index_url,
        surroundings.NPM_REGISTRY: settings.npm_registry,
        surroundings.DEBIAN_MIRROR: settings.debian_mirror,
    }
    values |= {name: value for name, value in of_service.items() if value is not None}
    return {_SECRET_PREFIX + name: value.reveal() for name, value in values.items() if name in plan.secrets}


def _secret_options(plan: BuildPlan, settings: BuilderSettings) -> tuple[str, ...]:
    return tuple(
        f"id={name},src={settings.ca_bundle}" if name == surroundings.CA else f"id={name},env={_SECRET_PREFIX}{name}"
        for name in sorted(plan.secrets)
    )


def read_digest(metadata_file: Path) -> str:
    """Return the digest that buildx wrote down, or raise `TemporarilyUnavailable` (`builder_unavailable`)."""
    try:
        digest = json.loads(metadata_file.read_bytes())["containerimage.digest"]
    except (OSError, ValueError, KeyError) as error:
        raise TemporarilyUnavailable(
            "builder_unavailable", "buildx did not say which digest it published; its version may be too old."
        ) from error
    return str(digest)
