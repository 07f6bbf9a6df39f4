"""House rules that no linter has, each as a function from a module to the sentences about its breaches."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.architecture.source_tree import Function, Module, dotted_name, imported_names

_SHELLS: Final = frozenset({"sh", "bash", "dash", "/bin/sh", "/bin/bash", "/usr/bin/env"})
_EXITS: Final = frozenset({"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write", "sys.stderr.write"})
_ENVIRONMENT: Final = frozenset({"os.environ", "os.environb", "os.getenv", "os.putenv"})
_SHELL_CALLS: Final = frozenset({"os.system", "os.popen", "subprocess.getoutput", "asyncio.create_subprocess_shell"})
_ARCHIVES: Final = frozenset({"tarfile", "zipfile", "zipimport", "py7zr", "libarchive", "rarfile"})
_NOQA: Final = re.compile(r"#\s*noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S+.*")
_FILE_NOQA: Final = re.compile(r"#\s*ruff: noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S+.*")
_IGNORE: Final = re.compile(r"#\s*type: ignore\[[\w, -]+\]\s+(?:#|-)\s*\S+.*")


@dataclass(frozen=True)
class Rule:
    """A rule, where it holds, and pieces of code that break it."""

    name: str
    find: Callable[[Module], Iterator[str]]
    holds_in: Callable[[str], bool]
    breaches: tuple[str, ...]


def find_relative_imports(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield module.at(node, "imports relatively: name the module from its room on")


def find_inner_imports(module: Module) -> Iterator[str]:
    for outer in ast.walk(module.tree):
        if isinstance(outer, Function | ast.ClassDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Import | ast.ImportFrom) and not _is_excused(module, node, "PLC0415"):
                    yield module.at(node, "imports inside a definition: a cycle means a line is in the wrong room")


def find_broad_excepts(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ExceptHandler) or not _is_broad(node) or _raises_again(node):
            continue
        if "outermost" not in module.line_of(node) and not _is_excused(module, node, "BLE001"):
            yield module.at(node, "catches everything: only an outermost frame may, and says so")


def find_shells(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _starts_shell(node):
            yield module.at(node, "runs a shell: give an argument list")
        elif isinstance(node, ast.List | ast.Tuple) and _names_shell(node):
            yield module.at(node, "runs a command text with a shell: give an argument list")


def find_archives(module: Module) -> Iterator[str]:
    for node, name in imported_names(module):
        if name.partition(".")[0] in _ARCHIVES:
            yield module.at(node, f"imports {name}: archives are unpacked inside a build only")
    for node in ast.walk(module.tree):
        if "unpack_archive" in {dotted_name(node).rpartition(".")[2], *_names_imported(node)}:
            yield module.at(node, "unpacks an archive: that happens inside a build only")


def find_mocks(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if any("mock" in name for name in [*names, source]) or source == "unittest":
            yield module.at(node, "mocks: write a fake")


def find_environment_readers(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if dotted_name(node) in _ENVIRONMENT or _imports_environment(node):
            yield module.at(node, "reads the environment: bootstrap/ reads it and passes values in")


def find_printers(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted_name(node.func) in _EXITS:
            yield module.at(node, f"calls {dotted_name(node.func)}: only the command line prints and exits")
        elif isinstance(node, ast.Raise) and "SystemExit" in ast.dump(node):
            yield module.at(node, "exits: only the command line does")


def find_silent_suppressions(module: Module) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        for start, pattern in (("noqa", _NOQA), ("type: ignore", _IGNORE), ("ruff: noqa", _FILE_NOQA)):
            if re.match(rf"#\s*{start}\b", token.string) and not pattern.match(token.string):
                yield f"{module.path}:{token.start[0]}: {token.string!r} gives no code or no reason"


def _names_imported(node: ast.AST) -> set[str]:
    return {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()


def _is_excused(module: Module, node: ast.stmt | ast.ExceptHandler, code: str) -> bool:
    """Whether the line gives a reason, where one may: only where users' code is called can there be a good one."""
    return module.path.startswith("images/inside/") and f"noqa: {code} - " in module.line_of(node)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or dotted_name(kind) in {"Exception", "BaseException"} for kind in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise)


def _starts_shell(call: ast.Call) -> bool:
    asks = any(
        word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
        for word in call.keywords
    )
    return asks or dotted_name(call.func) in _SHELL_CALLS


def _names_shell(words: ast.List | ast.Tuple) -> bool:
    texts = [word.value if isinstance(word, ast.Constant) else None for word in words.elts]
    return any(first in _SHELLS and second in {"-c", "-lc", "-ec"} for first, second in pairwise(texts))


def _imports_environment(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(f"{node.module}.{a.name}" in _ENVIRONMENT for a in node.names)


def _everywhere(_path: str) -> bool:
    return True


def _outside(*prefixes: str) -> Callable[[str], bool]:
    return lambda path: not path.startswith(prefixes)


RULES: Final = (
    # Both go into builds under another name, so they cannot name themselves.
    Rule(
        "no relative import",
        find_relative_imports,
        _outside("images/inside/", "images/bundler/"),
        ("from . import rows",),
    ),
    Rule("no inner import", find_inner_imports, _everywhere, ("def load():\n    import json",)),
    Rule(
        "no broad except",
        find_broad_excepts,
        _outside("tests/"),
        ("try:\n    go()\nexcept Exception:\n    pass", "try:\n    go()\nexcept:\n    pass"),
    ),
    Rule(
        "no shell",
        find_shells,
        _outside("tests/"),
        ("run('ls', shell=True)", "run(['sh', '-c', command])", "import os\nos.system('ls')"),
    ),
    Rule(
        "no archive is unpacked on the host",
        find_archives,
        _outside("images/inside/", "tools/", "tests/"),
        ("import tarfile", "from zipfile import ZipFile", "import shutil\nshutil.unpack_archive('x')"),
    ),
    Rule("no mock", find_mocks, _everywhere, ("from unittest.mock import patch", "import unittest.mock")),
    Rule(
        "only bootstrap reads the environment",
        find_environment_readers,
        _outside("bootstrap/", "images/inside/", "builder/expand_urls.py", "tools/", "tests/"),
        ("import os\nhome = os.environ['HOME']", "from os import environ"),
    ),
    Rule(
        "only the command line prints and exits",
        find_printers,
        _outside("cli/", "images/inside/", "images/bundler/", "tools/", "tests/"),
        ("print(1)", "import sys\nsys.exit(1)", "raise SystemExit(1)"),
    ),
    Rule(
        "a suppression has a reason",
        find_silent_suppressions,
        _everywhere,
        ("x = 1  # noqa: E501", "x = 1  # type: ignore[misc]", "x = 1  # noqa", "# ruff: noqa"),
    ),
)
