"""The acts: decide what goes, take it away, put it back."""
# ruff: noqa: TID252 - the package has another name in a build, see its docstring

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..inside.code_root import CodeRoot
from ..inside.discovery import list_task_files
from ..inside.problems import IndexFailure
from .bundle import Bundle, keep_whole
from .installed import Distribution, list_distributions
from .options import Options, OptionsUnreadable, read_options
from .reach import find_reach, list_entries
from .repository import Repository, list_parents, read_repository
from .selection import find_modules_of_nobody, select_distributions

ABSENT: Final = "absent.json"
"""What must not be importable in the trial; not there when nothing was left out."""
BUNDLE: Final = "bundle.json"
_TAKEN: Final = "taken"
_ERROR_MARKER: Final = "::pushwright-index-error::"


@dataclass(frozen=True, slots=True)
class Shaking:
    """One shaking.

    Attributes:
        root: the repository, as it will be in the image.
        config: the configuration file, relative to it.
        site_packages: of the environment.
        state: a directory for `bundle.json`, `absent.json` and what was taken away.
        facts: a directory that outlives the build, for what is known of distributions.
    """

    root: Path
    config: str
    site_packages: Path
    state: Path
    facts: Path | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a decision is about."""

    code: CodeRoot
    repository: Repository
    distributions: tuple[Distribution, ...]
    facts: Path | None


def shake(shaking: Shaking) -> Bundle:
    """Take away the files that no task reaches and write down what stays, what goes, and why."""
    code = CodeRoot(shaking.root.resolve(), shaking.config)
    distributions = list_distributions(shaking.site_packages)
    repository = read_repository(code.path, _list_roots(code, shaking.site_packages))
    bundle = _decide(_Scene(code, repository, distributions, shaking.facts))
    shaking.state.mkdir(parents=True, exist_ok=True)
    for name in bundle.files_dropped:
        _move(code.path / name, shaking.state / _TAKEN / name)
    _remove_empty(code.path, bundle)
    _write(shaking.state / BUNDLE, bundle.compose())
    if bundle.leaves_out:
        _write(shaking.state / ABSENT, bundle.compose_absence())
    return bundle


def restore(shaking: Shaking, log: str) -> str:
    """Put back what was taken away, and return why: what the log of the failed trial says."""
    taken = shaking.state / _TAKEN
    document = json.loads((shaking.state / BUNDLE).read_bytes())
    for name in document["files"]["dropped"]:
        _move(taken / name, shaking.root / name)
    reason = f"the tasks cannot be found without the rest: {_find_reason(log)}"
    code = CodeRoot(shaking.root.resolve(), shaking.config)
    files = read_repository(code.path, ()).python_files
    whole = keep_whole(reason, files, list_distributions(shaking.site_packages))
    _write(shaking.state / BUNDLE, whole.compose())
    return reason


def _decide(scene: _Scene) -> Bundle:
    files = scene.repository.python_files
    try:
        options = read_options(scene.repository.read(scene.code.config_file))
        task_files = list_task_files(scene.code, dirs=options.dirs, ignore_patterns=options.ignore_patterns)
    except OptionsUnreadable as error:
        return keep_whole(str(error), files, scene.distributions)
    except (OSError, IndexFailure):
        # The index says it better.
        return keep_whole("there are no task files", files, scene.distributions)
    if options.is_off:
        return keep_whole('the configuration says build={"bundle": "off"}', files, scene.distributions)
    return _choose(scene, options, task_files)


def _choose(scene: _Scene, options: Options, task_files: tuple[str, ...]) -> Bundle:
    tops = frozenset(top for each in scene.distributions for top in each.tops)
    reach = find_reach(scene.repository, list_entries(scene.code.config_file, task_files), options.keep, tops)
    selection = select_distributions(scene.distributions, reach, options.keep, scene.facts)
    return Bundle(
        files=len(scene.repository.python_files),
        files_kept=dict(sorted(reach.kept.items())),
        files_dropped=dict(sorted(reach.dropped.items())),
        needed=selection.kept,
        unneeded=selection.dropped,
        versions={each.name: each.version for each in scene.distributions},
        absent_modules=find_modules_of_nobody(scene.distributions, selection.dropped),
    )


def _list_roots(code: CodeRoot, site_packages: Path) -> list[str]:
    """Return the directories user code imports from, relative to the root."""
    lines = [line for file in sorted(site_packages.glob("*.pth")) for line in _read_lines(file)]
    places = [*code.import_roots, *(Path(os.path.realpath(line)) for line in lines if line.startswith("/"))]
    return [_relative(place, code.path) for place in places if place.is_relative_to(code.path)]


def _read_lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return []


def _relative(place: Path, root: Path) -> str:
    return str(place.relative_to(root)).removeprefix(".") if place == root else str(place.relative_to(root))


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)


def _remove_empty(root: Path, bundle: Bundle) -> None:
    parents = {parent for name in bundle.files_dropped for parent in list_parents(name.rstrip("/"))}
    for parent in sorted(parents, key=len, reverse=True):
        directory = root / parent
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, sort_keys=True, indent=1) + "\n", encoding="utf-8")


def _find_reason(log: str) -> str:
    marked = [line for line in log.splitlines() if line.startswith(_ERROR_MARKER)]
    try:
        return str(json.loads(marked[-1].removeprefix(_ERROR_MARKER))["error"]["sentence"])
    except (IndexError, ValueError, KeyError, TypeError):
        return "the index ended without a word"
