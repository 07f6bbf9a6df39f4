"""What the builder brings into every build: uv, the bundler, the runner, the SDK."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import uv

from builder.recognisers.export import EXPAND_URLS
from domain.errors import OperatorError

_SOURCES: Final = {"bundler": "images.bundler", "inside": "images.inside", "sdk/pushwright": "pushwright"}
_PROGRAMS: Final = {EXPAND_URLS: "builder.expand_urls"}


def prepare_kit(scratch: Path) -> Path:
    """Return the kit's directory, made once for each version of what is in it."""
    packages = {name: _find_package(module) for name, module in _SOURCES.items()}
    programs = {"uv": Path(uv.find_uv_bin()), **{name: _find_file(module) for name, module in _PROGRAMS.items()}}
    place = scratch / f"kit-{_fingerprint(packages, programs)}"
    if not place.is_dir():
        _make(place, packages, programs)
    return place


@cache
def fingerprint_program() -> str:
    """Return what changes when a build may come out differently because of a new version of this service."""
    packages = {name: _find_package(module) for name, module in {**_SOURCES, "builder": "builder"}.items()}
    return f"{_hash_packages(packages).hexdigest()} uv {version('uv')}"


def _make(place: Path, packages: Mapping[str, Path], programs: Mapping[str, Path]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="kit-new-", dir=place.parent))
    for name, package in packages.items():
        shutil.copytree(package, fresh / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for name, program in programs.items():
        _link_or_copy(program, fresh / name)
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


def _find_file(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise OperatorError("service_incomplete", f"The module {module} is not installed: install the service anew.")
    return Path(spec.origin)


def _find_package(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    places = spec.submodule_search_locations if spec is not None else None
    if not places:
        raise OperatorError("service_incomplete", f"The package {module} is not installed: install the service anew.")
    return Path(places[0])


def _fingerprint(packages: Mapping[str, Path], programs: Mapping[str, Path]) -> str:
    digest = _hash_packages(packages)
    for name, program in programs.items():
        stat = program.stat()
        digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _hash_packages(packages: Mapping[str, Path]) -> "hashlib._Hash":
    digest = hashlib.sha256()
    for name, package in packages.items():
        for file in sorted(package.rglob("*.py")):
            digest.update(f"{name}/{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return digest
