"""Everything that a registry has of an image."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from images.reference import ImageReference

_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class ImageContents:
    """Reads manifests, configurations, layers, attestations and referrers.

    Attributes:
        known: digests of layers that are not looked at: the base image's.
    """

    client: httpx.Client
    known: frozenset[str]

    def read(self, image: str) -> Iterator[tuple[str, bytes]]:
        """Give each part with its name."""
        reference = ImageReference.parse(image)
        yield from self._read_manifest(reference.name, str(reference.digest))
        answer = self.client.get(f"{reference.name}/referrers/{reference.digest}")
        if answer.is_success:  # not every registry keeps them
            yield "referrers", answer.content
            for referrer in answer.json().get("manifests") or ():
                yield from self._read_manifest(reference.name, referrer["digest"])

    def _read_manifest(self, name: str, digest: str) -> Iterator[tuple[str, bytes]]:
        answer = self.client.get(f"{name}/manifests/{digest}", headers={"Accept": f"{_MANIFEST}, {_INDEX}"})
        document: dict[str, Any] = json.loads(answer.raise_for_status().content)
        yield f"manifest {digest[:19]}", answer.content
        for manifest in document.get("manifests", ()):
            yield from self._read_manifest(name, manifest["digest"])
        blobs = [document["config"], *document["layers"]] if "config" in document else []
        for blob in blobs:
            if blob["digest"] not in self.known:
                content = self.client.get(f"{name}/blobs/{blob['digest']}").raise_for_status().content
                yield f"blob {blob['digest'][:19]}", unpack_layer(content)


def unpack_layer(content: bytes) -> bytes:
    """Return a layer's archive; any other blob as it is."""
    assert not content.startswith(_ZSTD), "This layer is packed with zstd, which the scan cannot unpack."
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
