"""Which install a repository wants."""

from typing import Final

from builder.install import Install
from builder.recognisers import requirements, uv
from builder.source_tree import SourceTree
from domain.errors import InvalidInput

_RECOGNISERS: Final = (uv.recognise, requirements.recognise)
_NOT_YET: Final = ("poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")


def detect_install(tree: SourceTree) -> Install:
    """Return the install the repository's files ask for.

    Raises:
        InvalidInput: `install_not_detected`, `lock_invalid`, `requirements_file_missing`, `source_path_invalid`.
    """
    for recognise in _RECOGNISERS:
        install = recognise(tree)
        if install is not None:
            return install
    _refuse_unknown_lock(tree)
    return Install("", "there is neither a lock nor a requirements.txt")


def override_install(command: str) -> Install:
    """Return the install the project's settings ask for."""
    return Install(command, "the build settings say so", needs_tree=True, seeds_pip=True)


def _refuse_unknown_lock(tree: SourceTree) -> None:
    for lock in _NOT_YET:
        if tree.has_file(lock):
            raise InvalidInput(
                "install_not_detected",
                f"{lock} is there, but how to install from it is not built in: set an install command in the build "
                "settings, or commit a uv.lock or a requirements.txt.",
            )
    if uv.has_unlocked_dependencies(tree):
        raise InvalidInput(
            "install_not_detected",
            "pyproject.toml has dependencies but no lock is there: run `uv lock` and commit uv.lock, or set an "
            "install command in the build settings.",
        )
