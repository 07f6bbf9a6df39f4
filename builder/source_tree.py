"""The only door to a repository's files.

A repository is somebody else's: its paths are walked one directory at a time without following symbolic links, and
only regular files of bounded size are read. Nothing of it is ever run or imported here.
"""

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from domain.errors import InvalidInput

MAX_BYTES: Final = 1_000_000
_MAX_LOCK_BYTES: Final = 32_000_000
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A directory with a repository at one commit."""

    root: Path

    def has_file(self, path: str) -> bool:
        """Whether a regular file is there; raises `InvalidInput` (`source_path_invalid`) for a path that leaves."""
        mode = self._find_mode(path)
        return mode is not None and stat.S_ISREG(mode)

    def has_directory(self, path: str) -> bool:
        """Whether a directory is there; raises like `has_file`."""
        mode = self._find_mode(path)
        return mode is not None and stat.S_ISDIR(mode)

    def list_names(self, path: str = ".") -> tuple[str, ...]:
        """Return the names in a directory, sorted; none when there is no such directory."""
        if path == ".":
            return tuple(sorted(os.listdir(self.root)))  # noqa: PTH208 - names only
        if not self.has_directory(path):
            return ()
        descriptor = self._open(path, _DIRECTORY)
        try:
            return tuple(sorted(os.listdir(descriptor)))  # noqa: PTH208 - names only
        finally:
            os.close(descriptor)

    def find_text(self, path: str, max_bytes: int = MAX_BYTES) -> str | None:
        """Return the file's text, None when there is no such file.

        Raises:
            InvalidInput: `source_path_invalid`: the path leaves the tree, leads through a symbolic link or to
                something that is no regular file, or the file is too large or not UTF-8.
        """
        try:
            descriptor = self._open(path, _FILE)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _refused(path, "it is not a regular file")
            content = file.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise _refused(path, f"it is larger than {max_bytes // 1_000_000} MB")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _refused(path, "it is not UTF-8 text") from error

    def find_lock(self, path: str) -> str | None:
        """Return the text of a lock file, which may be longer than what people write by hand."""
        return self.find_text(path, _MAX_LOCK_BYTES)

    def _find_mode(self, path: str) -> int | None:
        try:
            descriptor = self._open(path, _FILE)
        except FileNotFoundError:
            return None
        try:
            return os.fstat(descriptor).st_mode
        finally:
            os.close(descriptor)

    def _open(self, path: str, flags: int) -> int:
        *parents, name = split_path(path)
        here = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for parent in parents:
                below = os.open(parent, _DIRECTORY, dir_fd=here)
                os.close(here)
                here = below
            return os.open(name, flags, dir_fd=here)
        except FileNotFoundError:
            raise
        except NotADirectoryError as error:
            if self._meets_link(path):
                raise _refused(path, "it leads through a symbolic link; give the real path") from error
            raise FileNotFoundError(path) from error
        except OSError as error:
            raise _refused(path, _reason(error)) from error
        finally:
            os.close(here)

    def _meets_link(self, path: str) -> bool:
        parts = split_path(path)
        with suppress(OSError):
            return any(self.root.joinpath(*parts[: count + 1]).is_symlink() for count in range(len(parts)))
        return True


def split_path(path: str) -> tuple[str, ...]:
    """Return the parts of a path inside a tree, or raise `InvalidInput` (`source_path_invalid`)."""
    # A line break would end the line of a build step that the path stands in.
    if not path.isprintable() or not path or "\\" in path:
        raise _refused(path, "it is empty or has a character no path here has")
    if path.startswith("/"):
        raise _refused(path, "it must be relative to the repository root")
    parts = PurePosixPath(path).parts
    if ".." in parts or not parts:
        raise _refused(path, "it leaves the repository")
    if any(part.lower() == ".git" for part in parts):
        raise _refused(path, "it is inside .git")
    return parts


def _refused(path: str, reason: str) -> InvalidInput:
    return InvalidInput("source_path_invalid", f"{path[:255]!r} cannot be read from the repository: {reason}.")


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; give the real path"
    return error.strerror or "it cannot be opened"
