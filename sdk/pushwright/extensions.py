"""Build extensions: what changes how a project's image is made.

A build runs their hooks in its sandbox. `on_build_start` may add layers, before anything is installed;
`on_build_complete` may change the code, before the tasks are listed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pushwright.checks import check_lines, check_variables
from pushwright.errors import InvalidDefinition

if TYPE_CHECKING:
    from pushwright.configuration import Config

NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"
PACKAGE_PATTERN = r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?(=[A-Za-z0-9][A-Za-z0-9.+:~-]*)?"
PACKAGE_MEANING = "a Debian package such as libpq-dev, or one with its version such as libpq-dev=15.13-0+deb12u1"
DEPENDENCY_PATTERN = r"[A-Za-z0-9][ -~]{0,499}"
DEPENDENCY_MEANING = "a requirement such as httpx==0.28.1"
COMMAND_MEANING = "a command of one line, without control characters"
_COMMAND_PATTERN = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,4000}"
_INSTRUCTION_PATTERN = rf"(RUN [^\-]|ENV \w+=){_COMMAND_PATTERN}"
_INSTRUCTION_MEANING = "`RUN command` without options, or `ENV NAME=value`; a build takes no other instruction"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one extension adds to the image; made by `BuildContext.add_layer`, which explains the fields."""

    extension: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]
    instructions: tuple[str, ...]
    build_env: Mapping[str, str]
    deploy_env: Mapping[str, str]
    dependencies: tuple[str, ...]


class BuildLogger:
    """Writes lines of the build's log, with the extension's name before them."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say

    def debug(self, message: str) -> None:
        """Say what only matters when something is looked for."""
        self._write("debug: ", message)

    def info(self, message: str) -> None:
        """Say what was done."""
        self._write("", message)

    def warning(self, message: str) -> None:
        """Say what is probably not as it was meant."""
        self._write("warning: ", message)

    def _write(self, kind: str, message: str) -> None:
        self._say(f"{self._name}: {kind}{message}")


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What a hook is given.

    Attributes:
        config: the project's configuration.
        root: the repository, as it is in the image.
        directory: where the configuration file is.
        logger: writes into the build's log.
        add: takes a layer; None when it is too late for one.
    """

    config: "Config"
    root: Path
    directory: Path
    logger: BuildLogger
    add: Callable[[Layer], None] | None
    name: str

    def resolve_path(self, path: str) -> Path:
        """Return the absolute path of a path relative to the configuration file.

        Raises:
            InvalidDefinition: it leaves the repository.
        """
        resolved = (self.directory / path).resolve()
        if not resolved.is_relative_to(self.root):
            raise InvalidDefinition(f"{self.name}: the path {path!r} leaves the repository.")
        return resolved

    def add_layer(  # noqa: PLR0913 - one keyword per thing a layer can hold
        self,
        *,
        packages: Sequence[str] = (),
        instructions: Sequence[str] = (),
        dependencies: Sequence[str] = (),
        commands: Sequence[str] = (),
        build_env: Mapping[str, str] | None = None,
        deploy_env: Mapping[str, str] | None = None,
    ) -> None:
        """Add to the image; in `on_build_start` only.

        Args:
            packages: Debian packages, installed before the install command runs.
            instructions: `RUN command` (as root, after the packages, without the repository) or `ENV NAME=value`.
            dependencies: Python requirements, installed after the install command; they never change what it installed.
            commands: run in the repository, after the pre-build command.
            build_env: environment variables of install, pre-build and these commands.
            deploy_env: environment variables of the image; not for secrets, everybody who has the image can read them.

        Raises:
            InvalidDefinition: a value is none of these, or it is too late.
        """
        if self.add is None:
            raise InvalidDefinition(
                f"{self.name}: add_layer belongs in on_build_start; in on_build_complete everything is installed."
            )
        where = f"{self.name}: add_layer"
        self.add(
            Layer(
                extension=self.name,
                commands=check_lines(f"{where}: commands", commands, _COMMAND_PATTERN, COMMAND_MEANING),
                packages=check_lines(f"{where}: packages", packages, PACKAGE_PATTERN, PACKAGE_MEANING),
                instructions=check_lines(
                    f"{where}: instructions", instructions, _INSTRUCTION_PATTERN, _INSTRUCTION_MEANING
                ),
                build_env=check_variables(f"{where}: build_env", build_env or {}),
                deploy_env=check_variables(f"{where}: deploy_env", deploy_env or {}),
                dependencies=check_lines(
                    f"{where}: dependencies", dependencies, DEPENDENCY_PATTERN, DEPENDENCY_MEANING
                ),
            )
        )


class BuildExtension:
    """Base of every extension; set `name` and write the hooks you need.

    Attributes:
        name: what it is called in the build's log.
    """

    name: str = "extension"

    def on_build_start(self, context: BuildContext) -> None:
        """Add layers; runs before anything is installed, without network, within the 20 s of the configuration."""

    def on_build_complete(self, context: BuildContext) -> None:
        """Change the code below `context.root`; runs after install and pre-build, with what they installed."""


def has_complete_hook(extension: BuildExtension) -> bool:
    """Whether the extension has something to do when the code is complete."""
    return type(extension).on_build_complete is not BuildExtension.on_build_complete


def check_extensions(where: str, value: object) -> tuple[BuildExtension, ...]:
    """Accept a list of extensions."""
    if not isinstance(value, list | tuple):
        raise InvalidDefinition(f"{where} must be a list of extensions, not {value!r:.60}.")
    for extension in value:
        if not isinstance(extension, BuildExtension):
            raise InvalidDefinition(
                f"{where} must hold build extensions, such as apt_get(packages=[…]), not {extension!r:.60}."
            )
        check_lines(f"{where}: name of {type(extension).__name__}", [extension.name], NAME_PATTERN, "a short name")
    return tuple(value)
