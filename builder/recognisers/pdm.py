"""Projects locked by PDM."""

from typing import Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import ProjectDirectory, find_table, list_tables
from builder.recognisers.export import LOCKED, Tool, install_exported

LOCK: Final = "pdm.lock"
_SETTINGS: Final = "pdm.toml"
_VERSION: Final = "2.29.3"
# The extra: with the newest of what it needs, this version does not start.
_PDM: Final = Tool("pdm", (f"pdm[locked]=={_VERSION}",))
_EXPORT: Final = f"export --production --expandvars --format requirements --output {LOCKED}"
_VARIABLES: Final = (("PDM_CHECK_UPDATE", "0"),)


def recognise(place: ProjectDirectory) -> Install | None:
    """Return the install of what `pdm export` wrote, or `pdm sync` where that cannot be exported, of pdm.lock."""
    lock = place.find_lock(LOCK)
    if lock is None:
        return None
    project = place.require_project(LOCK)
    packages = list_tables(lock, "package")
    needs_tree = any("path" in package for package in packages)
    # PDM exports no hashes at all when one package, such as one in the repository, has none.
    all_hashed = all(list_tables(package, "files") for package in packages)
    names_index = bool(list_tables(find_table(place.find_toml(), "tool", "pdm"), "source"))
    commands = (
        (_PDM.run(place, _EXPORT), install_exported(place, all_hashed=True, names_index=names_index))
        if all_hashed
        else (_PDM.run(place, "sync --production --no-self"),)
    )
    settings = (place.at(_SETTINGS),) if place.has_file(_SETTINGS) else ()
    return Install(
        # The others only warn of a lock that does not fit.
        " && ".join((_PDM.run(place, "lock --check"), *commands)),
        f"{place.at(LOCK)} is there",
        files=() if needs_tree else (place.at(LOCK), project, *settings),
        needs_tree=needs_tree,
        local_packages=list_code_directories(place),
        title=f"what PDM {_VERSION} {'exports' if all_hashed else 'syncs'}",
        variables=_VARIABLES,
    )
