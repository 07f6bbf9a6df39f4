"""A build as data: what runs, where, over what, in which order. No engine, no file system, no text yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.builds import Phase
from domain.secrets import Secret

CODE_ROOT: Final = "/app"
VENV: Final = "/opt/venv"
PROGRAM: Final = "/pushwright/inside"
MANIFEST: Final = "/pushwright/manifest.json"
BUNDLE: Final = "/pushwright/bundle.json"
BASE: Final = "base"
OUT: Final = "/out"
"""Where a stage leaves what goes into the image; copied from its root, so that parent directories come along."""


@dataclass(frozen=True, slots=True)
class Bind:
    """Files seen read-only while a step runs.

    Attributes:
        origin: a context or a stage; empty for the repository.
        source: path in it; empty for all of it.
    """

    target: str
    source: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Cache:
    """A directory that outlives the step and is no part of its result."""

    name: str
    target: str


@dataclass(frozen=True, slots=True)
class SecretVariable:
    """A secret seen as an environment variable while a step runs."""

    secret: str
    name: str


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A secret seen as a file while a step runs."""

    secret: str
    target: str


Mount = Bind | Cache | SecretVariable | SecretFile


@dataclass(frozen=True, slots=True)
class Step:
    """One script, run in a stage of its own.

    Attributes:
        stage: its name in the Containerfile; also how its progress is told apart.
        title: what people call it.
        command: the user's or detected command it is about, for messages; empty when it is all ours.
        layers: stages whose results are laid over the base before it runs.
        network: whether it may reach anything.
        distributions: the names of the Python packages in its result when it holds nothing else, so that an image
            that needs none of them can do without it.
        base: what its stage begins with.
        environment: variables while it runs; no secrets, they stand in the Containerfile.
    """

    stage: str
    phase: Phase
    title: str
    script: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    command: str = ""
    layers: tuple[str, ...] = ()
    network: bool = False
    distributions: tuple[str, ...] = ()
    base: str = BASE
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Everything that happens in one build.

    Attributes:
        explanations: log lines that say what was decided and why.
        steps: in order; each leaves its result under `/out`, but for one that others begin with.
        layers: the steps whose results are the image, over the base, in this order.
        manifest_from: the step that writes the manifest.
        documents: the files that are read from it, the manifest first.
        base: what the image begins with: the base image, or a step that added to it.
        environment: variables of the image.
        secret_values: the secrets that were made of build variables, such as decoded files, by their names.
    """

    explanations: tuple[str, ...]
    steps: tuple[Step, ...]
    layers: tuple[str, ...]
    manifest_from: str
    documents: tuple[str, ...] = (MANIFEST, BUNDLE)
    base: str = BASE
    environment: tuple[tuple[str, str], ...] = ()
    secret_values: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that some step sees."""
        mounts = (mount for step in self.steps for mount in step.mounts)
        return frozenset(mount.secret for mount in mounts if isinstance(mount, SecretVariable | SecretFile))
