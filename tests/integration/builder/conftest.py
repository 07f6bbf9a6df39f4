"""One builder against the machine's BuildKit and registry, and a small reader of what is in the registry."""

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildOutcome, Built
from images.reference import ImageReference
from tests.integration.builder.building import ROOT, machine_settings


@dataclass(frozen=True)
class RegistryReader:
    """Reads manifests and blobs as a run engine would pull them."""

    client: httpx.Client

    def config(self, image: str) -> dict[str, Any]:
        manifest = self.manifest(image)
        return json.loads(self.blob(image, manifest["config"]["digest"]))

    def manifest(self, image: str) -> dict[str, Any]:
        reference = ImageReference.parse(image)
        accept = "application/vnd.oci.image.manifest.v1+json"
        answer = self.client.get(f"{reference.name}/manifests/{reference.digest}", headers={"Accept": accept})
        return answer.raise_for_status().json()

    def blob(self, image: str, digest: str) -> bytes:
        answer = self.client.get(f"{ImageReference.parse(image).name}/blobs/{digest}")
        return answer.raise_for_status().content

    def everything_after_the_base(self, image: str) -> bytes:
        """Return manifest, config and all unpacked layers but the base's."""
        manifest = self.manifest(image)
        layers = [gzip.decompress(self.blob(image, layer["digest"])) for layer in manifest["layers"][1:]]
        return b"\n".join([json.dumps(manifest).encode(), json.dumps(self.config(image)).encode(), *layers])


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> BuilderSettings:
    environment = {name: os.environ[name] for name in ("PATH", "HOME")}  # noqa: TID251 - a test is a composition root
    return machine_settings(tmp_path_factory.mktemp("scratch"), environment)


@pytest.fixture(scope="session")
def builder(settings: BuilderSettings) -> BuildKitBuilder:
    return BuildKitBuilder(settings)


@pytest.fixture
def registry(settings: BuilderSettings) -> Iterator[RegistryReader]:
    with httpx.Client(base_url=f"http://{settings.registry}/v2/", trust_env=False) as client:
        yield RegistryReader(client)


@pytest.fixture(scope="session")
def examples() -> Path:
    return ROOT / "examples"


def built(outcome: BuildOutcome) -> Built:
    assert isinstance(outcome, Built), outcome
    return outcome
