"""The distributions in an environment, as their metadata describes them; nothing of them is imported."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

_MODULE: Final = re.compile(r"\.(py|pyc|so)$")
_REQUIREMENT: Final = re.compile(r"^Requires-Dist:\s*([A-Za-z0-9][\w.-]*)(.*)$", re.MULTILINE)
_EXTRA: Final = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")
_FIELD: Final = re.compile(r"^(Name|Version):\s*(\S+)", re.MULTILINE)
_HOOKS_OF_TOOLS: Final = frozenset({"distutils-precedence.pth", "a1_coverage.pth", "pytest-cov.pth"})
"""What tools for developers have run at every start."""


@dataclass(frozen=True)
class Distribution:
    """One installed distribution.

    Attributes:
        directory: its `.dist-info`.
        record: its list of installed files with their hashes, as it stands there.
    """

    name: str
    version: str
    directory: Path
    record: str
    metadata: str

    @cached_property
    def files(self) -> tuple[str, ...]:
        """What it installed, relative to the directory that holds the `.dist-info`."""
        return tuple(_list_files(self.record.splitlines()))

    @cached_property
    def modules(self) -> frozenset[str]:
        """The dotted names of its modules and of the directories they are in."""
        names = {_name_module(file) for file in self.files if _MODULE.search(file)}
        return frozenset(parent for name in names if name for parent in list_beginnings(name))

    @property
    def tops(self) -> frozenset[str]:
        """What an import of it begins with."""
        return frozenset(name for name in self.modules if "." not in name)

    @property
    def has_only_types(self) -> bool:
        """Whether nothing in it can be imported."""
        return not self.modules and any(file.endswith(".pyi") for file in self.files)

    @property
    def runs_at_start(self) -> bool:
        """Whether Python runs something of it whatever is imported."""
        hooks = (file for file in self.files if file.endswith(".pth") and "/" not in file)
        return any(hook not in _HOOKS_OF_TOOLS for hook in hooks) or bool(
            self.tops & {"sitecustomize", "usercustomize"}
        )

    @cached_property
    def requirements(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The names it requires, each with the extras it requires it for; none when it always does."""
        found = _REQUIREMENT.findall(self.metadata.partition("\n\n")[0])
        return tuple((normalise(name), tuple(_EXTRA.findall(rest))) for name, rest in found)

    @cached_property
    def entry_points(self) -> Mapping[str, tuple[str, ...]]:
        """By group: the names of what it offers to others."""
        groups: dict[str, list[str]] = defaultdict(list)
        group = ""
        for line in _read_text(self.directory / "entry_points.txt").splitlines():
            if line.strip().startswith("["):
                group = line.strip().strip("[]").strip()
            elif "=" in line and not line.lstrip().startswith(("#", ";")):
                groups[group].append(line.partition("=")[0].strip())
        return {name: tuple(names) for name, names in groups.items()}


def list_distributions(site_packages: Path) -> tuple[Distribution, ...]:
    """Return what is installed there, sorted by name."""
    found = (_read_distribution(directory) for directory in site_packages.glob("*.dist-info"))
    return tuple(sorted(found, key=lambda each: (each.name, each.version)))


def normalise(name: str) -> str:
    """Return the one form of a distribution's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def list_beginnings(name: str) -> Iterator[str]:
    """Return a dotted name and everything it is in, longest first."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _read_distribution(directory: Path) -> Distribution:
    metadata = _read_text(directory / "METADATA")
    fields = dict(_FIELD.findall(metadata.partition("\n\n")[0]))
    fallback, _, version = directory.name.removesuffix(".dist-info").partition("-")
    return Distribution(
        name=normalise(fields.get("Name", fallback)),
        version=fields.get("Version", version),
        directory=directory,
        record=_read_text(directory / "RECORD"),
        metadata=metadata,
    )


def _list_files(record: Iterable[str]) -> Iterator[str]:
    for line in record:
        path = line[1:].partition('"')[0] if line.startswith('"') else line.partition(",")[0]
        if path and not path.startswith(("/", "..")) and "__pycache__" not in path:
            yield path


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _name_module(file: str) -> str:
    parts = file.split("/")
    parts[-1] = parts[-1].partition(".")[0]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""
