import base64
import gzip
import io
import json
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from tests.canaries.encodings import ENCODINGS
from tests.canaries.scanner import Finding, Scanner

VALUE = "kn4r/9+Vw=Zq7&x.31tB"
OTHER = "another/2+Pq=Gh8&y.77"


def scan(content: bytes) -> set[str]:
    scanner = Scanner({"planted": VALUE, "absent": OTHER})
    scanner.scan("place", content)
    assert {finding.canary for finding in scanner.findings} <= {"planted"}
    return {finding.encoding for finding in scanner.findings}


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_a_planted_canary_is_found_in_each_encoding(encoding: str) -> None:
    for form in ENCODINGS[encoding](VALUE):
        assert encoding in scan(b"before " + form + b" after")


@pytest.mark.parametrize("before", [b"", b"u", b"us", b"user", b"user:"])
def test_base64_is_found_wherever_it_stands_in_a_longer_text(before: bytes) -> None:
    text = before + VALUE.encode() + b" and more"
    assert "base64 at three offsets" in scan(base64.b64encode(text))
    assert "base64 of URLs at three offsets" in scan(base64.urlsafe_b64encode(text))
    assert "base32 at five offsets" in scan(base64.b32encode(text))
    assert "base85 at four offsets" in scan(base64.b85encode(text))
    assert "hexadecimal, lower" in scan(text.hex().encode())


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("name", content)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, zipped])
def test_packed_it_is_found_behind_other_bytes_and_twice_packed(pack: object) -> None:
    assert callable(pack)
    content = b"x" * 2000 + VALUE.encode()
    assert any(
        found.startswith("plain in ") for found in scan(b"\x78\x9c no zlib \x1f\x8b\x08 no gzip" + pack(content))
    )
    assert any(found.startswith("plain in gzip in ") for found in scan(gzip.compress(pack(content))))


def test_what_is_cut_in_two_is_found() -> None:
    scanner = Scanner({"planted": VALUE})
    scanner.scan_pieces("log", [b"got " + VALUE[:7].encode(), VALUE[7:].encode() + b" at last"])
    assert Finding("planted", "plain", "log") in scanner.findings


def test_a_file_and_a_files_name_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text(json.dumps({"password": VALUE}))
    scanner = Scanner({"planted": VALUE, "named": "name-of-a-file"})
    (tmp_path / "name-of-a-file").touch()
    scanner.scan_files("files", tmp_path)
    assert {finding.place for finding in scanner.findings if finding.canary == "planted"} == {"files: deep/file"}
    assert {finding.place for finding in scanner.findings if finding.canary == "named"} == {"files: name-of-a-file"}


def test_what_is_masked_is_not_found() -> None:
    assert scan(b"got [secret] and " + OTHER[:8].encode() + b" " + VALUE[:10].encode()) == set()


def test_the_report_counts() -> None:
    scanner = Scanner({"planted": VALUE})
    scanner.scan("image: one", b"12345")
    scanner.scan("image: two", b"123")
    assert "canaries: 1 (planted)" in scanner.report()
    assert "image" in scanner.report()
    assert "8 bytes" in scanner.report()
    assert scanner.report().endswith("found: 0")
