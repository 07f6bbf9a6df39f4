"""What the sources of a distribution import, remembered: reading them takes a hundred times as long as knowing."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from .installed import Distribution

_VERSION: Final = "1"
_IMPORT: Final = re.compile(
    rb"^[ \t]*(?:from[ \t]+([A-Za-z_][\w.]*)[ \t]+import|import[ \t]+([^\n#;(]+))", re.MULTILINE
)
_CALLED_WITH: Final = re.compile(rb"""\(\s*["']([A-Za-z_][\w.]*)["']""")


def list_imports(distribution: Distribution, store: Path | None) -> frozenset[str]:
    """Return what its sources import, also where and when they need not, and the names they look up.

    Args:
        distribution: what is asked about.
        store: a directory that outlives the build; one file for each list of installed files and their hashes.
    """
    if store is None:
        return _read_sources(distribution)
    file = store / hashlib.sha256(f"{_VERSION} {distribution.record}".encode()).hexdigest()
    try:
        return frozenset(json.loads(file.read_bytes()))
    except (OSError, ValueError):
        names = _read_sources(distribution)
        _write(file, json.dumps(sorted(names)))
        return names


def _read_sources(distribution: Distribution) -> frozenset[str]:
    found: set[bytes] = set()
    for file in distribution.files:
        if file.endswith(".py"):
            found.update(_scan(distribution.directory.parent / file))
    return frozenset(name.decode() for name in found)


def _scan(path: Path) -> set[bytes]:
    try:
        text = path.read_bytes()
    except OSError:
        return set()
    found = set(_CALLED_WITH.findall(text))
    for module, modules in _IMPORT.findall(text):
        found.update([module] if module else [part.split()[0] for part in modules.split(b",") if part.strip()])
    return {name for name in found if name.isascii()}


def _write(file: Path, text: str) -> None:
    """Write it at once or not at all: builds go on beside one another."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as fresh:
        fresh.write(text)
    Path(name).rename(file)
