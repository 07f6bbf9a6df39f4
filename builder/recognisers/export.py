"""Locks that only their own tool reads well: it writes down what is locked, and uv installs that.

uv is what downloads and unpacks for every kind of project: wheels are shared between them, and nothing of the tool
gets into the environment. The tool is run from an environment of its own, in uv's cache.
"""

import shlex
from dataclasses import dataclass
from typing import Final

from builder.project import ProjectDirectory

LOCKED: Final = "/dev/shm/locked.txt"  # noqa: S108 - memory of the step's own container; it may hold a password
PROGRAMS: Final = "/usr/local/lib/pushwright"
"""Where a step finds the kit's programs."""
EXPAND_URLS: Final = "expand_urls.py"
PIP_INSTALL: Final = "uv pip install"
_PYTHON: Final = " --python /opt/venv/bin/python"


@dataclass(frozen=True, slots=True)
class Tool:
    """A lock's tool: the requirements uv runs it from, the first of which has its version."""

    name: str
    requirements: tuple[str, ...]

    def run(self, place: ProjectDirectory, arguments: str) -> str:
        """Return the command that runs the tool in the directory."""
        first, *others = map(shlex.quote, self.requirements)
        added = "".join(f" --with {other}" for other in others)
        return f"uv tool run{place.options} --from {first}{added} {self.name} {arguments}"


def pip_install(place: ProjectDirectory, arguments: str) -> str:
    """Return uv's command that installs into the image's environment from within the directory."""
    return f"{PIP_INSTALL}{place.options}{_PYTHON} {arguments}"


def install_exported(place: ProjectDirectory, *, all_hashed: bool, names_index: bool) -> str:
    """Return the command that installs exactly what the tool wrote down."""
    # The variable would replace the index of the lock. The tool itself comes from the service's index all the same.
    before = "env -u UV_DEFAULT_INDEX " if names_index else ""
    hashes = " --require-hashes" if all_hashed else ""
    # The versions are exact: which index has them does not matter.
    return before + pip_install(place, f"--no-deps --index-strategy unsafe-best-match{hashes} -r {LOCKED}")
