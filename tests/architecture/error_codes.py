"""The error codes of the product, read from its source.

A code is the first argument of a `ServiceError` (or of a class under it), of a `Failure` or of a `BuildRejected`.
Inside an image it is a key of an `EXIT_CODES` table.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.architecture.source_tree import Function, Module, dotted_name

_ROOTS: Final = frozenset({"ServiceError", "Failure", "BuildRejected"})


@dataclass(frozen=True)
class CodeReport:
    """What was found: each code with its places, and the places whose code cannot be read from the source."""

    places: dict[str, list[str]]
    unreadable: list[str]


def read_codes(modules: Iterable[Module]) -> CodeReport:
    """Return every code the modules raise or return."""
    report = CodeReport({}, [])
    modules = tuple(modules)
    family = _find_family(modules)
    for module in modules:
        for call, scope in _walk_calls(module.tree, ()):
            if _makes_error(call, scope, family):
                _note(report, module, call, _Reader(module, scope).read(_code_argument(call)))
        for key in _exit_codes(module):
            report.places.setdefault(key, []).append(module.path)
    return report


class _Reader:
    """Finds the texts an expression may stand for, without running anything."""

    def __init__(self, module: Module, scope: tuple[ast.AST, ...]) -> None:
        self._module = module
        self._functions = [node for node in scope if isinstance(node, Function)]

    def read(self, expression: ast.expr | None) -> frozenset[str]:
        """Return the possible texts; empty when they cannot be told."""
        match expression:
            case ast.Constant(value=str(text)):
                return frozenset({text})
            case ast.IfExp(body=body, orelse=orelse):
                return self.read(body) | self.read(orelse)
            case ast.Name(id=name):
                return self._read_name(name)
            case ast.Subscript(value=ast.Name(id=table)):
                return self._read_table(table)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get"), args=[_, *default]):
                return self._read_table(table).union(*(self.read(value) for value in default))
            case _:
                return frozenset()

    def _read_name(self, name: str) -> frozenset[str]:
        function = next((f for f in self._functions if name in _parameters(f)), None)
        if function is not None:
            return self._read_callers(function, name)
        scopes: list[ast.AST] = [*self._functions, self._module.tree]
        values = [value for scope in scopes for value in _assigned(scope, name)]
        return frozenset().union(*(self.read(value) for value in values))

    def _read_callers(self, function: Function, parameter: str) -> frozenset[str]:
        """What the module's own calls give for the parameter; a method's first one is not given."""
        position = [p for p in _parameters(function) if p not in {"self", "cls"}].index(parameter)
        found: frozenset[str] = frozenset()
        for call, scope in _walk_calls(self._module.tree, ()):
            if dotted_name(call.func).rpartition(".")[2] == function.name:
                given = call.args[position] if position < len(call.args) else _keyword(call, parameter)
                found |= _Reader(self._module, scope).read(given)
        return found

    def _read_table(self, name: str) -> frozenset[str]:
        tables = [value for value in _assigned(self._module.tree, name) if isinstance(value, ast.Dict)]
        return frozenset().union(*(self.read(value) for table in tables for value in table.values))


def _note(report: CodeReport, module: Module, call: ast.Call, codes: frozenset[str]) -> None:
    if not codes and not _is_passed_on(_code_argument(call)):
        report.unreadable.append(module.at(call, f"{dotted_name(call.func)} is given a code that cannot be read here"))
    for code in codes:
        report.places.setdefault(code, []).append(f"{module.path}:{call.lineno}")


def _is_passed_on(argument: ast.expr | None) -> bool:
    """Whether the code comes from where it was made: another error, a row, the program inside the image."""
    match argument:
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _is_passed_on(inner)
        case ast.Attribute(attr="code") | ast.Subscript(slice=ast.Constant(value="code" | "failure_code")):
            return True
        case _:
            return False


def _find_family(modules: tuple[Module, ...]) -> dict[str, ast.ClassDef | None]:
    """Return the names of the classes that are under one of the roots."""
    classes = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    family: dict[str, ast.ClassDef | None] = dict.fromkeys(_ROOTS)
    size = 0
    while size != len(family):
        size = len(family)
        family |= {
            c.name: c for c in classes if c.name not in family and any(dotted_name(b) in family for b in c.bases)
        }
    return family


def _makes_error(call: ast.Call, scope: tuple[ast.AST, ...], family: dict[str, ast.ClassDef | None]) -> bool:
    name = dotted_name(call.func)
    if name in family:
        return not _fixes_code(family[name])
    is_super_init = isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "super().__init__"
    return is_super_init and any(
        isinstance(node, ast.ClassDef) and _fixes_code(family.get(node.name)) for node in scope
    )


def _fixes_code(definition: ast.ClassDef | None) -> bool:
    """Whether the class gives its code itself, instead of being given one."""
    makers = [] if definition is None else [n for n in definition.body if isinstance(n, Function)]
    return any(maker.name == "__init__" and "code" not in _parameters(maker) for maker in makers)


def _walk_calls(node: ast.AST, scope: tuple[ast.AST, ...]) -> Iterator[tuple[ast.Call, tuple[ast.AST, ...]]]:
    """Give every call with the definitions around it, innermost first."""
    inner = (node, *scope) if isinstance(node, Function | ast.ClassDef) else scope
    if isinstance(node, ast.Call):
        yield node, scope
    for child in ast.iter_child_nodes(node):
        yield from _walk_calls(child, inner)


def _code_argument(call: ast.Call) -> ast.expr | None:
    return call.args[0] if call.args else _keyword(call, "code")


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def _parameters(function: Function) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                yield from _unpacked(targets, value, name)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case _:
                pass


def _unpacked(targets: list[ast.expr], value: ast.expr, name: str) -> Iterator[ast.expr]:
    match value:
        case ast.Tuple(elts=values):
            yield from (v for t, v in zip(targets, values, strict=False) if dotted_name(t) == name)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _unpacked(targets, body, name)
            yield from _unpacked(targets, orelse, name)
        case _:
            pass


def _exit_codes(module: Module) -> Iterator[str]:
    if module.path.startswith("images/inside/"):
        for table in _assigned(module.tree, "EXIT_CODES"):
            if isinstance(table, ast.Dict):
                yield from (
                    key.value for key in table.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
                )
