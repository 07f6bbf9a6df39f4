"""The projects that are built: a small and a large one, as git clones that change as a developer changes them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from uv import find_uv_bin

SOURCE_FILES: Final = 30
_BASE: Final = (
    "httpx", "pydantic", "sqlalchemy", "boto3", "pillow", "jinja2", "pyyaml", "cryptography",
    "tenacity", "python-dateutil", "orjson", "typer", "aiohttp", "lxml",
)  # fmt: skip
_HEAVY: Final = ("pandas", "numpy", "scipy", "scikit-learn", "matplotlib")
_ADDED: Final = ("tabulate", "humanize", "more-itertools", "toolz", "wrapt", "pathspec", "docopt-ng", "semver")
_BUMPED: Final = "structlog"
_VERSIONS: Final = ("24.1.0", "24.2.0", "24.4.0", "25.1.0", "25.2.0", "25.3.0")


@dataclass(frozen=True)
class Shape:
    """What kind of project is built.

    Attributes:
        rounds: how often each change is timed.
    """

    name: str
    dependencies: tuple[str, ...]
    rounds: Mapping[str, int]


SMALL: Final = Shape(
    "small", _BASE, {"cold": 2, "no-op": 7, "one line": 7, "one dependency": 4, "lock bump": 4, "known packages": 2}
)
LARGE: Final = Shape(
    "large",
    (*_BASE, *_HEAVY),
    {"cold": 1, "no-op": 5, "one line": 5, "one dependency": 3, "lock bump": 2, "known packages": 2},
)


@dataclass
class SampleRepository:
    """A project with 30 source files, as a git clone."""

    directory: Path
    push_url: str
    shape: Shape
    edits: int = 0
    bumps: int = 0
    added: list[str] = field(default_factory=list)

    def create(self) -> None:
        """Write the project, lock it, and commit."""
        package = self.directory / "shop"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(f'"""What {self.directory.name} sells."""\n')
        for number in range(SOURCE_FILES):
            (package / f"module_{number}.py").write_text(f'"""Module {number}."""\n\nVALUE = {number}\n')
        tasks = self.directory / "trigger"
        tasks.mkdir()
        (tasks / "tasks.py").write_text(_write_task(self.shape.dependencies))
        (self.directory / "trigger.config.py").write_text(_CONFIG)
        self._write_project()
        run(["git", "init", "--quiet", "--initial-branch=main"], self.directory)

    def edit_one_line(self) -> None:
        """Change one line of one source file."""
        self.edits += 1
        (self.directory / "shop" / "module_7.py").write_text(f'"""Module 7."""\n\nVALUE = {self.edits + 100}\n')

    def add_dependency(self) -> None:
        """Add one dependency and lock anew."""
        self.added.append(_ADDED[len(self.added)])
        self._write_project()

    def bump_lock(self) -> None:
        """Take the next release of one dependency and lock anew."""
        self.bumps += 1
        self._write_project()

    def commit(self) -> str:
        """Commit everything, also nothing, and return the commit id."""
        run(["git", "add", "--all"], self.directory)
        identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
        run(["git", *identity, "commit", "--quiet", "--allow-empty", "-m", "Change it"], self.directory)
        return run(["git", "rev-parse", "HEAD"], self.directory).strip()

    def push(self) -> None:
        """Push to the simulated GitHub."""
        run(["git", "push", "--quiet", self.push_url, "HEAD:refs/heads/main"], self.directory)

    def _write_project(self) -> None:
        names = (*self.shape.dependencies, f"{_BUMPED}=={_VERSIONS[self.bumps]}", *self.added)
        listed = "".join(f'    "{name}",\n' for name in names)
        (self.directory / "pyproject.toml").write_text(
            f'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [\n{listed}]\n'
        )
        run([find_uv_bin(), "lock", "--quiet"], self.directory)
        requirements = run([find_uv_bin(), "export", "--quiet", "--no-emit-project", "--no-hashes"], self.directory)
        (self.directory / "requirements.txt").write_text(requirements)


def run(command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a program that must succeed and return what it printed."""
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[:4])}: {done.stderr[-2000:]}"
    return done.stdout


def _write_task(dependencies: Sequence[str]) -> str:
    """Return a task that uses every dependency, so that each is needed in the image."""
    modules = sorted(_MODULES.get(name, name) for name in dependencies)
    imports = "".join(f"import {name}  # noqa: F401\n" for name in (*modules, _BUMPED))
    return _TASK.format(imports=imports)


_MODULES: Final = {"pillow": "PIL", "pyyaml": "yaml", "python-dateutil": "dateutil", "scikit-learn": "sklearn"}
_TASK: Final = '''"""A task."""

{imports}
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
