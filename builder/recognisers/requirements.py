"""Projects with a requirements.txt, in pip's format."""

import posixpath
import re
from dataclasses import dataclass, field
from typing import Final

from builder.install import Install
from builder.source_tree import SourceTree
from domain.errors import InvalidInput

REQUIREMENTS: Final = "requirements.txt"
_COMMAND: Final = "uv pip install --python /opt/venv/bin/python -r requirements.txt"
_INCLUDE: Final = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<path>\S+)")
_LOCAL: Final = re.compile(r"(?:-e|--editable)\b|\.{1,2}(?:/|$|\[)|file:|[^@]+@\s*(?:file:|\.)")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$")


@dataclass
class _Reading:
    """What was read so far of a requirements file and the files it includes."""

    tree: SourceTree
    files: list[str] = field(default_factory=list)
    has_local: bool = False
    has_unhashed: bool = False
    has_hashed: bool = False


def recognise(tree: SourceTree) -> Install | None:
    """Return `uv pip install -r requirements.txt` when the file is there."""
    if not tree.has_file(REQUIREMENTS):
        return None
    reading = _Reading(tree)
    _read(reading, REQUIREMENTS, "the repository")
    all_hashed = reading.has_hashed and not reading.has_unhashed
    return Install(
        f"{_COMMAND} --require-hashes" if all_hashed else _COMMAND,
        "requirements.txt is there" + (" and every line has a hash" if all_hashed else ""),
        files=() if reading.has_local else tuple(reading.files),
        needs_tree=reading.has_local,
    )


def _read(reading: _Reading, path: str, included_by: str) -> None:
    if path in reading.files:
        return
    text = reading.tree.find_text(path)
    if text is None:
        raise InvalidInput(
            "requirements_file_missing",
            f"{included_by} includes {path}, which is not in the repository: commit it or remove the line.",
        )
    reading.files.append(path)
    for number, line in _logical_lines(text):
        _read_line(reading, line, path, f"{path} line {number}")


def _read_line(reading: _Reading, line: str, path: str, place: str) -> None:
    include = _INCLUDE.match(line)
    if include is not None:
        if "://" not in include["path"]:
            _read(reading, posixpath.normpath(posixpath.join(posixpath.dirname(path), include["path"])), place)
    elif _LOCAL.match(line):
        reading.has_local = True
    elif not line.startswith("-"):
        hashed = "--hash" in line
        reading.has_hashed |= hashed
        reading.has_unhashed |= not hashed


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return the lines with their numbers, continued ones joined, comments and blank ones left out."""
    lines: list[tuple[int, str]] = []
    pending, begun = "", 1
    for number, raw in enumerate(text.splitlines(), start=1):
        begun = begun if pending else number
        if raw.endswith("\\"):
            pending += raw[:-1]
            continue
        line = _COMMENT.sub("", pending + raw).strip()
        pending = ""
        if line:
            lines.append((begun, line))
    return lines
