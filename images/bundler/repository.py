"""The repository's files, and which of them a module's name means."""

import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_NEVER_ENTERED: Final = frozenset({".git", "__pycache__"})
_INIT: Final = "__init__.py"


@dataclass(frozen=True)
class Repository:
    """A tree of files; all paths are relative to its root, with `/`, the root itself being the empty text.

    Attributes:
        files: every regular file and every symbolic link.
        roots: the directories names are looked up in, in the order of `sys.path`.
        links: where the symbolic links lead, as far as that is in the tree.
    """

    path: Path
    files: frozenset[str]
    roots: tuple[str, ...]
    links: Mapping[str, str]
    directories: frozenset[str] = field(init=False)
    places: Mapping[str, tuple[str, ...]] = field(init=False)
    """By the name of a module or directory: the directories that hold one of that name."""

    def __post_init__(self) -> None:
        directories = {parent for file in self.files for parent in list_parents(file)}
        places: dict[str, set[str]] = defaultdict(set)
        for path in (*directories, *self.python_files):
            places[posixpath.basename(path).removesuffix(".py")].add(posixpath.dirname(path))
        object.__setattr__(self, "directories", frozenset(directories))
        object.__setattr__(self, "places", {name: tuple(sorted(found)) for name, found in places.items()})

    @property
    def python_files(self) -> tuple[str, ...]:
        """The files that Python imports from source, sorted."""
        return tuple(sorted(file for file in self.files if file.endswith(".py")))

    def read(self, file: str) -> bytes:
        """Return a file's content; raises `OSError`."""
        return (self.path / file).read_bytes()

    def find_modules(self, name: str, origin: str, *, anywhere: bool = False) -> tuple[str, ...]:
        """Return the files that importing `name` executes, outermost package first.

        Args:
            name: a dotted name; dots in front make it relative. What leads to no file, such as an attribute, ends it.
            origin: the file that mentions it.
            anywhere: any directory may be on the path.
        """
        found: dict[str, None] = {}
        for start, parts in self._list_starts(name, origin, anywhere=anywhere):
            found.update(dict.fromkeys(self._walk(start, parts)))
        return tuple(found)

    def find_below(self, package: str, origin: str) -> tuple[str, ...]:
        """Return the Python files in the package's directories, however deep."""
        tops = [
            posixpath.join(start, *parts)
            for start, parts in self._list_starts(package, origin, anywhere=False)
            if posixpath.join(start, *parts) in self.directories or not parts
        ]
        return tuple(file for file in self.python_files if any(is_below(file, top) for top in tops))

    def has_top(self, name: str) -> bool:
        """Whether the first part of a name is something in one of the roots."""
        top = name.partition(".")[0]
        return any(place in self.roots for place in self.places.get(top, ()))

    def _list_starts(self, name: str, origin: str, *, anywhere: bool) -> Iterator[tuple[str, list[str]]]:
        level = len(name) - len(name.lstrip("."))
        parts = [part for part in name.split(".") if part]
        if level:
            start = posixpath.dirname(origin)
            for _ in range(level - 1):
                start = posixpath.dirname(start)
            yield start, parts
        elif parts:
            starts: Iterable[str] = self.places.get(parts[0], ()) if anywhere else self.roots
            yield from ((start, parts) for start in starts)

    def _walk(self, start: str, parts: list[str]) -> Iterator[str]:
        here = start
        init = posixpath.join(here, _INIT)
        if not parts and init in self.files:
            yield init
        for part in parts:
            here = posixpath.join(here, part)
            if f"{here}.py" in self.files:
                yield f"{here}.py"
            if posixpath.join(here, _INIT) in self.files:
                yield posixpath.join(here, _INIT)
            if here not in self.directories:
                return


def read_repository(path: Path, roots: Iterable[str]) -> Repository:
    """Look at the tree once; nothing behind a symbolic link is looked at."""
    files, links = set(), {}
    for parent, directories, names in os.walk(path):
        directories[:] = [name for name in directories if name not in _NEVER_ENTERED]
        for entry in (Path(parent, name) for name in (*names, *directories)):
            file = str(entry.relative_to(path))
            if entry.is_symlink():
                files.add(file)
                links.update(_find_link(path, entry, file))
            elif not entry.is_dir():
                files.add(file)
    return Repository(path, frozenset(files), tuple(dict.fromkeys(roots)), links)


def _find_link(root: Path, link: Path, file: str) -> dict[str, str]:
    target = Path(os.path.realpath(link))
    return {file: str(target.relative_to(root))} if target.is_relative_to(root) and target != root else {}


def list_parents(file: str) -> Iterator[str]:
    """Go through the directories a file is in, innermost first, without the root."""
    parent = posixpath.dirname(file)
    while parent:
        yield parent
        parent = posixpath.dirname(parent)


def is_below(file: str, directory: str) -> bool:
    """Whether the file is in the directory, however deep; the root is the empty text."""
    return not directory or file.startswith(f"{directory}/")
