"""The checkout as these tests see it: the files git keeps or would keep, and the modules among them."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SERVICE_ROOMS: Final = (
    "domain",
    "images",
    "builder",
    "github_app",
    "store",
    "jobs",
    "operations",
    "api",
    "cli",
    "bootstrap",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file: its path relative to the checkout, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The top-level folder it is in."""
        return self.path.partition("/")[0]

    def at(self, node: ast.AST, sentence: str) -> str:
        """Return `sentence` with the place of `node` before it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {sentence}"

    def line_of(self, node: ast.stmt | ast.ExceptHandler) -> str:
        """Return the text of the line on which `node` begins."""
        return self.text.splitlines()[node.lineno - 1]


def parse_module(path: str, text: str) -> Module:
    """Return a module made of `text`."""
    return Module(path, text, ast.parse(text))


@cache
def list_files() -> tuple[str, ...]:
    """Return every file of the checkout that is committed or not ignored, without deleted ones."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(path for path in set(listed.split("\0")) if path and (ROOT / path).is_file()))


def find_text(path: str) -> str | None:
    """Return the text of a file, None when it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@cache
def list_modules() -> tuple[Module, ...]:
    """Return every Python file of the checkout, tests included."""
    paths = [path for path in list_files() if path.endswith(".py")]
    return tuple(parse_module(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths)


def list_product_modules() -> tuple[Module, ...]:
    """Return what is not a test: the service, the SDK and the set-up."""
    return tuple(module for module in list_modules() if module.room != "tests")


def list_functions(module: Module) -> list[Function]:
    """Return every function of the module, nested ones too."""
    return [node for node in ast.walk(module.tree) if isinstance(node, Function)]


def count_lines(function: Function) -> int:
    """Return the lines from `def` to the end of the body; the docstring does not count."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def count_parameters(function: Function) -> int:
    """Return how many parameters a caller may fill; `self` and `cls` do not count."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len([argument for argument in named if argument.arg not in {"self", "cls"}])


def dotted_name(node: ast.AST) -> str:
    """Return `a.b.c` for a name or attribute, otherwise the empty text."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted_name(value)}.{attr}"
        case _:
            return ""


def imported_names(module: Module) -> list[tuple[ast.Import | ast.ImportFrom, str]]:
    """Return each import with the module it names."""
    found: list[tuple[ast.Import | ast.ImportFrom, str]] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node, node.module or ""))
    return found
