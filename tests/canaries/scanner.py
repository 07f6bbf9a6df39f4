"""Looks for canaries in whatever a build may leave behind."""

import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from tests.canaries.encodings import ENCODINGS

_GZIP: Final = re.compile(rb"\x1f\x8b\x08")
_ZIP: Final = b"PK\x03\x04"
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_DEEPEST: Final = 3
_PIECE: Final = 4096
_MAX_UNPACKED: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """A canary that should not be where it is."""

    canary: str
    encoding: str
    place: str


@dataclass
class Scanner:
    """Looks for some canaries, and counts what it looked at.

    Attributes:
        canaries: their values, by what they stand for.
    """

    canaries: Mapping[str, str]
    findings: set[Finding] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._forms = [
            (canary, encoding, form)
            for canary, value in self.canaries.items()
            for encoding, make in ENCODINGS.items()
            for form in sorted(set(make(value)))
        ]

    def scan(self, place: str, content: bytes) -> None:
        """Look through one piece of content, and what is packed in it."""
        kind = place.partition(":")[0]
        self.sizes[kind] = self.sizes.get(kind, 0) + len(content)
        self._scan(place, content, "", 0)

    def scan_pieces(self, place: str, pieces: Iterable[bytes]) -> None:
        """Look through pieces one by one, and through all of them together: a canary may be cut in two."""
        joined = b""
        for piece in pieces:
            joined += piece
        self.scan(place, joined)

    def scan_files(self, place: str, directory: Path) -> None:
        """Look through every file below a directory, and through their names."""
        for path in sorted(directory.rglob("*")):
            # uv is the one large file that is there before, and is what it was.
            if path.is_file() and not path.is_symlink() and path.name != "uv":
                self.scan(f"{place}: {path.relative_to(directory)}", str(path).encode() + b"\0" + path.read_bytes())

    def report(self) -> str:
        """Return what was looked for, where, and what was found."""
        sizes = "\n".join(f"    {kind:<32} {size:>14,} bytes" for kind, size in sorted(self.sizes.items()))
        found = "\n".join(f"    {finding}" for finding in sorted(self.findings, key=str))
        return (
            f"canaries: {len(self.canaries)} ({', '.join(sorted(self.canaries))})\n"
            f"encodings: {len(ENCODINGS) + 3} ({', '.join(ENCODINGS)}, gzip, zlib, zip; joined where cut)\n"
            f"places:\n{sizes}\n"
            f"found: {len(self.findings)}\n{found}"
        ).rstrip()

    def _scan(self, place: str, content: bytes, packed: str, depth: int) -> None:
        for canary, encoding, form in self._forms:
            if form in content:
                self.findings.add(Finding(canary, encoding + packed, place))
        if depth < _DEEPEST:
            for name, unpacked in _unpack(content):
                self._scan(place, unpacked, f"{packed} in {name}", depth + 1)


def _unpack(content: bytes) -> Iterator[tuple[str, bytes]]:
    view = memoryview(content)
    for match in _GZIP.finditer(content):
        yield "gzip", _inflate(view[match.start() :], 16 + zlib.MAX_WBITS)
    for match in _ZLIB.finditer(content):
        yield "zlib", _inflate(view[match.start() :], zlib.MAX_WBITS)
    if _ZIP in content:
        yield from (("zip", member) for member in _read_zip(content[content.find(_ZIP) :]))


def _inflate(content: memoryview, window: int) -> bytes:
    """Return as much as can be unpacked."""
    unpacking = zlib.decompressobj(window)
    unpacked = b""
    try:
        # Piece by piece: what only looks packed is found out within the first.
        for start in range(0, len(content), _PIECE):
            unpacked += unpacking.decompress(content[start : start + _PIECE])
            if unpacking.eof or len(unpacked) > _MAX_UNPACKED:
                break
    except zlib.error:
        pass
    return unpacked


def _read_zip(content: bytes) -> Iterator[bytes]:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield archive.read(member)
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError):
        return
