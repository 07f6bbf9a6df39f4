"""Which install a repository wants."""

import posixpath
from dataclasses import replace
from typing import Final

from builder.install import Install
from builder.project import ROOT, ProjectDirectory
from builder.python_version import list_python_wishes, list_unread_pins
from builder.recognisers import pdm, pipenv, poetry, pylock, pyproject, requirements, setuptools, uv
from builder.recognisers.incomplete import refuse_incomplete
from builder.source_tree import SourceTree

_RECOGNISERS: Final = (
    uv.recognise,
    poetry.recognise,
    pdm.recognise,
    pipenv.recognise,
    pylock.recognise,
    requirements.recognise,
    pyproject.recognise,
    setuptools.recognise,
)
_LOCKS: Final = (uv.LOCK, poetry.LOCK, pdm.LOCK, pipenv.LOCK, pylock.LOCK, requirements.REQUIREMENTS)
"""What one of the recognisers goes by, in their order."""
_NOTHING: Final = "no lock, requirements file or project with dependencies is there"


def detect_install(tree: SourceTree, config_path: str) -> Install:
    """Return the install the files beside the config file ask for, or those further up.

    Raises:
        InvalidInput: `install_not_detected`, `lock_invalid`, `requirements_file_missing`, `source_path_invalid`.
    """
    beside = ProjectDirectory(tree, posixpath.dirname(posixpath.normpath(config_path)) or ROOT)
    for place in beside.walk_up():
        install = _recognise(place)
        if install is not None:
            return _complete(install, beside, place)
    for place in beside.walk_up():
        refuse_incomplete(place)
    return _complete(Install("", _NOTHING), beside, beside)


def override_install(command: str) -> Install:
    """Return the install the project's settings ask for."""
    return Install(command, "the build settings say so", needs_tree=True, seeds_pip=True)


def _recognise(place: ProjectDirectory) -> Install | None:
    found = (recognise(place) for recognise in _RECOGNISERS)
    return next((install for install in found if install is not None), None)


def _complete(install: Install, beside: ProjectDirectory, place: ProjectDirectory) -> Install:
    unused = _list_unused(place) if install.command else ()
    notes = (*install.notes, *unused, *list_unread_pins(beside))
    return replace(install, notes=notes, wishes=list_python_wishes(beside))


def _list_unused(place: ProjectDirectory) -> tuple[str, ...]:
    first, *others = [lock for lock in _LOCKS if place.has_file(lock)] or [""]
    if not others:
        return ()
    return (f"Not used: {', '.join(map(place.at, others))}, because {place.at(first)} goes before.",)
