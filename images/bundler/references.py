"""What one Python file mentions, read and never run: imports, names in strings, imports by computed names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_LOADERS: Final = frozenset(
    {
        "__import__",
        "autodiscover",
        "autodiscover_modules",
        "autodiscover_tasks",
        "import_by_path",
        "import_from_string",
        "import_module",
        "import_string",
        "iter_modules",
        "load_object",
        "load_source",
        "run_module",
        "run_path",
        "SourceFileLoader",
        "spec_from_file_location",
        "walk_packages",
    }
)
"""Functions that import what their first argument says."""
_UNPICKLERS: Final = frozenset({"cloudpickle", "dill", "joblib", "jsonpickle", "pickle", "shelve"})
"""What imports the modules that stored objects name."""
_LONGEST_TEXT: Final = 2_000
_WORD: Final = re.compile(r"[A-Za-z_][\w.-]*")


@dataclass(frozen=True, slots=True)
class Import:
    """`import module`, or `from module import names`; `module` begins with a dot for each level it is relative by."""

    module: str
    names: tuple[str, ...]
    line: int

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every module it may load, `*` standing for what the package has."""
        joint = "" if self.module.endswith(".") else "."
        return (self.module, *(f"{self.module}{joint}{name}" for name in self.names))


@dataclass(frozen=True, slots=True)
class Mention:
    """A text in the code."""

    text: str
    line: int

    @property
    def words(self) -> tuple[str, ...]:
        """What in it may be a name: `postgresql+psycopg://` mentions `postgresql` and `psycopg`."""
        return tuple(word.rstrip(".-") for word in _WORD.findall(self.text))


@dataclass(frozen=True, slots=True)
class Prefix:
    """An import by a name of which only the beginning is known, so that it may be anything below `package`."""

    package: str
    line: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """An import by a name that nobody knows before it runs."""

    what: str
    line: int


@dataclass(slots=True)
class References:
    """Everything one file mentions.

    Attributes:
        has_own_paths: it changes `sys.path`, so names may mean files anywhere.
    """

    imports: list[Import] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    prefixes: list[Prefix] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    has_own_paths: bool = False


def read_references(text: bytes) -> References:
    """Return what the file mentions; one that is no Python mentions nothing and fails where it is imported."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return References()
    reader = _Reader()
    reader.visit(tree)
    return reader.found


class _Reader(ast.NodeVisitor):
    """Collects the references; what only type checkers see is passed over."""

    def __init__(self) -> None:
        self.found = References()
        self._loaders = set(_LOADERS)
        self._modules: dict[str, str] = {}
        """Names bound by imports, and the modules they mean."""

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._modules[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self._add_import(alias.name, (), node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        added = self._add_import(module, tuple(alias.name for alias in node.names), node.lineno)
        for alias, candidate in zip(node.names, added.candidates[1:], strict=True):
            self._modules[alias.asname or alias.name] = candidate
            if alias.name in _LOADERS and alias.asname:
                self._loaders.add(alias.asname)

    def visit_If(self, node: ast.If) -> None:
        for statement in _list_statements_that_run(node):
            self.visit(statement)

    def visit_Expr(self, node: ast.Expr) -> None:
        # A text on its own is documentation.
        if not isinstance(node.value, ast.Constant):
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value.decode(errors="ignore") if isinstance(node.value, bytes) else node.value
        if isinstance(text, str) and text:
            self.found.mentions.append(Mention(text[:_LONGEST_TEXT], node.lineno))
            if text in self._loaders:
                self._add_unknown(text, node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name_of(node.func)
        if name in self._loaders:
            self._read_loader(name, node)
        elif name == "exec" or (name in {"load", "Unpickler"} and self._expand(node.func).startswith("torch.")):
            self._add_unknown(name, node.lineno)
        if name in self._loaders and isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
        elif name not in self._loaders:
            self.visit(node.func)
        for argument in (*node.args, *node.keywords):
            self.visit(argument)

    def visit_Name(self, node: ast.Name) -> None:
        # As a value, not as a call: who knows what it is called with.
        if node.id in self._loaders:
            self._add_unknown(node.id, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in self._loaders or node.attr == "read_pickle":
            self._add_unknown(node.attr, node.lineno)
        if node.attr == "path" and self._expand(node) == "sys.path":
            self.found.has_own_paths = True
        self.visit(node.value)

    def _add_import(self, module: str, names: tuple[str, ...], line: int) -> Import:
        added = Import(module, names, line)
        self.found.imports.append(added)
        if module.partition(".")[0] in _UNPICKLERS:
            self._add_unknown(module, line)
        if module == "sys" and "path" in names:
            self.found.has_own_paths = True
        return added

    def _add_unknown(self, what: str, line: int) -> None:
        self.found.unknown.append(Unknown(what, line))

    def _read_loader(self, name: str, call: ast.Call) -> None:
        words = {word.arg: word.value for word in call.keywords}
        first = call.args[0] if call.args else words.get("name") or words.get("dotted_path")
        if name in {"iter_modules", "walk_packages"}:
            self._add_prefix(name, self._find_package_of_path(first), call.lineno)
            return
        beginning = _find_beginning(first)
        if beginning.startswith("."):
            anchor = call.args[1] if len(call.args) > 1 else words.get("package")
            beginning = _find_anchor(anchor) + beginning
        if isinstance(first, ast.Constant) and beginning:
            self._add_literal(name, beginning, call.lineno)
        else:
            self._add_prefix(name, _find_package(beginning), call.lineno)

    def _add_prefix(self, name: str, package: str | None, line: int) -> None:
        if package is None:
            self._add_unknown(name, line)
        else:
            self.found.prefixes.append(Prefix(package, line))

    def _add_literal(self, name: str, text: str, line: int) -> None:
        if "?" in text or name in {"spec_from_file_location", "SourceFileLoader", "load_source"}:
            self._add_unknown(name, line)  # the first argument is any name, the second a path
        elif name not in {"run_path", "autodiscover_tasks", "autodiscover_modules"}:
            self._add_import(text.replace(":", "."), (), line)

    def _find_package_of_path(self, node: ast.expr | None) -> str | None:
        """Return the package whose `__path__` this is."""
        if isinstance(node, ast.Name) and node.id == "__path__":
            return "."
        if isinstance(node, ast.Attribute) and node.attr == "__path__":
            return self._expand(node.value) or None
        return None

    def _expand(self, node: ast.expr) -> str:
        """Return a dotted name with its first part replaced by the module it means; empty when it is none."""
        if isinstance(node, ast.Attribute):
            base = self._expand(node.value)
            return f"{base}.{node.attr}" if base else ""
        return self._modules.get(node.id, "") if isinstance(node, ast.Name) else ""


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _list_statements_that_run(node: ast.If) -> Iterator[ast.AST]:
    if _is_type_checking(node.test):
        yield from node.orelse
    elif (
        isinstance(node.test, ast.UnaryOp)
        and isinstance(node.test.op, ast.Not)
        and _is_type_checking(node.test.operand)
    ):
        yield from node.body
    else:
        yield from (node.test, *node.body, *node.orelse)


def _is_type_checking(test: ast.expr) -> bool:
    return _name_of(test) == "TYPE_CHECKING"


def _find_beginning(node: ast.expr | None) -> str:
    """Return the text that a computed text begins with, as far as the code says it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return _find_beginning(first)
        case ast.BinOp(left=left, op=ast.Add()):
            return _find_beginning(left)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _find_beginning(left).partition("%")[0]
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return _find_beginning(value).partition("{")[0]
        case _:
            return ""


def _find_anchor(node: ast.expr | None) -> str:
    """Return the package a relative name starts from: nothing for the file's own, `?` when it is not written out."""
    match node:
        case None | ast.Name(id="__package__" | "__name__"):
            return ""
        case ast.Constant(value=str(package)):
            return package
        case _:
            return "?"


def _find_package(beginning: str) -> str | None:
    """Return the package that a name with this beginning is in, None when it may be in any."""
    package, dot, _ = beginning.rpartition(".")
    if not dot or "?" in package:
        return None
    return package if package.strip(".") else f"{package}."
