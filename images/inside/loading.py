"""Importing the user's files, the same way when indexing and when running."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

from .code_root import CodeRoot

CONFIG_MODULE: Final = "trigger_config"


def extend_import_path(code: CodeRoot) -> None:
    """Let user code import from its import roots.

    They come first, as `python -m` has it. Installed packages follow: the interpreter is the one of the
    repository's virtual environment and knows them already.
    """
    sys.path[:0] = [str(directory) for directory in code.import_roots]


def import_config(code: CodeRoot) -> ModuleType:
    """Execute the configuration file; its name has a dot and is no module name."""
    return _load_file(code.path / code.config_file, CONFIG_MODULE)


def import_task_file(code: CodeRoot, file: str) -> str:
    """Import a file of the repository, named relative to the code root, and return the module name it got."""
    if file == code.config_file:
        return import_config(code).__name__
    path = code.path / file
    name = _module_name(code, path)
    if name and _leads_to(name, path):
        return importlib.import_module(name).__name__
    return _load_file(path, _name_by_path(file)).__name__


def _load_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _module_name(code: CodeRoot, path: Path) -> str | None:
    """Name the file the way other user code would import it: from the innermost import root that holds it."""
    holding = [directory for directory in code.import_roots if path.is_relative_to(directory)]
    innermost = max(holding, key=lambda directory: len(directory.parts))
    parts = list(path.relative_to(innermost).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _leads_to(name: str, path: Path) -> bool:
    """Whether importing the name executes this very file and not another one earlier on the path."""
    try:
        spec = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):  # a parent that is no package, a module without a spec
        return False
    return spec is not None and spec.origin == str(path)


def _name_by_path(file: str) -> str:
    return "task_file_" + "".join(char if char.isalnum() else f"_{ord(char):x}_" for char in file)
