"""Looking at the tasks as if some installed distributions were not there."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from types import ModuleType


class Absence:
    """Takes the place of Python's own finder: finds what that finds, but for what is to be absent."""

    def __init__(self, modules: frozenset[str], distributions: frozenset[str]) -> None:
        self._modules = modules
        self._distributions = distributions

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module, see `importlib.abc.MetaPathFinder`."""
        return None if fullname in self._modules else PathFinder.find_spec(fullname, path, target)

    def find_distributions(self, context: DistributionFinder.Context) -> Iterator[Distribution]:
        """Find installed distributions, see `importlib.metadata.DistributionFinder`."""
        for found in PathFinder.find_distributions(context):
            if re.sub(r"[-_.]+", "-", found.metadata["Name"] or "").lower() not in self._distributions:
                yield found

    def invalidate_caches(self) -> None:
        """Forget what directories held, see `importlib.invalidate_caches`."""
        PathFinder.invalidate_caches()


def pretend_absence(file: Path) -> None:
    """Make everything the file names (`modules` by dotted name, `distributions`) absent from this process."""
    names = json.loads(file.read_bytes())
    absence = Absence(frozenset(names["modules"]), frozenset(names["distributions"]))
    sys.meta_path[:] = [absence if finder is PathFinder else finder for finder in sys.meta_path]
