"""A look at the config file without running it: whether there is anything to ask of it before the build."""

import ast
import warnings
from typing import Final

_DEFINE: Final = "define_config"
_MAX_CHARACTERS: Final = 50_000
"""Longer files are evaluated in any case: parsing costs memory and stack."""


def has_build_options(text: str) -> bool:
    """Whether the config file may have build options; False only where its text shows that it has none.

    It has none when `config` is assigned once, by a call of the SDK's own `define_config` without `build`. A file that
    does not parse has none either: listing the tasks says what is wrong with it.
    """
    if len(text) > _MAX_CHARACTERS:
        return True
    try:
        with warnings.catch_warnings():
            # Odd escapes of somebody else's file are no concern of our log.
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    except (RecursionError, MemoryError):
        return True
    return not _is_plain(module)


def _is_plain(module: ast.Module) -> bool:
    nodes = list(ast.walk(module))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    if any(alias.name == "*" for node in imports for alias in node.names):
        return False
    mentioned = sorted(name for node in nodes for name in _list_names(node) if name in {"config", _DEFINE})
    if "config" not in mentioned:
        return True  # and listing the tasks will say that it is missing
    is_ours = any(node.module == "pushwright" and _DEFINE in _list_names(node) for node in imports)
    calls = [call for statement in module.body if (call := _find_call(statement)) is not None]
    # Any mention besides the import, the call and the assignment may be another definition, or a change of this one.
    return is_ours and len(calls) == 1 and mentioned == ["config", _DEFINE, _DEFINE]


def _find_call(statement: ast.stmt) -> ast.Call | None:
    """Return the call of `config = define_config(…)` when it names all its options and `build` is none of them."""
    match statement:
        case ast.Assign(
            targets=[ast.Name(id="config")],
            value=ast.Call(func=ast.Name(id="define_config"), keywords=keywords) as call,
        ):
            return None if {keyword.arg for keyword in keywords} & {"build", None} else call
        case _:
            return None


def _list_names(node: ast.AST) -> tuple[str, ...]:
    """Return the names a node mentions or binds."""
    match node:
        case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Global(names=names):
            return tuple(names)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return tuple(alias.asname or alias.name for alias in aliases)
        case _:
            return ()
