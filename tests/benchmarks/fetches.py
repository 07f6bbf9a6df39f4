"""How long one pushed commit takes to get here, from a small and from a large repository."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from domain.identifiers import RepositoryId
from domain.source import BranchName, CloneAccess, CommitSha, FullName, Repository
from github_app.git import Git
from github_app.mirror import Mirror, TreeLimits
from github_app.simulator.keys import generate_private_key
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from github_app.tree import StagedTree

HEADING = "## Fetching a commit"
REPEATS = 5
SHAPES = ((20, 10), (2_000, 100), (20_000, 500))
_FILES_PER_DIRECTORY = 100
_CHANGED_PER_COMMIT = 10
_BRANCH = "refs/heads/main"
_SECTION = """{heading}

One commit that changes one file, fetched over HTTP from the GitHub simulator on the same cores into a mirror that has
earlier ones, and its files written into a fresh directory. Milliseconds, medians of {repeats}; *first* is the fetch
into an empty mirror. `python -m tests.benchmarks fetch` measures this part alone.

| files | commits | first | fetch | measure the tree | write the files | control |
|---|---|---|---|---|---|---|
{rows}

*fetch*: `git fetch` of the commit by its id. *measure the tree*: files, bytes and paths against the limits. *write the
files*: `git read-tree` and `git checkout-index`. *control*: Python writes the same files beside them. Writing grows
with the number of files, because each build gets a directory of its own; it costs what the disk asks for so many files.
"""


@dataclass(frozen=True)
class FetchTimes:
    """Seconds: medians, but for the first fetch, of which there is one."""

    files: int
    commits: int
    first: float
    fetch: float
    measure: float
    write: float
    control: float


class GrowingRepository:
    """A repository on the simulator's disk that gets one commit after the other."""

    def __init__(self, bare: Path, files: int) -> None:
        self._bare = bare
        self._files = files
        self._number = 0

    def begin(self, commits: int) -> None:
        """Make the history and pack it as a server does."""
        everything = range(self._files)
        self._import([self._commit(everything), *(self._commit(self._some()) for _ in range(commits - 1))])
        self._git("repack", "-a", "-d", "-b", "-q")
        self._git("commit-graph", "write", "--reachable")

    def grow(self) -> CommitSha:
        """Add a commit that changes one file, and return it."""
        self._import([self._commit([self._number % self._files], parent=f"from {_BRANCH}^0\n")])
        return CommitSha(self._git("rev-parse", _BRANCH).strip())

    def _some(self) -> list[int]:
        return [(self._number * 97 + step * 13) % self._files for step in range(_CHANGED_PER_COMMIT)]

    def _commit(self, changed: "range | list[int]", parent: str = "") -> str:
        self._number += 1
        head = f"commit {_BRANCH}\ncommitter Ada <ada@example.com> {1_800_000_000 + self._number} +0000\ndata 2\nx\n"
        return head + parent + "".join(self._change(file) for file in changed)

    def _change(self, file: int) -> str:
        text = f"# file {file} in commit {self._number}\n" + f"value_{file} = {self._number}\n" * 30
        path = f"package_{file // _FILES_PER_DIRECTORY}/module_{file}.py"
        return f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"

    def _import(self, commits: list[str]) -> None:
        self._git("fast-import", "--quiet", "--force", stdin="".join(commits))

    def _git(self, *arguments: str, stdin: str = "") -> str:
        command = ["git", "--git-dir", str(self._bare), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout


def measure_fetches(directory: Path) -> list[FetchTimes]:
    """Serve a repository of each shape and fetch commits from it."""
    settings = SimulatorSettings(
        root=directory / "github",
        webhook_url="http://127.0.0.1:9/",
        webhook_secret="none",
        private_key_pem=generate_private_key(),
    )
    with SimulatedGitHub(settings).serve() as github:
        subjects = [_begin(github, directory, *shape) for shape in SHAPES]
        # In turns, so that whatever else the machine does slows all of them alike.
        rounds = [[_fetch_next(subject) for subject in subjects] for _ in range(REPEATS + 1)]
    return [_summarise(subject, runs) for subject, *runs in zip(subjects, *rounds, strict=True)]


def render_fetches(times: list[FetchTimes]) -> str:
    """Return the section of the page."""
    rows = "".join(
        f"| {one.files} | {one.commits} | {one.first * 1000:.0f} | {one.fetch * 1000:.0f} "
        f"| {one.measure * 1000:.0f} | {one.write * 1000:.0f} | {one.control * 1000:.0f} |\n"
        for one in times
    )
    return _SECTION.format(heading=HEADING, repeats=REPEATS, rows=rows.rstrip())


def replace_section(page: str, section: str) -> str:
    """Return the page with this section in place of the one that has its heading, at the end when none has."""
    heading = section.partition("\n")[0]
    before, _, rest = page.partition(f"{heading}\n")
    _, separator, after = rest.partition("\n## ")
    return f"{before.rstrip()}\n\n{section}{separator}{after}"


@dataclass(frozen=True)
class _Subject:
    shape: tuple[int, int]
    repository: GrowingRepository
    access: CloneAccess
    mirror: Mirror


def _begin(github: SimulatedGitHub, directory: Path, files: int, commits: int) -> _Subject:
    name = f"files-{files}"
    hosted = github.create_repository("acme", name, private=False)
    repository = GrowingRepository(github.simulation.git.directory(hosted.id), files)
    repository.begin(commits)
    described = Repository(RepositoryId(hosted.id), FullName(f"acme/{name}"), BranchName("main"), private=False)
    access = CloneAccess(github.clone_url(f"acme/{name}"), None, described)
    return _Subject((files, commits), repository, access, Mirror(Git(protocols="http"), directory / name, TreeLimits()))


def _summarise(subject: _Subject, runs: list[tuple[float, ...]]) -> FetchTimes:
    return FetchTimes(*subject.shape, runs[0][0], *(median(column) for column in zip(*runs[1:], strict=True)))


def _fetch_next(subject: _Subject) -> tuple[float, ...]:
    with TemporaryDirectory(dir=subject.mirror.path.parent) as place:
        times = _fetch(subject.mirror, subject.access, subject.repository.grow(), Path(place))
        return *times, _copy_plainly(Path(place) / "tree", Path(place) / "copy")


def _fetch(mirror: Mirror, access: CloneAccess, sha: CommitSha, place: Path) -> tuple[float, ...]:
    """Return how long the fetch into the mirror, the look at the tree's size and the writing of its files took."""
    target = place / "tree"
    target.mkdir(parents=True)
    moments = [time.perf_counter()]
    mirror.prepare()
    if not mirror.has(sha):
        mirror.fetch(access, sha)
    moments.append(time.perf_counter())
    mirror.measure(sha)
    moments.append(time.perf_counter())
    tree = StagedTree(mirror.git, mirror.path, place / "index", target)
    tree.read(sha)
    tree.write()
    moments.append(time.perf_counter())
    return moments[1] - moments[0], moments[2] - moments[1], moments[3] - moments[2]


def _copy_plainly(tree: Path, copy: Path) -> float:
    """Return how long writing the same files takes without git: what the disk gives at this moment."""
    contents = [(copy / path.relative_to(tree), path.read_bytes()) for path in tree.rglob("*.py")]
    begun = time.perf_counter()
    for directory in {path.parent for path, _ in contents}:
        directory.mkdir(parents=True, exist_ok=True)
    for path, content in contents:
        path.write_bytes(content)
    return time.perf_counter() - begun
