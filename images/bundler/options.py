"""What the configuration file says to the bundler, read without running it: only what is written out counts."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_READ: Final = ("dirs", "ignore_patterns", "build")
_OFF: Final = "off"
_SHAKEN: Final = "shaken"


class OptionsUnreadable(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """The options are computed, or are none the bundler knows; the text says which."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is wanted.

    Attributes:
        dirs, ignore_patterns: as in `define_config`.
        is_off: keep everything.
        keep: names of packages and distributions, and globs of files, that stay whatever is found.
    """

    dirs: tuple[str, ...] | None = None
    ignore_patterns: tuple[str, ...] | None = None
    is_off: bool = False
    keep: tuple[str, ...] = ()


def read_options(text: bytes) -> Options:
    """Read the arguments of `define_config(…)`.

    Raises:
        OptionsUnreadable: the file is no Python, has no such call or several, or computes an option that matters.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise OptionsUnreadable("the configuration file is no Python") from error
    values = _read_values(_find_call(tree), _list_constants(tree))
    build = values.get("build") or {}
    if not isinstance(build, Mapping):
        raise OptionsUnreadable("`build` is no dict")
    form = build.get("bundle", _SHAKEN)
    if form not in {_SHAKEN, _OFF}:
        raise OptionsUnreadable(f'`build["bundle"]` is {form!r:.40}, neither "shaken" nor "off"')
    return Options(
        dirs=_list_words("dirs", values.get("dirs")),
        ignore_patterns=_list_words("ignore_patterns", values.get("ignore_patterns")),
        is_off=form == _OFF,
        keep=_list_words('build["keep"]', build.get("keep")) or (),
    )


def _find_call(tree: ast.Module) -> ast.Call:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_define_config(node.func)]
    if len(calls) != 1:
        raise OptionsUnreadable("define_config is called " + ("more than once" if calls else "by another name"))
    return calls[0]


def _is_define_config(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name == "define_config"


def _list_constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the names that the file gives a value once, at its top."""
    constants: dict[str, ast.expr] = {}
    stores = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if stores.count(name) == 1:
                constants[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if stores.count(name) == 1:
                constants[name] = value
    return constants


def _read_values(call: ast.Call, constants: Mapping[str, ast.expr]) -> dict[str, object]:
    values: dict[str, object] = {}
    for word in call.keywords:
        if word.arg is None:
            raise OptionsUnreadable("the options of define_config are computed")
        if word.arg in _READ:
            values[word.arg] = _read_value(word.arg, word.value, constants)
    return values


def _read_value(name: str, node: ast.expr, constants: Mapping[str, ast.expr]) -> object:
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    if name == "build" and isinstance(node, ast.Dict):
        # Other options of the build, such as extensions, may be computed.
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if _is_ours(key)]
        node = ast.Dict(keys=[key for key, _ in pairs], values=[value for _, value in pairs])
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise OptionsUnreadable(f"`{name}` is computed") from error
    return value


def _is_ours(key: ast.expr | None) -> bool:
    return not isinstance(key, ast.Constant) or key.value in {"bundle", "keep"}


def _list_words(name: str, value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple | set) or not all(isinstance(word, str) for word in value):
        raise OptionsUnreadable(f"`{name}` is no list of texts")
    return tuple(value)
