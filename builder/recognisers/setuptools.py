"""Projects of setup.py, or of setup.cfg with a build system, without a lock."""

from configparser import ConfigParser
from configparser import Error as ConfigError
from typing import Final

from builder.install import Install
from builder.project import ProjectDirectory
from builder.recognisers.export import pip_install
from builder.recognisers.pyproject import UNLOCKED

SETUP: Final = "setup.py"
CONFIGURATION: Final = "setup.cfg"


def recognise(place: ProjectDirectory) -> Install | None:
    """Return the editable install of the project: setup.py may do anything, so it runs as its author would run it."""
    if place.has_file(SETUP):
        found = SETUP
    elif describes_project(place) and "build-system" in place.find_toml():
        found = CONFIGURATION
    else:
        return None
    return Install(
        pip_install(place, "-e ."),
        f"{place.at(found)} is there and no lock",
        needs_tree=True,
        notes=(UNLOCKED,),
        speaks_pip=True,
    )


def describes_project(place: ProjectDirectory) -> bool:
    """Whether setup.cfg is about a package, and not only about linters."""
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(place.tree.find_text(place.at(CONFIGURATION)) or "")
    except ConfigError:
        return False
    return parser.has_section("metadata") or parser.has_option("options", "install_requires")
