"""How a project's dependencies get into its image."""

from dataclasses import dataclass
from typing import Protocol

from builder.wheels.base_python import BasePython
from builder.wheels.locked import LockedWheel


@dataclass(frozen=True, slots=True)
class PythonWish:
    """A Python version the repository asks for.

    Attributes:
        place: the file, and the key in it.
        wanted: the version or the range, as uv understands it.
    """

    place: str
    wanted: str


class Lock(Protocol):
    """A lock whose wheels can be told before anything runs."""

    def list_wheels(self, python: BasePython) -> tuple[LockedWheel, ...]:
        """Return those of its wheels that every project may share; what is missing is the command's to install."""


@dataclass(frozen=True, slots=True)
class Install:
    """One way to install, and why it was chosen.

    Attributes:
        command: a shell command, run from the repository root; empty when there is nothing to install.
        reason: why it is this command, to be read after it.
        files: what the command reads of the repository; its layer depends on these alone.
        needs_tree: it may read and write anything in the repository, so it depends on everything.
        local_packages: directories whose packages are imported from where they stand in the repository.
        uses_index_setting: the service's package index applies, because no lock names another.
        title: what people call the command where it is too long to be read; empty: itself.
        seeds_pip: put pip into the environment first.
        variables: what the command's tool finds in its environment besides what every command finds.
        notes: further log lines about what was decided.
        wishes: the Python versions the base image has to have.
        speaks_pip: uv installs what is written for pip, so pip's own settings count too.
        programs: names of the kit's programs the command runs.
        lock: names the wheels that can be laid under the command, so that it installs what is left.
        locked_by: where that lock is.
    """

    command: str
    reason: str
    files: tuple[str, ...] = ()
    needs_tree: bool = False
    local_packages: tuple[str, ...] = ()
    uses_index_setting: bool = True
    title: str = ""
    seeds_pip: bool = False
    variables: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    wishes: tuple[PythonWish, ...] = ()
    speaks_pip: bool = False
    programs: tuple[str, ...] = ()
    lock: Lock | None = None
    locked_by: str = ""

    @property
    def shown(self) -> str:
        """What is installed, in a few words; empty when there is nothing to install."""
        return self.title or self.command

    @property
    def explanation(self) -> str:
        """The log line that says what is installed and why."""
        return f"Install: {self.shown or 'nothing'}, because {self.reason}."
