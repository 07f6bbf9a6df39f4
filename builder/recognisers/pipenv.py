"""Projects locked by Pipenv."""

import json
from typing import Any, Final

from builder.install import Install
from builder.layout import list_code_directories
from builder.project import ProjectDirectory, find_table
from builder.recognisers.export import EXPAND_URLS, LOCKED, PROGRAMS, Tool, install_exported
from domain.errors import InvalidInput

LOCK: Final = "Pipfile.lock"
PIPFILE: Final = "Pipfile"
_VERSION: Final = "2026.10.3"
_PIPENV: Final = Tool("pipenv", (f"pipenv=={_VERSION}",))
_EXPORT: Final = f"requirements --hash > {LOCKED}"
_VARIABLES: Final = (("PIPENV_VERBOSITY", "-1"),)


def recognise(place: ProjectDirectory) -> Install | None:
    """Return `pipenv requirements` and the install of what it wrote, when Pipfile.lock is there."""
    text = place.tree.find_lock(place.at(LOCK))
    if text is None:
        return None
    if not place.has_file(PIPFILE):
        raise InvalidInput(
            "install_not_detected",
            f"{place.at(LOCK)} is there but {place.at(PIPFILE)} is not: commit the Pipfile it locks.",
        )
    packages = find_table(_parse_json(text, place.at(LOCK)), "default")
    needs_tree = any("path" in find_table(packages, name) or "file" in find_table(packages, name) for name in packages)
    all_hashed = all("hashes" in find_table(packages, name) for name in packages)
    return Install(
        " && ".join(
            (
                # It writes down a lock that does not fit without a word.
                _PIPENV.run(place, "verify"),
                _PIPENV.run(place, _EXPORT),
                f"python3 -I {PROGRAMS}/{EXPAND_URLS} {LOCKED}",
                install_exported(place, all_hashed=all_hashed, names_index=True),
            )
        ),
        f"{place.at(LOCK)} is there",
        files=() if needs_tree else (place.at(LOCK), place.at(PIPFILE)),
        needs_tree=needs_tree,
        local_packages=list_code_directories(place),
        title=f"what Pipenv {_VERSION} exports",
        variables=_VARIABLES,
        programs=(EXPAND_URLS,),
    )


def _parse_json(text: str, path: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput("lock_invalid", f"{path} is not valid JSON: {error}. Run `pipenv lock`.") from error
    return document if isinstance(document, dict) else {}
