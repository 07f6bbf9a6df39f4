"""Which wheels `uv sync --no-dev --no-install-local` installs of a uv.lock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from builder.project import PROJECT, ProjectDirectory, find_table, list_tables, list_words
from builder.wheels.base_python import BasePython, UnreadableMarkerError
from builder.wheels.locked import LockedWheel, WheelFile, choose_wheel

_DEVELOPMENT: Final = "dev"
_CHOICES_OF_KIND: Final = ("no-binary", "no-binary-package", "no-build-isolation-package", "dependency-groups")
"""Settings of uv that change what is installed in ways only uv knows."""


@dataclass(frozen=True, slots=True)
class UvLock:
    """A uv.lock and whose dependencies are wanted.

    Attributes:
        member: the workspace member the build is about, empty for the project beside the lock.
    """

    place: ProjectDirectory
    content: dict[str, Any]
    member: str = ""

    def list_wheels(self, python: BasePython) -> tuple[LockedWheel, ...]:
        """Return the wheels, sorted; what has none is left out, and everything is where only uv can tell."""
        if self._is_beyond_us():
            return ()
        try:
            packages = _Walk(list_tables(self.content, "package"), python).collect(self._list_roots())
        except (UnreadableMarkerError, LookupError):
            return ()
        wheels = (_choose(package, python) for package in packages)
        return tuple(sorted(wheel for wheel in wheels if wheel is not None))

    def _is_beyond_us(self) -> bool:
        settings = (find_table(self.place.find_toml(), "tool", "uv"), self.place.find_toml("uv.toml"))
        return bool(self.content.get("conflicts")) or any(
            key in table or key in find_table(table, "pip") for table in settings for key in _CHOICES_OF_KIND
        )

    def _list_roots(self) -> Iterator["_Wanted"]:
        names = self._list_root_names()
        for package in list_tables(self.content, "package"):
            if package.get("name") in names:
                yield _Wanted(package, groups=self._list_groups(package))

    def _list_root_names(self) -> tuple[str, ...]:
        if self.member:
            return (self.member,)
        for package in list_tables(self.content, "package"):
            source = find_table(package, "source")
            if "." in (source.get("virtual"), source.get("editable")):
                return (str(package.get("name")),)
        if self.place.find_toml().get("dependency-groups"):
            raise LookupError("a workspace without a project at its root, whose groups are nobody's")
        return list_words(find_table(self.content, "manifest").get("members"))

    def _list_groups(self, package: dict[str, Any]) -> tuple[str, ...]:
        """Return the groups besides `dev` that are installed by default."""
        source = find_table(package, "source")
        directory = str(source.get("virtual", source.get("editable", ".")))
        project = self.place.find_toml(f"{directory}/{PROJECT}")
        wanted = find_table(project, "tool", "uv").get("default-groups")
        known = tuple(find_table(package, "dev-dependencies"))
        groups = known if wanted == "all" else list_words(wanted)
        return tuple(group for group in groups if group != _DEVELOPMENT)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A package whose dependencies are wanted, and which optional ones of them."""

    package: dict[str, Any]
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def list_dependencies(self) -> Iterator[dict[str, Any]]:
        """Return what it needs, markers not looked at yet."""
        yield from list_tables(self.package, "dependencies")
        for extra in self.extras:
            yield from list_tables(find_table(self.package, "optional-dependencies"), extra)
        for group in self.groups:
            yield from list_tables(find_table(self.package, "dev-dependencies"), group)


@dataclass
class _Walk:
    """A walk over a lock's graph."""

    packages: tuple[dict[str, Any], ...]
    python: BasePython
    seen: set[tuple[str, str, str]] = field(default_factory=set)

    def collect(self, roots: Iterator[_Wanted]) -> tuple[dict[str, Any], ...]:
        """Return the packages that are reached; raises `LookupError` when the lock names one it has not."""
        waiting = list(roots)
        reached: dict[int, dict[str, Any]] = {}
        while waiting:
            wanted = waiting.pop()
            reached[id(wanted.package)] = wanted.package
            for dependency in wanted.list_dependencies():
                waiting += self._follow(dependency)
        return tuple(reached.values())

    def _follow(self, dependency: dict[str, Any]) -> Iterator[_Wanted]:
        if not self.python.admits(str(dependency.get("marker", ""))):
            return
        package = self._get_package(dependency)
        for extra in ("", *list_words(dependency.get("extra"))):
            key = str(package.get("name")), str(package.get("version", "")), extra
            if key not in self.seen:
                self.seen.add(key)
                yield _Wanted(package, (extra,) if extra else ())

    def _get_package(self, dependency: dict[str, Any]) -> dict[str, Any]:
        wanted = {key: dependency[key] for key in ("name", "version", "source") if key in dependency}
        found = [package for package in self.packages if all(package.get(key) == wanted[key] for key in wanted)]
        if len(found) != 1:
            raise LookupError(str(dependency.get("name")))
        return found[0]


def _choose(package: dict[str, Any], python: BasePython) -> LockedWheel | None:
    if "registry" not in find_table(package, "source"):
        return None
    files = [
        WheelFile(str(wheel.get("url", "")), str(wheel.get("hash", "")), _read_size(wheel.get("size")))
        for wheel in list_tables(package, "wheels")
    ]
    return choose_wheel(str(package.get("name", "")), str(package.get("version", "")), files, python)


def _read_size(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
