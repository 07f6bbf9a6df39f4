"""The repository in the image, and its own way of naming files."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CodeRoot:
    """The repository's tree and the configuration file that governs it.

    Attributes:
        path: absolute, symbolic links resolved.
        config_file: relative to `path`.
    """

    path: Path
    config_file: str

    @property
    def base(self) -> Path:
        """The directory of the configuration file; task directories are relative to it."""
        return (self.path / self.config_file).parent

    @property
    def import_roots(self) -> tuple[Path, ...]:
        """Where user code imports from: code root, the configuration file's directory, `src/` of either."""
        candidates = (self.path, self.base, self.path / "src", self.base / "src")
        return tuple(directory for directory in dict.fromkeys(candidates) if directory.is_dir())

    def holds(self, file: str) -> bool:
        """Whether a file is the repository's own, not one of an installed package."""
        return file.startswith(f"{self.path}{os.sep}") and "/site-packages/" not in file

    def shorten(self, file: str) -> str:
        """Name a file by its path in the repository, or as it is when it is elsewhere."""
        return file.removeprefix(f"{self.path}{os.sep}")
