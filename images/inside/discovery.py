"""Finding the files that may declare tasks."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from .code_root import CodeRoot
from .problems import IndexFailure, Problem

_TASK_DIRECTORY: Final = "trigger"
_NEVER_ENTERED: Final = frozenset({"node_modules", "venv", "dist", "build", "__pycache__"})
_TESTS: Final = ("test_*.py", "*_test.py", "conftest.py")


def list_task_files(
    code: CodeRoot, *, dirs: Sequence[str] | None, ignore_patterns: Sequence[str] | None
) -> tuple[str, ...]:
    """List the task files below the configuration file's directory, relative to the code root and sorted.

    Raises:
        IndexFailure: a directory that `dirs` names is not there, or there is no file at all.
    """
    directories = list(_find_task_directories(code.base)) if dirs is None else _check_dirs(code, dirs)
    ignored = [_compile_glob(pattern) for pattern in (_TESTS if ignore_patterns is None else ignore_patterns)]
    files = {
        code.shorten(str(path))
        for directory in directories
        for path in _walk_python_files(directory)
        if not any(pattern.fullmatch(str(path.relative_to(code.base))) for pattern in ignored)
    }
    if not files:
        raise IndexFailure(
            "no_task_files", _explain_nothing_found(dirs), (Problem(code.config_file, None, "no task files"),)
        )
    return tuple(sorted(files))


def _find_task_directories(base: Path) -> Iterator[Path]:
    for directory, names, _ in os.walk(base):
        names[:] = [name for name in names if _is_entered(name)]
        if _TASK_DIRECTORY in names:
            yield Path(directory, _TASK_DIRECTORY)


def _check_dirs(code: CodeRoot, dirs: Sequence[str]) -> list[Path]:
    missing = [name for name in dirs if not (code.base / name).is_dir()]
    if missing:
        sentence = f"{code.config_file}: dirs names {missing[0]!r}, which is no directory; correct or remove it."
        raise IndexFailure("config_invalid", sentence, (Problem(code.config_file, None, sentence),))
    return [code.base / name for name in dirs]


def _walk_python_files(directory: Path) -> Iterator[Path]:
    for parent, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if _is_entered(name)]
        yield from (Path(parent, name) for name in names if name.endswith(".py"))


def _is_entered(name: str) -> bool:
    return name not in _NEVER_ENTERED and not name.startswith(".")


def _compile_glob(pattern: str) -> re.Pattern[str]:
    """Translate a glob: `*` and `?` stay within one name, `**` crosses them; without `/` it is about the name."""
    whole = pattern if "/" in pattern else f"**/{pattern}"
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", str(PurePosixPath(whole)))
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(special.get(piece, re.escape(piece)) for piece in pieces))


def _explain_nothing_found(dirs: Sequence[str] | None) -> str:
    if dirs is None:
        return (
            "There is no task file: no directory named `trigger` beside or below the configuration file holds a Python "
            "file that is no test. Create trigger/<name>.py, or name your directories in define_config(dirs=[…])."
        )
    return (
        f"There is no task file: no Python file that is no test in {', '.join(dirs)}; correct dirs or ignore_patterns."
    )
