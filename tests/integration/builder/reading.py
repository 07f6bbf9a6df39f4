"""What is in the registry, read as a run engine would pull it."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
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

    def layers(self, image: str) -> list[bytes]:
        """Return all unpacked layers but the base's."""
        return [gzip.decompress(self.blob(image, layer["digest"])) for layer in self.manifest(image)["layers"][1:]]

    def everything_after_the_base(self, image: str) -> bytes:
        """Return manifest, config and all unpacked layers but the base's."""
        manifest = self.manifest(image)
        layers = self.layers(image)
        return b"\n".join([json.dumps(manifest).encode(), json.dumps(self.config(image)).encode(), *layers])

    def list_files(self, image: str) -> set[str]:
        """Return the paths in the layers after the base's."""
        return {name for layer in self._open_layers(image) for name in layer.getnames()}

    def read_file(self, image: str, path: str) -> bytes:
        """Return a file's content as the last layer that has it says."""
        found = [
            file.read()
            for layer in self._open_layers(image)
            if path in layer.getnames() and (file := layer.extractfile(path))
        ]
        return found[-1]

    def _open_layers(self, image: str) -> Iterator[tarfile.TarFile]:
        for layer in self.manifest(image)["layers"][1:]:
            with tarfile.open(fileobj=io.BytesIO(self.blob(image, layer["digest"])), mode="r:*") as opened:
                yield opened
