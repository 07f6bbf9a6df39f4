"""One wheel as a lock names it, and which of several is the one for a Python."""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from builder.wheels.base_python import BasePython

_SHARED_HOSTS: Final = frozenset({"files.pythonhosted.org"})
"""Where Python's public index keeps its files: anybody has them, so any project may find them made."""
_URL: Final = re.compile(r"https://[a-z0-9.-]+(?:/[A-Za-z0-9._~%+@-]+)+")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION: Final = re.compile(r"[0-9][0-9a-z.+!_-]*")
_HASH: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class LockedWheel:
    """A wheel: what it is, where it is fetched, and the hash of what has to come.

    Attributes:
        sha256: 64 hexadecimal digits.
        size: bytes, 0 when the lock does not say.
    """

    name: str
    version: str
    url: str
    sha256: str
    size: int = 0

    @property
    def shown(self) -> str:
        """How people call it."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file of a lock that may be a wheel; nothing of it is checked yet."""

    url: str
    hash: str
    size: int = 0


def choose_wheel(name: str, version: str, files: Iterable[WheelFile], python: BasePython) -> LockedWheel | None:
    """Return the wheel that fits best.

    None when no wheel fits, or when a stage that every project shares cannot have it: another host has it, its hash is
    missing, or it is written in a way that a step's script must not hold.
    """
    ranked = [(rank, file) for file in files if (rank := _find_rank(file, name, python)) is not None]
    if not ranked or _NAME.fullmatch(name) is None or _VERSION.fullmatch(version) is None:
        return None
    _, best = min(ranked, key=lambda item: (item[0], item[1].url))
    is_shared = _URL.fullmatch(best.url) is not None and urlsplit(best.url).hostname in _SHARED_HOSTS
    if not is_shared or _HASH.fullmatch(best.hash) is None:
        return None
    return LockedWheel(name, version, best.url, best.hash.removeprefix("sha256:"), best.size)


def _find_rank(file: WheelFile, name: str, python: BasePython) -> tuple[int, int] | None:
    """Return how well it fits, lowest best: its tags, then its newest build; None when it does not fit."""
    try:
        named, _, build, tags = parse_wheel_filename(unquote(posixpath.basename(urlsplit(file.url).path)))
    except (InvalidWheelFilename, ValueError):
        return None
    ranks = [python.ranks[tag] for tag in tags if tag in python.ranks]
    if named != canonicalize_name(name) or not ranks:
        return None
    return min(ranks), -(build[0] if build else 0)
