import gzip
import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from tools.machine.oci_layout import ImageSettings, find_digest, write_layout

SETTINGS = ImageSettings("amd64", "2025-01-01T00:00:00Z", ("PATH=/bin",))


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    path = tmp_path / "layer.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("srv"))
    return path


def read_blob(layout: Path, digest: str) -> bytes:
    content = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
    assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    return content


def test_every_blob_is_named_by_its_content(tmp_path: Path, layer: Path) -> None:
    digest = write_layout(tmp_path / "oci", layer, SETTINGS)
    manifest = json.loads(read_blob(tmp_path / "oci", digest))
    config = json.loads(read_blob(tmp_path / "oci", manifest["config"]["digest"]))
    packed = read_blob(tmp_path / "oci", manifest["layers"][0]["digest"])
    assert gzip.decompress(packed) == layer.read_bytes()
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}"]
    assert config["config"]["Env"] == ["PATH=/bin"]


def test_the_same_layer_gives_the_same_digest(tmp_path: Path, layer: Path) -> None:
    first = write_layout(tmp_path / "one", layer, SETTINGS)
    assert write_layout(tmp_path / "two", layer, SETTINGS) == first


def test_the_digest_is_found_again(tmp_path: Path, layer: Path) -> None:
    digest = write_layout(tmp_path / "oci", layer, SETTINGS)
    assert find_digest(tmp_path / "oci") == digest


@pytest.mark.parametrize("damage", ["", "{}", '{"manifests": []}', '{"manifests": [{"digest": "sha256:absent"}]}'])
def test_a_damaged_layout_has_no_digest(tmp_path: Path, damage: str) -> None:
    (tmp_path / "index.json").write_text(damage)
    assert find_digest(tmp_path) is None
