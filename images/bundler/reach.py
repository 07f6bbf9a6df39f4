"""Which files of the repository its tasks can reach, and why."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from .references import Import, Mention, Prefix, References, read_references
from .repository import Repository, is_below, list_parents

_FINDING_BY_CONVENTION: Final = frozenset(
    {"airflow", "alembic", "behave", "django", "kedro", "luigi", "odoo", "pyramid", "scrapy", "venusian", "yoyo"}
)
"""Frameworks that import files of a project because of where they are."""
_ASIDE: Final = frozenset({"benchmarks", "doc", "docs", "examples", "test", "tests"})
"""Directories that are left out whole when nothing in them is reached and no text names them."""
_LONGEST_NAME: Final = 200
_GLOB: Final = re.compile(r"\*.*\.py|\w/.*\*", re.DOTALL)
"""In a text that may be a glob of Python files; `*/*` and the like are none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the repository something is named."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Reach:
    """What the tasks can reach.

    Attributes:
        kept: each Python file that stays, with its reason.
        dropped: each Python file and each directory, with a `/` at its end, that goes, with its reason.
        imports: each name that reached files import and that may mean an installed package, with its first place.
        words: each word in their texts, with its first place.
        doubt: why everything stays; empty when it does not.
        may_import_anything: the doubt is about installed packages too.
    """

    kept: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    imports: dict[str, Place] = field(default_factory=dict)
    words: dict[str, Place] = field(default_factory=dict)
    doubt: str = ""
    may_import_anything: bool = False


def find_reach(
    repository: Repository, entries: Mapping[str, str], keep: Sequence[str], installed: frozenset[str]
) -> Reach:
    """Follow every import and every name in a text from the entries.

    Args:
        repository: the files.
        entries: where it begins, each with its reason.
        keep: globs of files that stay, and names of packages.
        installed: the names that installed packages are imported by.
    """
    search = _Search(repository, installed)
    search.add_all(entries)
    for link, target in sorted(repository.links.items()):
        search.add_all(dict.fromkeys(_list_linked(repository, target), f"{link} leads to it"))
    for pattern in keep:
        search.add_all(dict.fromkeys(_list_matching(repository, pattern), f"kept by the configuration: {pattern}"))
    search.follow()
    search.conclude()
    return search.reach


def _list_linked(repository: Repository, target: str) -> Iterator[str]:
    return (file for file in repository.python_files if file == target or is_below(file, target))


def _list_matching(repository: Repository, pattern: str) -> Iterator[str]:
    plain = pattern.removeprefix("./").rstrip("/")
    named = repository.find_below(plain, "") if plain and "/" not in plain and "*" not in plain else ()
    yield from (*named, *repository.find_modules(plain, ""))
    for file in repository.python_files:
        if is_below(file, plain) or _matches(file, plain):
            yield file


def _matches(file: str, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (file, *list_parents(file)))


class _Search:
    """The state of one search."""

    def __init__(self, repository: Repository, installed: frozenset[str]) -> None:
        self.reach = Reach()
        self._repository = repository
        self._installed = installed
        self._waiting: list[str] = []
        self._scripts: dict[str, list[str]] = {}
        for file in repository.python_files:
            self._scripts.setdefault(posixpath.basename(file), []).append(file)

    def add_all(self, files: Mapping[str, str]) -> None:
        """Reach the files, each with its reason, and the packages they are in."""
        for file, reason in files.items():
            if file in self.reach.kept or file not in self._repository.files or not file.endswith(".py"):
                continue
            self.reach.kept[file] = reason
            self._waiting.append(file)
            inits = (posixpath.join(parent, "__init__.py") for parent in list_parents(file))
            self.add_all(dict.fromkeys(inits, f"the package of {file}"))

    def follow(self) -> None:
        """Read every reached file and reach what it mentions."""
        while self._waiting:
            file = self._waiting.pop()
            try:
                references = read_references(self._repository.read(file))
            except OSError:
                continue  # a link to nowhere
            self._follow_file(file, references)
            if self.reach.doubt:
                # What stays for safety mentions more, installed packages too.
                self.add_all(dict.fromkeys(self._repository.python_files, self.reach.doubt))

    def conclude(self) -> None:
        """Say what stays although nothing reaches it, and what goes."""
        for file in self._repository.python_files:
            if self._may_be_read(file):
                self.reach.kept.setdefault(file, "a text names its directory, which is no package")
        gone = sorted(self._list_directories_aside())
        self.reach.dropped.update({f"{directory}/": "nothing reaches anything in it" for directory in gone})
        for file in self._repository.python_files:
            if file not in self.reach.kept and not any(is_below(file, directory) for directory in gone):
                self.reach.dropped[file] = "nothing reaches it"

    def _follow_file(self, file: str, references: References) -> None:
        for unknown in references.unknown:
            self._doubt(
                f"{file}:{unknown.line} imports by a name known only when it runs ({unknown.what})", anything=True
            )
        for each in references.imports:
            self._follow_import(file, each, anywhere=references.has_own_paths)
        for prefix in references.prefixes:
            self._follow_prefix(file, prefix)
        for mention in references.mentions:
            self._follow_mention(file, mention)

    def _follow_import(self, file: str, each: Import, *, anywhere: bool) -> None:
        place = Place(file, each.line)
        top = each.module.partition(".")[0]
        if top in _FINDING_BY_CONVENTION and not self._repository.has_top(top):
            self._doubt(f"{top}, imported at {place}, finds files by where they are")
        is_known = not top or self._repository.has_top(top) or self._is_elsewhere(top)
        for name in each.candidates:
            if top and (name != each.module or not each.names):
                self.reach.imports.setdefault(name, place)
            found = self._repository.find_modules(name, file, anywhere=anywhere or not is_known)
            if name.endswith(".*"):
                found = self._repository.find_below(name.removesuffix("*").rstrip(".") or ".", file)
            self.add_all(dict.fromkeys(found, f"imported at {place}"))

    def _is_elsewhere(self, top: str) -> bool:
        return top in self._installed or top in sys.stdlib_module_names

    def _follow_prefix(self, file: str, prefix: Prefix) -> None:
        place = Place(file, prefix.line)
        if not prefix.package.startswith("."):
            self.reach.imports.setdefault(prefix.package, place)
        below = self._repository.find_below(prefix.package, file)
        if not below and not self._is_elsewhere(prefix.package.partition(".")[0]):
            self._doubt(f"{place} imports from {prefix.package}, which is nowhere", anything=True)
        itself = self._repository.find_modules(prefix.package, file)
        self.add_all(dict.fromkeys((*itself, *below), f"may be imported at {place}"))

    def _follow_mention(self, file: str, mention: Mention) -> None:
        place = Place(file, mention.line)
        reason = f"named in a text at {place}"
        if _GLOB.search(mention.text):
            self.add_all(dict.fromkeys(self._list_glob(file, mention.text), f"a pattern at {place} means it"))
        for word in mention.words:
            if len(word) > _LONGEST_NAME:
                continue
            self.reach.words.setdefault(word, place)
            name = word.removesuffix(".py") if word.endswith(".py") else word
            found = self._repository.find_modules(name, file)
            # As `python -m` would run it.
            mains = (
                posixpath.join(posixpath.dirname(each), "__main__.py") for each in found if each.endswith("__init__.py")
            )
            scripts = self._scripts.get(word, ()) if word.endswith(".py") else ()
            self.add_all(dict.fromkeys((*found, *mains, *scripts), reason))

    def _list_glob(self, file: str, pattern: str) -> Iterator[str]:
        """Return the files a glob may mean, from the root or from where it stands; more rather than fewer."""
        plain = pattern.removeprefix("./").replace("**/", "*")
        patterns = (plain, posixpath.join(posixpath.dirname(file), plain))
        return (each for each in self._repository.python_files if any(fnmatchcase(each, glob) for glob in patterns))

    def _doubt(self, reason: str, *, anything: bool = False) -> None:
        if anything and not self.reach.may_import_anything:
            self.reach.doubt, self.reach.may_import_anything = reason, True
        self.reach.doubt = self.reach.doubt or reason

    def _may_be_read(self, file: str) -> bool:
        """Whether it is in a directory that a text names and that is no package: a template, perhaps."""
        parents = list(list_parents(file))
        return any(
            posixpath.basename(parent) in self.reach.words
            and posixpath.join(parent, "__init__.py") not in self._repository.files
            and parent not in self._repository.roots
            for parent in parents
        )

    def _list_directories_aside(self) -> Iterator[str]:
        for directory in self._repository.directories:
            name = posixpath.basename(directory)
            above = (posixpath.basename(parent) for parent in list_parents(directory))
            if name not in _ASIDE or name in self.reach.words or _ASIDE.intersection(above):
                continue
            if not any(is_below(file, directory) for file in self.reach.kept):
                yield directory


def list_entries(config: str, task_files: Iterable[str]) -> dict[str, str]:
    """Return where every search begins."""
    return {config: "the configuration", **dict.fromkeys(task_files, "a task file")}
