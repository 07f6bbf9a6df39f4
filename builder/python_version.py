"""Which Python a repository asks for. It is checked where it is known what the base image has: in the install step."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from builder.install import PythonWish
from builder.project import PROJECT, ProjectDirectory, find_table

_PIN_FILE: Final = ".python-version"
_PIPFILE: Final = "Pipfile"
_RANGE: Final = re.compile(r"[\d\s.,<>=!~*]{1,100}")
_PIN: Final = re.compile(r"(?:cpython|python)?[-@]?(?P<minor>\d+(?:\.\d+)?)(?:\.\d+)?")
_CARET: Final = re.compile(r"\^\s*(?P<least>(?P<major>\d+)(?:\.\d+){0,2})")
_TILDE: Final = re.compile(r"~\s*(?P<least>(?P<minor>\d+\.\d+)(?:\.\d+)?)")


def list_python_wishes(place: ProjectDirectory) -> tuple[PythonWish, ...]:
    """Return what the nearest project file and the nearest .python-version ask for."""
    return (*islice(_walk_projects(place), 1), *islice(_walk_pins(place), 1))


def list_unread_pins(place: ProjectDirectory) -> tuple[str, ...]:
    """Return log lines about a .python-version that names no version, such as an environment of pyenv's."""
    for directory in place.walk_up():
        text = _find_pin(directory)
        if text:
            path = directory.at(_PIN_FILE)
            return () if _PIN.fullmatch(text) else (f"{path} is not read: {text[:40]!r} is no Python version.",)
    return ()


def _walk_projects(place: ProjectDirectory) -> Iterator[PythonWish]:
    for directory in place.walk_up():
        document = directory.find_toml()
        poetry = find_table(document, "tool", "poetry", "dependencies").get("python")
        pipfile = find_table(directory.find_toml(_PIPFILE), "requires").get("python_version")
        found = (
            (find_table(document, "project").get("requires-python"), f"requires-python in {directory.at(PROJECT)}"),
            (_translate(poetry), f"tool.poetry.dependencies.python in {directory.at(PROJECT)}"),
            (pipfile, f"python_version in {directory.at(_PIPFILE)}"),
        )
        for wanted, place_of_it in found:
            if isinstance(wanted, str) and _RANGE.fullmatch(wanted):
                yield PythonWish(place_of_it, wanted)


def _walk_pins(place: ProjectDirectory) -> Iterator[PythonWish]:
    for directory in place.walk_up():
        text = _find_pin(directory)
        if not text:
            continue
        match = _PIN.fullmatch(text)
        if match is None:
            return
        # The release is the base image's: it has the newest with all repairs.
        yield PythonWish(directory.at(_PIN_FILE), match["minor"])


def _find_pin(directory: ProjectDirectory) -> str:
    lines = (directory.tree.find_text(directory.at(_PIN_FILE)) or "").splitlines()
    return next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")


def _translate(wanted: object) -> str | None:
    """Return Poetry's `^3.11` and `~3.11` as ranges that every tool understands."""
    if not isinstance(wanted, str):
        return None
    caret, tilde = _CARET.fullmatch(wanted), _TILDE.fullmatch(wanted)
    if caret is not None:
        return f">={caret['least']},<{int(caret['major']) + 1}"
    if tilde is not None:
        return f">={tilde['least']},=={tilde['minor']}.*"
    return wanted
