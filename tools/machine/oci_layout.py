"""An OCI image layout of one layer, written from a tar file with the standard library only."""

import gzip
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class ImageSettings:
    """What the image's config says beside its layer."""

    architecture: str
    created: str
    environment: tuple[str, ...]


def write_layout(layout: Path, layer_tar: Path, settings: ImageSettings) -> str:
    """Write the layout directory and return the manifest's digest."""
    blobs = layout / "blobs" / "sha256"
    shutil.rmtree(layout, ignore_errors=True)
    blobs.mkdir(parents=True)
    layer, diff_id = _store_layer(blobs, layer_tar)
    config = _store_json(blobs, CONFIG_TYPE, _describe_image(settings, diff_id))
    manifest = _store_json(
        blobs,
        MANIFEST_TYPE,
        {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": [layer]},
    )
    _write_json(layout / "oci-layout", {"imageLayoutVersion": "1.0.0"})
    _write_json(layout / "index.json", {"schemaVersion": 2, "manifests": [manifest]})
    return str(manifest["digest"])


def find_digest(layout: Path) -> str | None:
    """Return the digest of the layout's only manifest; None when the layout is missing or damaged."""
    try:
        manifests = json.loads((layout / "index.json").read_text())["manifests"]
        digest = str(manifests[0]["digest"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    is_whole = len(manifests) == 1 and (layout / "blobs" / digest.replace(":", "/")).is_file()
    return digest if is_whole else None


def _describe_image(settings: ImageSettings, diff_id: str) -> dict[str, Any]:
    return {
        "architecture": settings.architecture,
        "os": "linux",
        "created": settings.created,
        "config": {
            "Env": list(settings.environment),
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": settings.created, "created_by": "mmdebstrap"}],
    }


def _store_layer(blobs: Path, layer_tar: Path) -> tuple[dict[str, Any], str]:
    plain = hashlib.sha256()
    packed = blobs / "layer.tmp"
    # mtime and name stay out of the gzip header: the same tar gives the same digest.
    with (
        layer_tar.open("rb") as source,
        packed.open("wb") as target,
        gzip.GzipFile(filename="", mode="wb", fileobj=target, compresslevel=6, mtime=0) as layer,
    ):
        while block := source.read(_BLOCK):
            plain.update(block)
            layer.write(block)
    with packed.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
    size = packed.stat().st_size
    packed.rename(blobs / digest)
    return _describe_blob(LAYER_TYPE, digest, size), f"sha256:{plain.hexdigest()}"


def _store_json(blobs: Path, media_type: str, document: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return _describe_blob(media_type, digest, len(content))


def _describe_blob(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, separators=(",", ":"), sort_keys=True))
