"""Projects with a lock of the standard form, pylock.toml."""

from typing import Any, Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import ProjectDirectory, find_table, list_tables
from builder.recognisers.export import pip_install
from builder.recognisers.uv_settings import list_uv_settings

LOCK: Final = "pylock.toml"


def recognise(place: ProjectDirectory) -> Install | None:
    """Return uv's install of pylock.toml when it is there."""
    lock = place.find_lock(LOCK)
    if lock is None:
        return None
    needs_tree = any(_is_local(package) for package in list_tables(lock, "packages"))
    return Install(
        pip_install(place, f"--preview-features pylock -r {LOCK}"),
        f"{place.at(LOCK)} is there",
        files=() if needs_tree else (place.at(LOCK), *list_uv_settings(place)),
        needs_tree=needs_tree,
        local_packages=list_code_directories(place),
        uses_index_setting=False,
    )


def _is_local(package: dict[str, Any]) -> bool:
    files = (find_table(package, "sdist"), find_table(package, "archive"), *list_tables(package, "wheels"))
    return "directory" in package or any("path" in file for file in files)
