"""What the config file's extensions add to a build: a document written in the sandbox, read as somebody else's."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.errors import InvalidInput

SCHEMA_VERSION: Final = 1
MAX_DOCUMENT: Final = 1_000_000
_MAX_ITEMS: Final = 500
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?(=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?")
_DEPENDENCY: Final = re.compile(r"[A-Za-z0-9][ -~]{0,499}")
_COMMAND: Final = re.compile(r".{1,4000}")
_INSTRUCTION: Final = re.compile(r"(RUN [^\-].*|ENV \w+=.*)")
_VALUE: Final = re.compile(r".{0,8000}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_OURS: Final = re.compile(r"PATH|VIRTUAL_ENV|(?:TRIGGER|PUSHWRIGHT)_.*")
"""Variables that no extension sets: the image and the run engine do."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a build does besides what every build does.

    Attributes:
        extensions: their names, in order.
        packages: Debian packages, sorted.
        system_commands: run as root once the packages are there, without the repository.
        dependencies: Python requirements, installed after the install command.
        commands: run in the repository, after the pre-build command.
        build_variables: of install, pre-build and `commands`.
        image_variables: of the image, and of the look at its tasks.
        completes: whether a hook wants to see the finished code.
    """

    extensions: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    system_commands: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    build_variables: tuple[tuple[str, str], ...] = ()
    image_variables: tuple[tuple[str, str], ...] = ()
    completes: bool = False

    @property
    def changes_system(self) -> bool:
        """Whether the image begins with more than the base image."""
        return bool(self.packages or self.system_commands)


NO_OPTIONS: Final = BuildOptions()


def parse_build_options(document: str, is_secret: Callable[[str], bool]) -> BuildOptions:
    """Return what the document says.

    Args:
        document: JSON, as `inside configure` writes it.
        is_secret: whether a text holds the value of a build variable.

    Raises:
        InvalidInput: `build_options_invalid`: it is of another form, or would put a secret where it can be read.
    """
    try:
        content = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise _invalid("what they wrote is not JSON") from error
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise _invalid(f"their schema_version is not {SCHEMA_VERSION}")
    layers = _list_layers(content)
    instructions = [line for layer in layers for line in _read_lines(layer, "instructions", _INSTRUCTION)]
    image_variables = _read_variables(layers, "deploy_env") | dict(_list_environment(instructions))
    options = BuildOptions(
        extensions=_read_lines(content, "extensions", _NAME),
        packages=tuple(sorted({line for layer in layers for line in _read_lines(layer, "packages", _PACKAGE)})),
        system_commands=tuple(line[4:] for line in instructions if line.startswith("RUN ")),
        dependencies=tuple(line for layer in layers for line in _read_lines(layer, "dependencies", _DEPENDENCY)),
        commands=tuple(line for layer in layers for line in _read_lines(layer, "commands", _COMMAND)),
        build_variables=tuple(sorted(_read_variables(layers, "build_env").items())),
        image_variables=tuple(sorted(image_variables.items())),
        completes=content.get("completes") is True,
    )
    _refuse_secrets(options, is_secret)
    return options


def _list_layers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    layers = content.get("layers")
    if not isinstance(layers, list) or len(layers) > _MAX_ITEMS or not all(isinstance(each, dict) for each in layers):
        raise _invalid(f"their layers are no list of at most {_MAX_ITEMS}")
    return layers


def _read_lines(layer: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    lines = layer.get(key, [])
    if not isinstance(lines, list) or len(lines) > _MAX_ITEMS:
        raise _invalid(f"{key} is no list of at most {_MAX_ITEMS}")
    return tuple(_check(key, line, pattern) for line in lines)


def _read_variables(layers: list[dict[str, Any]], key: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for layer in layers:
        variables = layer.get(key, {})
        if not isinstance(variables, dict) or len(variables) > _MAX_ITEMS:
            raise _invalid(f"{key} is no object of at most {_MAX_ITEMS}")
        found |= {_check_name(key, name): _check(f"{key}: {name}", text, _VALUE) for name, text in variables.items()}
    return found


def _list_environment(instructions: list[str]) -> Iterator[tuple[str, str]]:
    for line in instructions:
        if not line.startswith("ENV "):
            continue
        try:
            words = shlex.split(line[4:])
        except ValueError as error:
            raise _invalid(f"the quotes of {line[:80]!r} do not match") from error
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise _invalid(f"{line[:80]!r} is not ENV NAME=value")
            yield _check_name("instructions", name), text


def _check(where: str, line: object, pattern: re.Pattern[str]) -> str:
    # A line break would end the line of a build step that the text stands in.
    if not isinstance(line, str) or not line.isprintable() or not pattern.fullmatch(line):
        raise _invalid(f"{where} holds {line!r:.80}, which it cannot hold")
    return line


def _check_name(where: str, name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise _invalid(f"{where} names a variable {name[:80]!r}, which no environment can hold")
    if _OURS.fullmatch(name):
        raise _invalid(f"{where} sets {name}, which is not theirs to set")
    return name


def _refuse_secrets(options: BuildOptions, is_secret: Callable[[str], bool]) -> None:
    lines = (*options.packages, *options.system_commands, *options.dependencies, *options.commands)
    if any(is_secret(line) for line in lines):
        raise _invalid(
            "a command or a package holds the value of a build variable: let the command read the variable from its "
            "environment"
        )
    for name, text in (*options.build_variables, *options.image_variables):
        if is_secret(text):
            raise _invalid(
                f"the variable {name} holds the value of a build variable, which could be read in the image: set it as "
                "a variable of the run"
            )


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput("build_options_invalid", f"The config file's build extensions cannot be used: {reason}.")
