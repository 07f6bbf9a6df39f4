"""Projects locked by uv, workspaces and their members too."""

import shlex
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any, Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import PROJECT, ROOT, ProjectDirectory, find_table, list_tables, list_words
from builder.recognisers.uv_settings import list_uv_settings
from builder.versions import admits
from builder.wheels.uv_lock import UvLock

LOCK: Final = "uv.lock"
_SYNC: Final = "uv sync --locked --no-dev --no-install-local"
_OLDER_SYNC: Final = "uv sync --locked --no-dev --no-install-workspace"
"""What every uv understands; local packages that are no members are installed."""
_LOCAL: Final = ("editable", "directory", "virtual")
_DYNAMIC: Final = {"dependencies", "optional-dependencies"}


def recognise(place: ProjectDirectory) -> Install | None:
    """Return `uv sync --locked` when uv.lock is there, or further up with this project as a member."""
    lock = place.find_lock(LOCK)
    if lock is not None:
        place.require_project(LOCK)
        return _install(place, lock, "", f"{place.at(LOCK)} is there")
    if place.path == ROOT or not place.has_file(PROJECT):
        return None
    for workspace in list(place.walk_up())[1:]:
        lock = workspace.find_lock(LOCK)
        if lock is not None:
            member = _find_member(workspace, lock, place)
            reason = f"{place.at(PROJECT)} is the member {member} of the workspace that {workspace.at(LOCK)} locks"
            return _install(workspace, lock, member, reason) if member else None
    return None


def _install(place: ProjectDirectory, lock: dict[str, Any], member: str, reason: str) -> Install:
    packages = list_tables(lock, "package")
    everything = _list_local_directories(place, packages)
    imported = _list_local_directories(place, _reach(packages, member)) if member else everything
    projects = tuple(path for path in (f"{directory}/{PROJECT}" for directory in everything) if place.has_file(path))
    pinned = _find_other_uv(place)
    members = len(list_words(find_table(lock, "manifest").get("members"))) or 1
    needs_tree = (
        # uv has to build a project with dynamic dependencies to learn them, and a build may read any file.
        any(_needs_build(place, path) for path in projects)
        or _has_local_index(packages)
        or (bool(pinned) and len(everything) > members)
    )
    files = (LOCK, *sorted({PROJECT, *map(_normal, projects), *_list_archives(packages)}))
    code = [path for directory in imported for path in list_code_directories(_inside(place, directory))]
    return Install(
        _write_command(place, member, pinned),
        reason,
        files=() if needs_tree else _unique(*(place.at(name) for name in files), *list_uv_settings(place)),
        needs_tree=needs_tree,
        local_packages=tuple(sorted(set(code))),
        uses_index_setting=False,
        notes=(f"uv {pinned} is used, because required-version asks for it.",) if pinned else (),
        # Another uv may read the lock in another way.
        lock=None if pinned else UvLock(place, lock, member),
        locked_by=place.at(LOCK),
    )


def _write_command(place: ProjectDirectory, member: str, pinned: str) -> str:
    tool = f"uv tool run --from {shlex.quote('uv' + pinned)} " if pinned else ""
    package = f" --package {shlex.quote(member)}" if member else ""
    return f"{tool}{_OLDER_SYNC if pinned else _SYNC}{place.options}{package}"


def _find_member(workspace: ProjectDirectory, lock: dict[str, Any], place: ProjectDirectory) -> str:
    """Return the name the lock has for the project, empty when it does not lock it."""
    for package in list_tables(lock, "package"):
        directory = _find_directory(package)
        if directory is not None and workspace.at(directory) == place.path:
            return str(package.get("name", ""))
    return ""


def _find_directory(package: dict[str, Any]) -> str | None:
    source = find_table(package, "source")
    return next((str(source[kind]) for kind in _LOCAL if kind in source), None)


def _list_local_directories(place: ProjectDirectory, packages: tuple[dict[str, Any], ...]) -> tuple[str, ...]:
    """Return where members and local dependencies stand; what leaves the tree is uv's to refuse."""
    paths = {path for path in map(_find_directory, packages) if path is not None}
    return tuple(sorted(path for path in paths if not place.at(path).startswith(("/", ".."))))


def _reach(packages: tuple[dict[str, Any], ...], name: str) -> tuple[dict[str, Any], ...]:
    """Return the package of that name and what it needs, directly or not, optional or not."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += [needed for package in packages if package.get("name") == name for needed in _list_needed(package)]
    return tuple(package for package in packages if package.get("name") in reached)


def _list_needed(package: dict[str, Any]) -> list[str]:
    extras = find_table(package, "optional-dependencies")
    tables = [*list_tables(package, "dependencies"), *(item for extra in extras for item in list_tables(extras, extra))]
    return [str(table.get("name", "")) for table in tables]


def _list_archives(packages: tuple[dict[str, Any], ...]) -> set[str]:
    """Return the wheels and source archives that are in the repository themselves."""
    return {
        str(find_table(package, "source")["path"]) for package in packages if "path" in find_table(package, "source")
    }


def _has_local_index(packages: tuple[dict[str, Any], ...]) -> bool:
    indexes = {str(find_table(package, "source").get("registry", "://")) for package in packages}
    return any("://" not in index for index in indexes)


def _find_other_uv(place: ProjectDirectory) -> str:
    """Return the range of uv versions asked for when the builder's uv is not in it, as a requirement has it."""
    wanted = find_table(place.find_toml(), "tool", "uv").get("required-version")
    wanted = place.find_toml("uv.toml").get("required-version", wanted)
    if not isinstance(wanted, str) or admits(wanted, version("uv")):
        return ""
    return wanted if wanted[:1] in "<>=~!" else f"=={wanted}"


def _needs_build(place: ProjectDirectory, path: str) -> bool:
    project = place.find_toml(path).get("project")
    if not isinstance(project, dict):
        return _normal(path) != PROJECT
    return not _DYNAMIC.isdisjoint(list_words(project.get("dynamic")))


def _inside(place: ProjectDirectory, directory: str) -> ProjectDirectory:
    return ProjectDirectory(place.tree, place.at(directory))


def _normal(path: str) -> str:
    return str(PurePosixPath(path))


def _unique(*paths: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
