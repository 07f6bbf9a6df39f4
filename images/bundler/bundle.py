"""The bundle as a document: what stays, what goes, and why. Sorted and without times."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .installed import Distribution

SCHEMA_VERSION: Final = 1


@dataclass(slots=True)
class Bundle:
    """What stays and what goes.

    Attributes:
        whole_because: why nothing is left out; empty when something may be.
        files_kept, files_dropped: Python files, and directories with a `/` at their end, each with its reason.
        files: how many Python files there are.
        needed, unneeded: distributions by name, each with its reason.
        versions: of the distributions.
        absent_modules: what cannot be imported when the unneeded distributions are not there.
    """

    whole_because: str = ""
    files: int = 0
    files_kept: dict[str, str] = field(default_factory=dict)
    files_dropped: dict[str, str] = field(default_factory=dict)
    needed: dict[str, str] = field(default_factory=dict)
    unneeded: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    absent_modules: tuple[str, ...] = ()

    @property
    def leaves_out(self) -> bool:
        """Whether anything goes."""
        return bool(self.files_dropped or self.unneeded)

    def compose(self) -> dict[str, object]:
        """Return the document."""
        return {
            "schema_version": SCHEMA_VERSION,
            "form": "whole" if self.whole_because else "shaken",
            "whole_because": self.whole_because,
            "files": {"total": self.files, "kept": self.files_kept, "dropped": self.files_dropped},
            "distributions": {"needed": self._describe(self.needed), "unneeded": self._describe(self.unneeded)},
        }

    def compose_absence(self) -> dict[str, object]:
        """Return what `inside index --without` takes."""
        return {"modules": list(self.absent_modules), "distributions": sorted(self.unneeded)}

    def _describe(self, reasons: Mapping[str, str]) -> dict[str, dict[str, str]]:
        return {name: {"version": self.versions[name], "reason": reason} for name, reason in reasons.items()}


def keep_whole(reason: str, files: Sequence[str], distributions: Sequence[Distribution]) -> Bundle:
    """Return the bundle that leaves nothing out."""
    return Bundle(
        whole_because=reason,
        files=len(files),
        files_kept=dict.fromkeys(files, "everything stays"),
        needed={each.name: "everything stays" for each in distributions},
        versions={each.name: each.version for each in distributions},
    )
