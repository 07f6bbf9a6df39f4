"""A directory of the repository in which a project may stand."""

import posixpath
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from builder.source_tree import SourceTree
from domain.errors import InvalidInput

PROJECT: Final = "pyproject.toml"
ROOT: Final = "."


@dataclass(frozen=True, slots=True)
class ProjectDirectory:
    """One directory; names are relative to it, `at` gives them relative to the repository's root."""

    tree: SourceTree
    path: str = ROOT

    @property
    def options(self) -> str:
        """What makes uv, and the tools it runs, work in this directory: commands run at the repository's root."""
        return "" if self.path == ROOT else f" --directory {shlex.quote(self.path)}"

    def walk_up(self) -> Iterator["ProjectDirectory"]:
        """Go from this directory to the repository's root."""
        path = self.path
        while path != ROOT:
            yield ProjectDirectory(self.tree, path)
            path = posixpath.dirname(path) or ROOT
        yield ProjectDirectory(self.tree)

    def at(self, name: str) -> str:
        """Return the name as a path from the repository's root."""
        return posixpath.normpath(posixpath.join(self.path, name))

    def has_file(self, name: str) -> bool:
        """Whether a regular file is there."""
        return self.tree.has_file(self.at(name))

    def has_directory(self, name: str) -> bool:
        """Whether a directory is there; one that leaves the repository is not."""
        path = self.at(name)
        return path == ROOT or (not path.startswith(("/", "..")) and self.tree.has_directory(path))

    def list_names(self, name: str = ROOT) -> tuple[str, ...]:
        """Return what is in the directory, sorted."""
        return self.tree.list_names(self.at(name))

    def find_toml(self, name: str = PROJECT) -> dict[str, Any]:
        """Return the file's content, empty when there is no such file; raises `InvalidInput` (`lock_invalid`)."""
        return parse_toml(self.tree.find_text(self.at(name)) or "", self.at(name))

    def find_lock(self, name: str) -> dict[str, Any] | None:
        """Return a lock's content, None when there is no such file; raises `InvalidInput` (`lock_invalid`)."""
        text = self.tree.find_lock(self.at(name))
        return None if text is None else parse_toml(text, self.at(name))

    def require_project(self, lock: str) -> str:
        """Return where pyproject.toml is, or raise `InvalidInput` (`install_not_detected`): a lock needs it."""
        if not self.has_file(PROJECT):
            raise InvalidInput(
                "install_not_detected",
                f"{self.at(lock)} is there but {self.at(PROJECT)} is not: commit the pyproject.toml it locks.",
            )
        return self.at(PROJECT)


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """Return a TOML file's content, or raise `InvalidInput` (`lock_invalid`)."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(
            "lock_invalid", f"{path} is not valid TOML: {error}. Mend it, or have its tool write it again."
        ) from error


def find_table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the table at the end of the keys, empty when something else or nothing is there."""
    here: Any = document
    for key in keys:
        here = here.get(key) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


def list_tables(document: dict[str, Any], key: str) -> tuple[dict[str, Any], ...]:
    """Return the tables of an array of tables, none when something else or nothing is there."""
    items = document.get(key)
    return tuple(item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()


def list_words(value: object) -> tuple[str, ...]:
    """Return the strings of a list, none when it is no list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
