"""From push to DEPLOYED, beside three hand-written Dockerfiles for the same repository, in the same run.

Ours is the wall time from the start of `git push` to the row that says DEPLOYED: push, delivery, decision, queue,
fetch, plan, build, index, publish, promote. Theirs is the wall time of `docker buildx build --push` of a checkout
that is there already, with the same buildkitd, base image and registry.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.rivals import RIVALS, Rival
from tests.benchmarks.rows import PHASES, DeploymentWatch
from tests.benchmarks.samples import SampleRepository, Shape

OURS: Final = "pushwright"
KNOWN: Final = "known packages"
CHANGES: Final = ("cold", "no-op", "one line", "one dependency", "lock bump", KNOWN)
Connect = Callable[[str, Shape], SampleRepository]
"""Makes a repository of that name, connects it to a project, and returns its clone."""


@dataclass(frozen=True)
class Sample:
    """One timed build; `phases` are seconds by name, ours only."""

    change: str
    way: str
    seconds: float
    phases: dict[str, float] = field(default_factory=dict)


@dataclass
class BuildBench:
    """One project under every way of building it."""

    shape: Shape
    connect: Connect
    watch: DeploymentWatch
    rivals: Sequence[Rival]
    scratch: Path
    samples: list[Sample] = field(default_factory=list)

    def measure(self, say: Callable[[str], None]) -> list[Sample]:
        """Time every change for every way, the ways in turn."""
        repository = self.connect(f"{self.shape.name}-shop", self.shape)
        changes: dict[str, Callable[[], None]] = {
            "cold": self.rivals[0].prune,
            "no-op": lambda: None,
            "one line": repository.edit_one_line,
            "one dependency": repository.add_dependency,
            "lock bump": repository.bump_lock,
        }
        for change, make in changes.items():
            for _ in range(self.shape.rounds[change]):
                make()
                self._time_ours(change, repository)
                self._time_rivals(change, repository)
            say(f"{self.shape.name}, {change}: {_list_medians(self.samples, change)}")
        for number in range(self.shape.rounds[KNOWN]):
            self._time_ours(KNOWN, self.connect(f"{self.shape.name}-known-{number}", self.shape))
        say(f"{self.shape.name}, {KNOWN}: {_list_medians(self.samples, KNOWN)}")
        return self.samples

    def _time_ours(self, change: str, repository: SampleRepository) -> None:
        sha = repository.commit()
        pushed_at, began = datetime.now(UTC), time.perf_counter()
        repository.push()
        self.watch.wait(sha)
        seconds = time.perf_counter() - began
        self.samples.append(Sample(change, OURS, seconds, self.watch.list_phases(sha, pushed_at)))

    def _time_rivals(self, change: str, repository: SampleRepository) -> None:
        for rival in self.rivals:
            if change == "cold":
                rival.prune()
            tree = _copy_tree(repository.directory, self.scratch / f"{self.shape.name}-{rival.name}")
            self.samples.append(Sample(change, rival.name, _timed(partial(rival.build, tree))))


def find_median(samples: Sequence[Sample], change: str, way: str) -> float | None:
    """Return the median seconds, None when that way was not timed for that change."""
    seconds = [sample.seconds for sample in samples if (sample.change, sample.way) == (change, way)]
    return statistics.median(seconds) if seconds else None


def render_builds(samples: Sequence[Sample]) -> str:
    """Return the table of ratios and the table of phases of one project."""
    ratios = "\n".join(_ratio_row(samples, change) for change in CHANGES)
    phases = "\n".join(_phase_row(samples, change) for change in CHANGES)
    rivals = "".join(f" {name} | ratio |" for name in RIVALS)
    lines = "---|" * (2 + 2 * len(RIVALS))
    return (
        f"| change | Pushwright |{rivals}\n|{lines}\n{ratios}\n\nWhere the time goes, in seconds:\n\n"
        f"| change | {' | '.join(PHASES)} |\n|{'---|' * (1 + len(PHASES))}\n{phases}\n\n"
        f"A new project of known packages takes {_find_share(samples):.2f} of the time it takes when none is known."
    )


def _find_share(samples: Sequence[Sample]) -> float:
    known, cold = find_median(samples, KNOWN, OURS), find_median(samples, "cold", OURS)
    assert known is not None
    assert cold is not None
    return known / cold


def _ratio_row(samples: Sequence[Sample], change: str) -> str:
    ours = find_median(samples, change, OURS)
    assert ours is not None
    cells = "".join(_ratio_cells(ours, find_median(samples, change, name)) for name in RIVALS)
    return f"| {change} | {ours:.2f} |{cells}"


def _ratio_cells(ours: float, theirs: float | None) -> str:
    return " | |" if theirs is None else f" {theirs:.2f} | {ours / theirs:.2f} |"


def _phase_row(samples: Sequence[Sample], change: str) -> str:
    ours = [sample.phases for sample in samples if (sample.change, sample.way) == (change, OURS)]
    cells = " | ".join(f"{statistics.median(phases[name] for phases in ours):.2f}" for name in PHASES)
    return f"| {change} | {cells} |"


def _list_medians(samples: Sequence[Sample], change: str) -> str:
    ways = ((way, find_median(samples, change, way)) for way in (OURS, *RIVALS))
    return ", ".join(f"{way} {seconds:.2f} s" for way, seconds in ways if seconds is not None)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _copy_tree(source: Path, target: Path) -> Path:
    """Bring the tree up to date in place, so that unchanged files keep their times, as in a developer's checkout."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if relative.parts[0] == ".git" or path.is_dir():
            continue
        copy = target / relative
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    return target
