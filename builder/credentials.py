"""What a build's variables say about registries: files, variables in other tools' words, and the passwords in them."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from builder.install import Install
from builder.pip_settings import translate_pip_settings
from builder.registry_files import HOME, NETRC, RegistryFile, find_registry_files
from builder.source_tree import SourceTree
from domain.secrets import Secret

_USERINFO: Final = re.compile(r"://([^\s/\"'<>]+)@")
_NPM_SECRET: Final = re.compile(r"^[^\n=]*_(authToken|auth|password)\s*=\s*[\"']?([^\n\"']+)", re.MULTILINE)
_NETRC_SECRET: Final = re.compile(r"\b(?:password|account)\s+\"?([^\s\"]+)")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is given to the steps that run users' commands, besides the variables themselves.

    Attributes:
        for_uv: variables that only the install sees: pip's settings in uv's words.
    """

    files: tuple[RegistryFile, ...] = ()
    for_uv: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Secret]:
        """The secrets by the names the mounts have for them."""
        translated = {uv_secret(name): value for name, value in self.for_uv.items()}
        return {file.secret: file.content for file in self.files} | translated

    @property
    def links(self) -> dict[str, str]:
        """Names in the installation directory, and where they lead while a command runs."""
        return {file.link: file.target for file in self.files if file.link}

    @property
    def outranked(self) -> frozenset[str]:
        """The variables of the service's settings that give way."""
        return frozenset(name for file in self.files for name in file.outranks)


def find_credentials(variables: Mapping[str, Secret], tree: SourceTree, install: Install) -> Credentials:
    """Return what the variables say; raises `InvalidInput` (`registry_file_invalid`, `source_path_invalid`)."""
    files = find_registry_files(variables, tree)
    if not install.speaks_pip:
        return Credentials(files)
    pip_conf = next((file.content for file in files if file.target == f"{HOME}/.config/pip/pip.conf"), None)
    return Credentials(files, translate_pip_settings(variables, pip_conf, with_index=install.uses_index_setting))


def uv_secret(name: str) -> str:
    """Return what the secret behind a variable made for uv is called."""
    return f"uv-{name}"


def is_file_alone(name: str) -> bool:
    """Whether a variable is seen as a file only: tools take a variable of this name for a path."""
    return name == NETRC


def list_passwords(texts: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return the passwords and tokens in variables and registry files, as written and as sent."""
    found = {password for text in texts for password in _find_passwords(text.reveal())}
    return tuple(Secret(password) for password in sorted(found) if password)


def _find_passwords(text: str) -> Iterable[str]:
    for match in _USERINFO.finditer(text):
        name, _, password = match[1].partition(":")
        yield from (password or name, unquote(password or name))
    for match in _NPM_SECRET.finditer(text):
        value = match[2].strip()
        yield value
        if match[1] != "authToken":
            yield from _decode_npm_password(value)
    for match in _NETRC_SECRET.finditer(text):
        yield match[1]


def _decode_npm_password(value: str) -> Iterable[str]:
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return
    yield from (decoded, decoded.rpartition(":")[2])
