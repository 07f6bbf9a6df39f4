"""uv's own settings in a repository: indexes, sources, constraints."""

from typing import Final

from builder.project import PROJECT, ProjectDirectory, find_table

_SETTINGS: Final = "uv.toml"


def list_uv_settings(place: ProjectDirectory) -> tuple[str, ...]:
    """Return the file uv takes its settings from in this directory, which is the nearest one, from the root."""
    for directory in place.walk_up():
        if directory.has_file(_SETTINGS):
            return (directory.at(_SETTINGS),)
        if find_table(directory.find_toml(), "tool", "uv"):
            return (directory.at(PROJECT),)
    return ()
