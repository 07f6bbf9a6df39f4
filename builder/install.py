"""How a project's dependencies get into its image."""

from dataclasses import dataclass


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
        seeds_pip: put pip into the environment first.
    """

    command: str
    reason: str
    files: tuple[str, ...] = ()
    needs_tree: bool = False
    local_packages: tuple[str, ...] = ()
    uses_index_setting: bool = True
    seeds_pip: bool = False

    @property
    def explanation(self) -> str:
        """The log line that says what is installed and why."""
        return f"Install: {self.command or 'nothing'}, because {self.reason}."
