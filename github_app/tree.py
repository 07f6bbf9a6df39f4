"""A commit's tree on its way from the mirror to a directory.

It is put together in an index of its own. There a path is a text: nothing can follow a symbolic link, and what two
commits have at one path is exchanged before any file is written.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Final

from domain.errors import InvalidInput
from domain.ports.forge import Overlay
from domain.source import CommitSha
from github_app.git import Git, RunOptions

LINK_MODE: Final = "160000"
FILE_MODES: Final = frozenset({"100644", "100755"})
_SYMBOLIC_LINK_MODE: Final = "120000"
_MAX_LISTING_BYTES: Final = 64 * 1024 * 1024
_EMPTY_BLOB: Final = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of an index.

    Attributes:
        mode: git's, six octal digits.
        id: of the blob; of the commit for a submodule.
        path: relative to the tree; bytes that are no UTF-8 are escaped as Python does it for file names.
    """

    mode: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class StagedTree:
    """A tree in the index file `index`, of commits that the bare repository `mirror` has, on its way to `target`."""

    git: Git
    mirror: Path
    index: Path
    target: Path

    def read(self, sha: CommitSha) -> None:
        """Take the tree of the commit."""
        self._run("read-tree", f"{sha}^{{tree}}")

    def apply(self, overlay: Overlay) -> None:
        """Replace or remove the files that come from the other commit."""
        paths = [check_path(path) for path in overlay.paths]
        if not paths:
            return
        found = {entry.path: entry for entry in self._list_files(overlay.sha, paths)}
        entries = [found.get(path, TreeEntry("100644", _EMPTY_BLOB, path)) for path in paths]
        # --replace takes away what is in the way: a directory of that name, or a file, link or submodule above it.
        options = [("--cacheinfo", f"{entry.mode},{entry.id},{entry.path}") for entry in entries]
        self._run("update-index", "--add", "--replace", *chain.from_iterable(options))
        if absent := [path for path in paths if path not in found]:
            self._run("update-index", "--force-remove", "--", *absent)

    def list_entries(self) -> Iterator[TreeEntry]:
        """Give every file, link and submodule."""
        for line in self._run("ls-files", "--stage", "-z", "--full-name").split(b"\0")[:-1]:
            described, _, path = line.partition(b"\t")
            mode, identifier, _stage = described.decode().split()
            yield TreeEntry(mode, identifier, os.fsdecode(path))

    def read_configuration(self, blob: str) -> list[tuple[str, str]]:
        """Return the keys and values of a file in the form of git's configuration, without reading any other."""
        # Without --no-includes a file of the repository could name one of this machine.
        listing = self._run("config", "--no-includes", f"--blob={blob}", "-z", "--list")
        pairs = (os.fsdecode(line).partition("\n") for line in listing.split(b"\0")[:-1])
        return [(key, value) for key, _, value in pairs]

    def write(self) -> None:
        """Write the files into the target."""
        self._run("checkout-index", "--all", "--quiet")

    def _list_files(self, sha: CommitSha, paths: list[str]) -> Iterator[TreeEntry]:
        for line in self._run("ls-tree", "-z", "--full-tree", sha, "--", *paths).split(b"\0")[:-1]:
            described, _, path = line.partition(b"\t")
            mode, _kind, identifier = described.decode().split()
            if mode in FILE_MODES or mode == _SYMBOLIC_LINK_MODE:
                yield TreeEntry(mode, identifier, os.fsdecode(path))

    def _run(self, *arguments: str) -> bytes:
        places = {"GIT_DIR": self.mirror, "GIT_INDEX_FILE": self.index, "GIT_WORK_TREE": self.target}
        environment = {name: str(path) for name, path in places.items()}
        return self.git.run(*arguments, options=RunOptions(environment=environment, max_output=_MAX_LISTING_BYTES))


def find_plain_path(path: str) -> str | None:
    """Return the path in its shortest form, None when it leaves the tree or is something else than it looks."""
    parts = PurePosixPath(path).parts
    is_odd = any(part in {"..", "/", "//"} or part.lower() == ".git" for part in parts)
    if not parts or is_odd or not path.isprintable() or "\\" in path:
        return None
    return "/".join(parts)


def check_path(path: str) -> str:
    """Return the path in its shortest form, or raise `InvalidInput` (`source_path_invalid`)."""
    plain = find_plain_path(path)
    if plain is None:
        raise InvalidInput(
            "source_path_invalid",
            f"{path[:255]!r} cannot be taken from another commit: give a path inside the repository, relative to its "
            "root, without .. and .git.",
        )
    return plain


def is_real_directory(root: Path, path: str) -> bool:
    """Whether every step from `root` to `path` is a directory and none a symbolic link."""
    here = root
    for part in path.split("/"):
        here /= part
        try:
            if not stat.S_ISDIR(here.lstat().st_mode):
                return False
        except OSError:
            return False
    return True
