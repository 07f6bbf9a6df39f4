"""From push to DEPLOYED, beside two hand-written Dockerfiles for the same repository, in the same run.

Ours is the wall time from the start of `git push` to the row that says DEPLOYED: push, delivery, decision, queue,
fetch, plan, build, index, publish, promote. Theirs is the wall time of `docker buildx build --push` of a checkout
that is there already, with the same buildkitd, base image and registry.
"""

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from uv import find_uv_bin

from tests.acceptance.service import RunningService
from tests.benchmarks.rows import DeploymentWatch

DOCKERFILES: Final = Path(__file__).parent / "dockerfiles"
DEPENDENCIES: Final = (
    "httpx", "pydantic", "sqlalchemy", "boto3", "pillow", "jinja2", "pyyaml", "cryptography",
    "structlog", "tenacity", "python-dateutil", "orjson", "typer", "aiohttp", "lxml",
)  # fmt: skip
ADDED: Final = ("tabulate", "humanize", "attrs", "more-itertools", "toolz")
SOURCE_FILES: Final = 30
SCENARIOS: Final = ("cold", "no-op", "one line", "one dependency")


@dataclass(frozen=True)
class Sample:
    """One timed build."""

    scenario: str
    way: str
    seconds: float


@dataclass
class SampleRepository:
    """A project with 15 dependencies and 30 source files, as a git clone."""

    directory: Path
    push_url: str
    edits: int = 0
    added: list[str] = field(default_factory=list)

    def create(self) -> None:
        """Write the project, lock it, and commit."""
        package = self.directory / "shop"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for number in range(SOURCE_FILES):
            (package / f"module_{number}.py").write_text(f'"""Module {number}."""\n\nVALUE = {number}\n')
        tasks = self.directory / "trigger"
        tasks.mkdir()
        (tasks / "tasks.py").write_text(_TASK)
        (self.directory / "trigger.config.py").write_text(_CONFIG)
        self._write_project()
        _run(["git", "init", "--quiet", "--initial-branch=main"], self.directory)
        self.commit()

    def edit_one_line(self) -> None:
        """Change one line of one source file."""
        self.edits += 1
        (self.directory / "shop" / "module_7.py").write_text(f'"""Module 7."""\n\nVALUE = {self.edits + 100}\n')

    def add_dependency(self) -> None:
        """Add one dependency and lock anew."""
        self.added.append(ADDED[len(self.added)])
        self._write_project()

    def commit(self) -> str:
        """Commit everything, also nothing, and return the commit id."""
        _run(["git", "add", "--all"], self.directory)
        identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
        _run(["git", *identity, "commit", "--quiet", "--allow-empty", "-m", "Change it"], self.directory)
        return _run(["git", "rev-parse", "HEAD"], self.directory).strip()

    def push(self) -> None:
        """Push to the simulated GitHub."""
        _run(["git", "push", "--quiet", self.push_url, "HEAD:refs/heads/main"], self.directory)

    def _write_project(self) -> None:
        listed = "".join(f'    "{name}",\n' for name in (*DEPENDENCIES, *self.added))
        (self.directory / "pyproject.toml").write_text(
            f'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [\n{listed}]\n'
        )
        _run([find_uv_bin(), "lock", "--quiet"], self.directory)


@dataclass(frozen=True)
class Rival:
    """`docker buildx build --push` of a Dockerfile."""

    name: str
    machine: Mapping[str, str]
    buildx_config: Path

    def build(self, tree: Path) -> None:
        """Build and push the tree."""
        command = [
            self.machine["DOCKER"], "buildx", "build", "--builder", "bench", "--quiet", "--provenance=false",
            "--file", str(DOCKERFILES / f"{self.name}.Dockerfile"),
            "--build-context", f"base={self.machine['BASE_IMAGE']}",
            "--build-context", f"uv={Path(find_uv_bin()).parent}",
            *_ca_secret(self.machine),
            "--output", f"type=image,name={self.machine['REGISTRY']}/bench-{self.name}:latest,push=true",
            str(tree),
        ]  # fmt: skip
        _run(command, tree, environment=self.environment())

    def prune(self) -> None:
        """Empty BuildKit's cache."""
        command = [self.machine["DOCKER"], "buildx", "prune", "--builder", "bench", "--all", "--force"]
        _run(command, Path.cwd(), environment=self.environment())

    def register(self) -> None:
        """Make the builder known to this private configuration."""
        address = self.machine["BUILDKIT_ADDRESS"]
        command = [self.machine["DOCKER"], "buildx", "create", "--name", "bench", "--driver", "remote", address]
        _run(command, Path.cwd(), environment=self.environment())

    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.buildx_config),
            "DOCKER_CONFIG": self.machine["BUILDX_PLUGIN_DIR"],
            "BUILDX_CONFIG": str(self.buildx_config),
        }


def measure_builds(
    repository: SampleRepository,
    watch: DeploymentWatch,
    rivals: Sequence[Rival],
    scratch: Path,
    *,
    repeats: Mapping[str, int],
) -> list[Sample]:
    """Time every scenario for every way, the ways in turn."""
    samples = []
    changes: dict[str, Callable[[], None]] = {
        "cold": rivals[0].prune,
        "no-op": lambda: None,
        "one line": repository.edit_one_line,
        "one dependency": repository.add_dependency,
    }
    for scenario in SCENARIOS:
        for _ in range(repeats[scenario]):
            changes[scenario]()
            samples.append(Sample(scenario, "pushwright", _time_ours(repository, watch)))
            for rival in rivals:
                if scenario == "cold":
                    rival.prune()
                tree = _copy_tree(repository.directory, scratch / rival.name)
                samples.append(Sample(scenario, rival.name, _timed(partial(rival.build, tree))))
    return samples


def medians(samples: Sequence[Sample]) -> dict[tuple[str, str], float]:
    """Return the median seconds per (scenario, way)."""
    keys = dict.fromkeys((sample.scenario, sample.way) for sample in samples)
    return {key: statistics.median(s.seconds for s in samples if (s.scenario, s.way) == key) for key in keys}


def read_peak_memory(service: RunningService) -> float:
    """Return the service process's peak resident memory in MiB."""
    assert service.process is not None
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return kilobytes / 1024


def _time_ours(repository: SampleRepository, watch: DeploymentWatch) -> float:
    sha = repository.commit()
    began = time.perf_counter()
    repository.push()
    watch.wait(sha)
    return time.perf_counter() - began


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


def _ca_secret(machine: Mapping[str, str]) -> list[str]:
    bundle = machine.get("BUILD_CA_BUNDLE")
    return ["--secret", f"id=ca,src={bundle}"] if bundle else []


def _run(command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stderr[-2000:]}"
    return done.stdout


_TASK: Final = '''"""A task."""

from pushwright import task

from shop import module_7


@task(id="value")
def value(payload: dict) -> int:
    """Return the value."""
    return module_7.VALUE
'''
_CONFIG: Final = '''"""Configuration."""

from pushwright import define_config

config = define_config(project="shop", max_duration=60)
'''
