"""Where a project keeps the code that is imported."""

import posixpath
from typing import Any, Final

from builder.project import ProjectDirectory, find_table, list_tables, list_words

_SOURCE: Final = "src"


def list_code_directories(place: ProjectDirectory) -> tuple[str, ...]:
    """Return the directories whose packages are imported: what the build backend is told, else `src`, else itself."""
    told = [name for name in _list_told(place.find_toml()) if place.has_directory(name)]
    names = told or [_SOURCE if place.has_directory(_SOURCE) else "."]
    return tuple(sorted({place.at(name) for name in names}))


def _list_told(project: dict[str, Any]) -> tuple[str, ...]:
    tool = find_table(project, "tool")
    setuptools = find_table(tool, "setuptools")
    hatch = find_table(tool, "hatch", "build", "targets", "wheel")
    told = (
        find_table(setuptools, "package-dir").get(""),
        *list_words(find_table(setuptools, "packages", "find").get("where")),
        *(posixpath.dirname(path) or "." for path in list_words(hatch.get("packages"))),
        find_table(tool, "uv", "build-backend").get("module-root"),
        find_table(tool, "pdm", "build").get("package-dir"),
        *(package.get("from") for package in list_tables(find_table(tool, "poetry"), "packages")),
    )
    return tuple(name for name in told if isinstance(name, str) and name)
