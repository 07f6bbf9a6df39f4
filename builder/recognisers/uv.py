"""Projects locked by uv."""

import tomllib
from pathlib import PurePosixPath
from typing import Any, Final

from builder.install import Install
from builder.source_tree import SourceTree
from domain.errors import InvalidInput

LOCK: Final = "uv.lock"
_PROJECT: Final = "pyproject.toml"
_COMMAND: Final = "uv sync --locked --no-dev --no-install-local"
_LOCAL_SOURCES: Final = ("editable", "directory", "virtual")
_DYNAMIC: Final = {"dependencies", "optional-dependencies"}


def recognise(tree: SourceTree) -> Install | None:
    """Return `uv sync --locked` when uv.lock is there."""
    text = tree.find_lock(LOCK)
    if text is None:
        return None
    if not tree.has_file(_PROJECT):
        raise InvalidInput(
            "install_not_detected", "uv.lock is there but pyproject.toml is not: commit the pyproject.toml it locks."
        )
    local = _list_local_directories(_parse_toml(text, LOCK))
    projects = tuple(path for path in (_join(directory, _PROJECT) for directory in local) if tree.has_file(path))
    # uv has to build a project with dynamic dependencies to learn them, and a build may read any file.
    needs_tree = any(_needs_build(tree, path) for path in projects)
    return Install(
        _COMMAND,
        "uv.lock is there",
        files=() if needs_tree else (LOCK, *sorted({_PROJECT, *projects})),
        needs_tree=needs_tree,
        local_packages=tuple(_code_directory(tree, directory) for directory in local),
        uses_index_setting=False,
    )


def has_unlocked_dependencies(tree: SourceTree) -> bool:
    """Whether pyproject.toml asks for packages; asked when no lock was found."""
    project = _parse_toml(tree.find_text(_PROJECT) or "", _PROJECT).get("project")
    return isinstance(project, dict) and bool(project.get("dependencies"))


def _list_local_directories(lock: dict[str, Any]) -> tuple[str, ...]:
    """Return where the workspace's members and the local dependencies stand; what leaves the tree is uv's to refuse."""
    sources = [package.get("source", {}) for package in lock.get("package", [])]
    paths = {str(source[kind]) for source in sources for kind in _LOCAL_SOURCES if kind in source}
    inside = {path for path in paths if not path.startswith("/") and ".." not in PurePosixPath(path).parts}
    return tuple(sorted(inside))


def _needs_build(tree: SourceTree, path: str) -> bool:
    text = tree.find_text(path)
    project = _parse_toml(text or "", path).get("project")
    if not isinstance(project, dict):
        return path != _PROJECT
    return not _DYNAMIC.isdisjoint(project.get("dynamic", ()))


def _code_directory(tree: SourceTree, directory: str) -> str:
    source = _join(directory, "src")
    return source if tree.has_directory(source) else directory


def _join(directory: str, name: str) -> str:
    return name if directory == "." else f"{directory}/{name}"


def _parse_toml(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("lock_invalid", f"{path} is not valid TOML: {error}. Mend it and run `uv lock`.") from error
