"""Small repositories and environments, and what the bundler makes of them."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from images.bundler.reach import Reach, find_reach, list_entries
from images.bundler.repository import read_repository

PROGRAM: Final = Path(__file__).resolve().parents[3] / "images" / "bundler"
CONFIG: Final = 'from pushwright import define_config\nconfig = define_config(project="p")\n'


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def reach_of(root: Path, files: Mapping[str, str], *, keep: Sequence[str] = (), installed: Sequence[str] = ()) -> Reach:
    """Return what `trigger/*.py` reaches; everything imports from the root."""
    write_files(root, {"trigger.config.py": "", **files})
    entries = list_entries("trigger.config.py", [name for name in files if name.startswith("trigger/")])
    return find_reach(read_repository(root, [""]), entries, keep, frozenset(installed))


def install(
    site_packages: Path,
    name: str,
    files: Mapping[str, str],
    *,
    requires: Sequence[str] = (),
    entry_points: str = "",
) -> None:
    """Install a distribution as an installer leaves it."""
    write_files(site_packages, files)
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
    own = {f"{info}/METADATA": "\n".join([*lines, "", "Requires-Dist: text"]), f"{info}/entry_points.txt": entry_points}
    write_files(site_packages, own)
    recorded = [*files, *own, f"{info}/RECORD", "../../../bin/tool", "pkg/__pycache__/x.cpython-311.pyc"]
    write_files(site_packages, {f"{info}/RECORD": "".join(f"{path},sha256=x,1\n" for path in recorded)})


@dataclass(frozen=True)
class Shaken:
    """A repository that the real program worked on."""

    root: Path
    state: Path
    site_packages: Path

    @property
    def bundle(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.state / "bundle.json").read_text())
        return document

    @property
    def absent(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.state / "absent.json").read_text())
        return document

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def call(self, command: str, *more: str) -> None:
        """Run the program as a build does."""
        words = [sys.executable, "-I", "-S", "-B", str(PROGRAM), command, "--config", "trigger.config.py"]
        places = ["--root", str(self.root), "--state", str(self.state), "--site-packages", str(self.site_packages)]
        ended = subprocess.run([*words, *places, *more], capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr


def shake(place: Path, files: Mapping[str, str]) -> Shaken:
    """Write a repository and shake it; what is installed in `place / "site"` is its environment."""
    root = write_files(place / "app", {"trigger.config.py": CONFIG, **files})
    (place / "site").mkdir(exist_ok=True)
    shaken = Shaken(root, place / "state", place / "site")
    shaken.call("shake")
    return shaken
