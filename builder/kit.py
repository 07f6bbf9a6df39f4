"""What the builder brings into every build: uv, the bundler, the runner, the SDK."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import uv

from domain.errors import OperatorError

_SOURCES: Final = {"bundler": "images.bundler", "inside": "images.inside", "sdk/pushwright": "pushwright"}


def prepare_kit(scratch: Path) -> Path:
    """Return the kit's directory, made once for each version of what is in it."""
    packages = {name: _find_package(module) for name, module in _SOURCES.items()}
    program = Path(uv.find_uv_bin())
    place = scratch / f"kit-{_fingerprint(packages, program)}"
    if not place.is_dir():
        _make(place, packages, program)
    return place


def _make(place: Path, packages: Mapping[str, Path], program: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="kit-new-", dir=place.parent))
    for name, package in packages.items():
        shutil.copytree(package, fresh / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    _link_or_copy(program, fresh / "uv")
    try:
        fresh.rename(place)
    except OSError:
        # Another worker made the same one.
        shutil.rmtree(fresh)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _find_package(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise OperatorError("service_incomplete", f"The package {module} is not installed: install the service anew.")
    return Path(places[0])


def _fingerprint(packages: Mapping[str, Path], program: Path) -> str:
    digest = hashlib.sha256()
    stat = program.stat()
    digest.update(f"{stat.st_size} {stat.st_mtime_ns}\n".encode())
    for name, package in packages.items():
        for file in sorted(package.rglob("*.py")):
            digest.update(f"{name}/{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
