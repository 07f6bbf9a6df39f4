"""Projects whose pyproject.toml lists what they need, without a lock."""

import shlex
from typing import Any, Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import PROJECT, ProjectDirectory, find_table, list_words
from builder.recognisers.export import pip_install
from builder.recognisers.uv_settings import list_uv_settings

_DEVELOPMENT: Final = {"dev", "test", "tests", "testing", "lint", "docs", "doc", "typing", "types", "ci", "build"}
_READ: Final = f" -r {PROJECT}"
UNLOCKED: Final = (
    "No lock: each build takes the newest versions that fit. Commit a lock to get the same ones each time."
)


def recognise(place: ProjectDirectory) -> Install | None:
    """Return uv's install of what pyproject.toml lists, when it lists something."""
    document = place.find_toml()
    if "project" in document:
        return _recognise_project(place, document)
    if find_table(document, "tool", "poetry", "dependencies") and "build-system" in document:
        # Only Poetry's own backend reads that table.
        return _install(place, _READ, "has [tool.poetry] but no poetry.lock is there", needs_tree=True)
    groups = find_table(document, "dependency-groups")
    wanted = tuple(sorted(group for group in groups if group not in _DEVELOPMENT))
    if not wanted:
        return None
    reason = f"has no [project] but the dependency groups {', '.join(wanted)}"
    return _install(place, _select(wanted), reason, needs_tree=False)


def _recognise_project(place: ProjectDirectory, document: dict[str, Any]) -> Install | None:
    project = find_table(document, "project")
    is_dynamic = "dependencies" in list_words(project.get("dynamic"))
    by_default = list_words(find_table(document, "tool", "uv").get("default-groups"))
    groups = tuple(group for group in by_default if group not in _DEVELOPMENT)
    if not is_dynamic and not groups and not list_words(project.get("dependencies")):
        return None
    reason = "leaves its dependencies to its build backend" if is_dynamic else "lists dependencies"
    return _install(place, _READ + _select(groups), f"{reason} and no lock is there", needs_tree=is_dynamic)


def _select(groups: tuple[str, ...]) -> str:
    return "".join(f" --group {shlex.quote(group)}" for group in groups)


def _install(place: ProjectDirectory, arguments: str, reason: str, *, needs_tree: bool) -> Install:
    settings = list_uv_settings(place)
    return Install(
        pip_install(place, arguments.strip()),
        f"{place.at(PROJECT)} {reason}",
        files=() if needs_tree else tuple(dict.fromkeys((place.at(PROJECT), *settings))),
        needs_tree=needs_tree,
        local_packages=list_code_directories(place),
        notes=(UNLOCKED,),
        speaks_pip=True,
    )
