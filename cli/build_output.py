"""Showing a build: its plan, its Containerfile, and what it prints while it runs."""

from dataclasses import dataclass

from cli.output import StepPrinter, printable
from domain.builds import BuildStopped, PlannedBuild, Progress, find_line


@dataclass
class BuildPrinter:
    """Prints a build as it goes; nobody but Ctrl-C ends it.

    Attributes:
        known: lines that were shown before the build began.
    """

    known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._printer = StepPrinter()

    def hear(self, progress: Progress) -> None:
        """Print one piece of progress."""
        line = find_line(progress)
        if line is not None and line[2] not in self.known:
            self._printer.print(line)

    def find_stop(self) -> BuildStopped | None:
        """Let it go on."""
        return None


def print_plan(plan: PlannedBuild) -> None:
    """Print what was decided, and the steps."""
    print("# Plan")
    for line in plan.explanations:
        print(printable(line))
    for number, step in enumerate(plan.steps, start=1):
        print(f"{number:2}. {printable(step)}")


def print_containerfile(plan: PlannedBuild) -> None:
    """Print what BuildKit is given."""
    print("\n# Containerfile")
    print(printable(plan.containerfile), end="", flush=True)
