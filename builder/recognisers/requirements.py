"""Projects with requirements files, in pip's format."""

import posixpath
import re
import shlex
from dataclasses import dataclass, field
from typing import Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import ROOT, ProjectDirectory
from builder.recognisers.export import pip_install
from builder.recognisers.uv_settings import list_uv_settings
from domain.errors import InvalidInput

REQUIREMENTS: Final = "requirements.txt"
_FOLDER: Final = "requirements"
_FILE: Final = re.compile(r"requirements(?:\.txt|\.lock|[-_.](?P<beside>[\w.-]+)\.txt|/(?P<inside>[\w.-]+)\.txt)")
_PRODUCTION: Final = ("production", "prod", "main", "requirements", "base", "common", "default")
_DEVELOPMENT: Final = re.compile(
    r"(?:dev|develop|development|local|debug|tests?|testing|ci|lint|format|docs?|typing|types|mypy|build|release)\b.*"
)
_INCLUDE: Final = re.compile(r"(?P<how>-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<path>\S+)")
_INDEX: Final = re.compile(r"(?:-i|--index-url)\b")
_LOCAL: Final = re.compile(
    r"""(?:-e|--editable)\b | \.{1,2}(?:/|$|\[) | file: | [^@]+@\s*(?:file:|\.)
      | (?:-f|--find-links)(?:\s*=\s*|\s+)(?!\w+://)
      | (?!-)[^\s:;@=<>!~]+(?:/[^\s:;@=<>!~]*|\.whl|\.tar\.gz|\.zip)(?:\s|;|$)""",
    re.VERBOSE,
)
_COMMENT: Final = re.compile(r"(?:^|\s)#.*$")


@dataclass
class _Reading:
    """What was read so far of a requirements file and the files it includes."""

    place: ProjectDirectory
    files: list[str] = field(default_factory=list)
    has_local: bool = False
    has_unhashed: bool = False
    has_hashed: bool = False
    names_index: bool = False


def recognise(place: ProjectDirectory) -> Install | None:
    """Return `uv pip install -r` with the file that is for production, when there is one.

    Raises:
        InvalidInput: `install_not_detected` when no name says which of several it is, `requirements_file_missing`.
    """
    files = _list_files(place)
    chosen = _choose(place, files)
    if chosen is None:
        return None
    reading = _Reading(place)
    _read(reading, place.at(chosen), "the repository")
    all_hashed = reading.has_hashed and not reading.has_unhashed
    hashes = " --require-hashes" if all_hashed else ""
    others = [place.at(file) for file in files if file != chosen and place.at(file) not in reading.files]
    return Install(
        pip_install(place, f"-r {shlex.quote(chosen)}{hashes}"),
        f"{place.at(chosen)} is there" + (" and every line has a hash" if all_hashed else ""),
        files=() if reading.has_local else tuple(dict.fromkeys((*reading.files, *list_uv_settings(place)))),
        needs_tree=reading.has_local,
        # The program in the image looks in the root by itself.
        local_packages=() if place.path == ROOT else list_code_directories(place),
        uses_index_setting=not reading.names_index,
        speaks_pip=True,
        notes=(f"Not read: {', '.join(others)}.",) if others else (),
    )


def _list_files(place: ProjectDirectory) -> tuple[str, ...]:
    names = (*place.list_names(), *(f"{_FOLDER}/{name}" for name in place.list_names(_FOLDER)))
    return tuple(name for name in names if _FILE.fullmatch(name) and place.has_file(name))


def _choose(place: ProjectDirectory, files: tuple[str, ...]) -> str | None:
    """Return the file for production: by its name, or because it is the only one that is not for development."""
    purposes = {file: _find_purpose(file) for file in files}
    for purpose in ("", "lock", *_PRODUCTION):
        named = [file for file in files if purposes[file] == purpose]
        if named:
            return named[0]
    left = [file for file in files if not _DEVELOPMENT.fullmatch(purposes[file])]
    if len(left) > 1:
        raise InvalidInput(
            "install_not_detected",
            f"There are {', '.join(map(place.at, left))}, and no name says which is for production: name it "
            "requirements.txt or requirements/production.txt, or set an install command in the build settings.",
        )
    return left[0] if left else None


def _find_purpose(file: str) -> str:
    match = _FILE.fullmatch(file)
    named = (match["beside"] or match["inside"] or "") if match is not None else ""
    return named or ("lock" if file.endswith(".lock") else "")


def _read(reading: _Reading, path: str, included_by: str) -> None:
    if path in reading.files:
        return
    text = reading.place.tree.find_text(path)
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
    elif _INDEX.match(line):
        reading.names_index = True
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
