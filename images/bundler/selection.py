"""Which installed distributions the tasks can reach, and why. When in doubt one stays."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .facts import list_imports
from .installed import Distribution, list_beginnings, normalise
from .reach import Place, Reach

_USED_BY_PYTHON: Final = frozenset({"tzdata"})
_SCRIPTS: Final = frozenset({"console_scripts", "gui_scripts"})
# fmt: off
_EXTRAS_OF_DEVELOPERS: Final = frozenset((
    "bench", "benchmark", "benchmarking", "benchmarks", "build", "check", "ci", "cov", "cover", "coverage",
    "dev", "devel", "develop", "development", "doc", "docs", "lint", "linting", "mypy", "pre-commit",
    "precommit", "qa", "release", "rtd", "style", "test", "testing", "tests", "tox", "type", "typecheck",
    "types", "typing",
))
# fmt: on
"""Extras that a package has for those who work on it."""
_TOOLS: Final = (
    "bdist_wheel",
    "distutils",
    "egg_info",
    "flake8",
    "hatch",
    "mkdocs",
    "mypy",
    "pylint",
    "pytest",
    "setuptools",
    "sphinx",
    "virtualenv",
)
"""Begin the groups of entry points that tools for developers ask for."""
_USED_BY_DEVELOPERS: Final = re.compile(
    "black|build|coverage|(flake8|pytest|sphinx|sphinxcontrib)(-.+)?|hypothesis|isort|mypy|nox|pre-commit|pylint|ruff|tox|twine"
)
"""Distributions that a package has in its extras, and plugins for in its sources, for those who work on packages."""
_SHORTEST_OWNER: Final = 3


@dataclass(slots=True)
class Selection:
    """Distributions by name, each with its reason."""

    kept: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


def select_distributions(
    distributions: Sequence[Distribution], reach: Reach, keep: Iterable[str], facts: Path | None = None
) -> Selection:
    """Follow from what the files mention to everything that may be needed with it; `facts` is the store of those."""
    if reach.may_import_anything:
        return Selection(kept={each.name: reach.doubt for each in distributions})
    choice = _Choice(distributions, facts)
    for each in distributions:
        choice.keep(each, _find_own_reason(each))
    for pattern in keep:
        choice.keep_named({pattern}, f"kept by the configuration: {pattern}")
    for name, place in reach.imports.items():
        choice.keep_providers(name, f"imported at {place}")
    choice.keep_mentioned(reach.words)
    choice.complete()
    return choice.conclude()


def find_modules_of_nobody(distributions: Sequence[Distribution], dropped: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that are gone when these distributions are: the outermost, that nobody who stays has too."""
    gone = set(dropped)
    stay = {module for each in distributions if each.name not in gone for module in each.modules}
    lost = {module for each in distributions if each.name in gone for module in each.modules} - stay
    return tuple(sorted(name for name in lost if not lost.intersection(list(list_beginnings(name))[1:])))


def _find_own_reason(each: Distribution) -> str:
    if each.runs_at_start:
        return "Python runs a part of it at every start"
    if each.name in _USED_BY_PYTHON:
        return "the standard library uses it"
    if not each.files:
        return "its list of files cannot be read"
    if not each.modules and not each.has_only_types:
        return "it has no modules, so nothing shows who uses it"
    return ""


class _Choice:
    """The state of one selection."""

    def __init__(self, distributions: Sequence[Distribution], facts: Path | None) -> None:
        self._all = distributions
        self._facts = facts
        self._kept: dict[str, str] = {}
        self._waiting: list[Distribution] = []
        self._unread: list[Distribution] = []
        self._named: dict[str, list[Distribution]] = defaultdict(list)
        self._providers: dict[str, list[Distribution]] = defaultdict(list)
        for each in distributions:
            self._named[each.name].append(each)
            for module in each.modules:
                self._providers[module].append(each)

    def keep(self, each: Distribution, reason: str) -> None:
        """Keep it when there is a reason and it is not kept already."""
        if reason and each.name not in self._kept and (not each.has_only_types or "configuration" in reason):
            self._kept[each.name] = reason
            self._waiting.append(each)

    def keep_named(self, names: Iterable[str], reason: str) -> None:
        """Keep the distributions of these names, and those that are imported by them."""
        for name in names:
            for each in self._named.get(normalise(name), ()):
                self.keep(each, reason)
            self.keep_providers(name, reason)

    def keep_providers(self, name: str, reason: str) -> None:
        """Keep whoever has the module, or the innermost package around it that anybody has."""
        for beginning in list_beginnings(name):
            if beginning in self._providers:
                for each in self._providers[beginning]:
                    self.keep(each, reason)
                return

    def keep_mentioned(self, words: Mapping[str, Place]) -> None:
        """Keep what a text names: by module, distribution, command or group of entry points."""
        offers: dict[str, list[Distribution]] = defaultdict(list)
        for each in self._all:
            for group, names in each.entry_points.items():
                for name in names if group in _SCRIPTS else (group,):
                    offers[name].append(each)
        for word, place in words.items():
            reason = f"named in a text at {place}"
            self.keep_named({word}, reason)
            for each in offers.get(word, ()):
                self.keep(each, reason)

    def complete(self) -> None:
        """Keep what the kept ones require, import or load as a plugin, until there is nothing more."""
        while self._waiting:
            while self._waiting:
                each = self._waiting.pop()
                self._unread.append(each)
                self._keep_required(each)
            if self._list_rest():
                self._keep_plugins()
                self._keep_imported()

    def conclude(self) -> Selection:
        """Return the choice, with the reasons of what goes."""
        return Selection(
            dict(sorted(self._kept.items())), {each.name: self._explain(each) for each in self._list_rest()}
        )

    def _list_rest(self) -> list[Distribution]:
        return [each for each in self._all if each.name not in self._kept]

    def _keep_required(self, each: Distribution) -> None:
        for name, extras in each.requirements:
            if extras and (
                _USED_BY_DEVELOPERS.fullmatch(name)
                or all(normalise(extra) in _EXTRAS_OF_DEVELOPERS for extra in extras)
            ):
                continue
            reason = f"{each.name} can use it ({', '.join(extras)})" if extras else f"{each.name} requires it"
            for required in self._named.get(name, ()):
                self.keep(required, reason)

    def _keep_plugins(self) -> None:
        for each in self._list_rest():
            for group in each.entry_points:
                if group not in _SCRIPTS:
                    self.keep(each, self._find_reason_for_plugin(group))

    def _find_reason_for_plugin(self, group: str) -> str:
        owners = self._find_owners(group)
        if not owners:
            return "" if group.startswith(_TOOLS) else f"it is a plugin ({group}) of something unknown"
        kept = [owner.name for owner in owners if owner.name in self._kept]
        return f"it is a plugin ({group}) of {kept[0]}" if kept else ""

    def _find_owners(self, group: str) -> Sequence[Distribution]:
        """Return who has the module that the group's name begins with."""
        beginnings = (group[:length] for length in range(len(group), _SHORTEST_OWNER - 1, -1))
        return next((self._providers[name] for name in beginnings if name in self._providers), ())

    def _keep_imported(self) -> None:
        """Keep what the sources of the kept ones import, though they do not say that they require it."""
        open_questions = [each for each in self._list_rest() if not _USED_BY_DEVELOPERS.fullmatch(each.name)]
        rest = {module for each in open_questions for module in each.modules}
        for each in self._unread:
            for name in sorted(list_imports(each, self._facts)):
                if rest.intersection(list_beginnings(name)):
                    self.keep_providers(name, f"{each.name} can import it")
        self._unread.clear()

    def _explain(self, each: Distribution) -> str:
        if each.has_only_types:
            return "it has only types"
        users = sorted(self._list_users(each.name))
        return f"only {', '.join(users)} can use it, left out too" if users else "nothing imports it"

    def _list_users(self, name: str) -> Iterator[str]:
        for each in self._list_rest():
            if any(name == required and not extras for required, extras in each.requirements):
                yield each.name
