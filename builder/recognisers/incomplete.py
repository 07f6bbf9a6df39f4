"""What looks like dependencies and cannot be installed as it is: said so, instead of an empty environment."""

import re
from typing import Final

from builder.project import PROJECT, ProjectDirectory, find_table
from builder.recognisers.setuptools import CONFIGURATION, describes_project
from domain.errors import InvalidInput

_NAMED_PYLOCK: Final = re.compile(r"pylock\.[^.]+\.toml")
_BY_NAME: Final = {
    "Pipfile": "is there but Pipfile.lock is not: run `pipenv lock` and commit Pipfile.lock.",
    "requirements.in": "is there but what is compiled of it is not: run `uv pip compile requirements.in -o "
    "requirements.txt` and commit requirements.txt.",
    "environment.yml": "is a conda environment, which is not built here: list the packages in pyproject.toml or "
    "requirements.txt, or set an install command in the build settings.",
}


def refuse_incomplete(place: ProjectDirectory) -> None:
    """Raise `InvalidInput` (`install_not_detected`) when something is there that only lacks its other half."""
    sentence = _find_sentence(place)
    if sentence:
        raise InvalidInput("install_not_detected", sentence)


def _find_sentence(place: ProjectDirectory) -> str:
    names = place.list_names()
    for name, sentence in _BY_NAME.items():
        if name in names:
            return f"{place.at(name)} {sentence}"
    pylocks = [name for name in names if _NAMED_PYLOCK.fullmatch(name)]
    if pylocks:
        return f"{place.at(pylocks[0])} is there, but only pylock.toml is read: rename the one for production."
    if find_table(place.find_toml(), "tool", "poetry", "dependencies"):
        return f"{place.at(PROJECT)} is Poetry's but poetry.lock is not there: run `poetry lock` and commit it."
    if describes_project(place):
        return (
            f"{place.at(CONFIGURATION)} describes a project that no tool can install: add a pyproject.toml with "
            "[build-system], or a setup.py."
        )
    return ""
