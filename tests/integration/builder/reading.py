"""What is in the registry, read as a run engine would pull it."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import httpx

from images.reference import ImageReference


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
