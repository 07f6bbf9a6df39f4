"""Files with registry credentials that build variables bring as base64: `.npmrc`, `pip.conf`, `uv.toml`, `.netrc`.

Each is a BuildKit secret, mounted where its tools look for a user's own file. A repository's own is kept and extended.
"""

import base64
import binascii
import re
import tomllib
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from builder.source_tree import SourceTree
from domain.builds import BUILD_VARIABLE_PREFIX
from domain.errors import InvalidInput
from domain.secrets import Secret

HOME: Final = "/root"
NPM_RC: Final = "NPM_RC"
PIP_CONF: Final = "PIP_CONF"
UV_TOML: Final = "UV_TOML"
NETRC: Final = "NETRC"
_NPM_OF_BOTH: Final = "/run/secrets/pushwright-npmrc"
_NPM_REGISTRY: Final = re.compile(r"^\s*registry\s*=", re.MULTILINE)
_NETRC_WORD: Final = re.compile(r'"(?:\\.|[^"\\])*"|\S+')
_NETRC_KEYS: Final = {"machine", "login", "user", "password", "account"}
_MACRO: Final = re.compile(r"^\s*macdef\b.*?(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
_HOW: Final = "what `base64 -w0 FILE` prints"
_PIP_SECTIONS: Final = ("global", "install")


@dataclass(frozen=True, slots=True)
class RegistryFile:
    """One file a step sees.

    Attributes:
        secret: what the BuildKit secret is called.
        target: where it is mounted.
        content: all of it.
        link: a name in the installation directory that leads to it while a command runs; empty for none.
        outranks: variables of the service's settings that would go before what the file says.
    """

    secret: str
    target: str
    content: Secret
    link: str = ""
    outranks: frozenset[str] = frozenset()


def find_registry_files(variables: Mapping[str, Secret], tree: SourceTree) -> tuple[RegistryFile, ...]:
    """Return the files the variables bring, in a fixed order.

    Raises:
        InvalidInput: `registry_file_invalid`; `source_path_invalid` when the repository's own cannot be read.
    """
    found = (_FILES[name](_decode(name, variables[name]), tree) for name in _FILES if name in variables)
    return tuple(file for files in found for file in files)


def parse_pip_conf(text: str, place: str) -> ConfigParser:
    """Return the file's sections, or raise `InvalidInput` (`registry_file_invalid`)."""
    parser = ConfigParser(interpolation=None, strict=False, default_section="")
    # As pip takes option names.
    parser.optionxform = lambda option: option.lower().replace("_", "-")  # type: ignore[assignment,method-assign] # documented way
    try:
        parser.read_string(text)
    except ConfigError as error:
        raise _refuse(place, "is no configuration of pip's: sections in brackets, with `name = value` lines") from error
    return parser


def find_pip_option(parser: ConfigParser, option: str) -> str:
    """Return what `pip install` takes for the option, empty when the file says nothing."""
    return next((parser[name][option] for name in reversed(_PIP_SECTIONS) if parser.has_option(name, option)), "")


def _decode(name: str, value: Secret) -> str:
    place = BUILD_VARIABLE_PREFIX + name
    try:
        text = base64.b64decode("".join(value.reveal().split()), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        # Without its cause, whose text has a piece of the value.
        raise _refuse(place, f"must be the base64 of a text file in UTF-8, and is not: set it to {_HOW}") from None
    if not text.strip() or "\0" in text:
        raise _refuse(place, f"is the base64 of an empty file or of no text: set it to {_HOW}")
    return text.replace("\r\n", "\n")


def _make_npm_files(text: str, tree: SourceTree) -> tuple[RegistryFile, ...]:
    own = tree.find_text(".npmrc")
    # npm takes the last of equal keys.
    both = text if own is None else f"{own.rstrip()}\n{text}"
    outranks = frozenset({"NPM_CONFIG_REGISTRY"}) if _NPM_REGISTRY.search(both) else frozenset[str]()
    return (
        # For projects in sub-directories, where npm does not read the file of the root.
        RegistryFile("file-npmrc", f"{HOME}/.npmrc", Secret(text), outranks=outranks),
        RegistryFile("file-npmrc-installation", _NPM_OF_BOTH, Secret(both), link=".npmrc"),
    )


def _make_pip_file(text: str, tree: SourceTree) -> tuple[RegistryFile, ...]:
    parser = parse_pip_conf(text, BUILD_VARIABLE_PREFIX + PIP_CONF)
    own = tree.find_text("pip.conf")
    if own is not None:
        parser = parse_pip_conf(own, "pip.conf")
        parser.read_string(text)
        text = _write(parser)
    outranks = frozenset({"PIP_INDEX_URL"}) if find_pip_option(parser, "index-url") else frozenset[str]()
    return (RegistryFile("file-pip-conf", f"{HOME}/.config/pip/pip.conf", Secret(text), outranks=outranks),)


def _write(parser: ConfigParser) -> str:
    written = StringIO()
    parser.write(written)
    return written.getvalue()


def _make_uv_file(text: str, _tree: SourceTree) -> tuple[RegistryFile, ...]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # Without its cause, whose text has a piece of the file.
        raise _refuse(BUILD_VARIABLE_PREFIX + UV_TOML, "is not valid TOML: check the file it was made of") from None
    # uv itself joins the user's file and the repository's; the repository's is stronger.
    outranks = frozenset({"UV_DEFAULT_INDEX"}) if _names_default_index(document) else frozenset[str]()
    return (RegistryFile("file-uv-toml", f"{HOME}/.config/uv/uv.toml", Secret(text), outranks=outranks),)


def _names_default_index(document: dict[str, Any]) -> bool:
    indexes = document.get("index")
    tables = indexes if isinstance(indexes, list) else []
    return "index-url" in document or any(isinstance(table, dict) and table.get("default") for table in tables)


def _make_netrc(text: str, tree: SourceTree) -> tuple[RegistryFile, ...]:
    own = tree.find_text(".netrc")
    content = text if own is None else join_netrc(own, text)
    return (RegistryFile("file-netrc", f"{HOME}/.netrc", Secret(content)),)


def join_netrc(own: str, added: str) -> str:
    """Return both files as one: some readers take a machine's first entry, some its last, so none is there twice."""
    taken = {_name_machine(entry) for entry in _list_entries(added)}
    kept = [entry for entry in _list_entries(own) if _name_machine(entry) not in taken]
    # The default entry ends the search, so it goes last.
    entries = sorted((*kept, *_list_entries(added)), key=lambda entry: entry[0] == "default")
    return "".join(" ".join(entry) + "\n" for entry in entries)


def _name_machine(entry: list[str]) -> str:
    return entry[1] if len(entry) > 1 and entry[0] == "machine" else ""


def _list_entries(text: str) -> list[list[str]]:
    """Return the entries of a .netrc as words; macros, which are for ftp alone, are left out."""
    entries: list[list[str]] = []
    before = ""
    for line in _MACRO.sub("\n", text).splitlines():
        for word in _NETRC_WORD.findall(line):
            is_value = before in _NETRC_KEYS
            if word.startswith("#") and not is_value:
                break
            if word in {"machine", "default"} and not is_value:
                entries.append([])
            if entries:
                entries[-1].append(word)
            before = "" if is_value else word
    return entries


def _refuse(place: str, reason: str) -> InvalidInput:
    return InvalidInput("registry_file_invalid", f"{place} {reason}.")


_FILES: Final[Mapping[str, Callable[[str, SourceTree], tuple[RegistryFile, ...]]]] = {
    NPM_RC: _make_npm_files,
    PIP_CONF: _make_pip_file,
    UV_TOML: _make_uv_file,
    NETRC: _make_netrc,
}
