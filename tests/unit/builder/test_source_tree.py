import os
import socket
import threading
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from builder.source_tree import SourceTree
from domain.errors import InvalidInput


@pytest.fixture
def tree(tmp_path: Path) -> SourceTree:
    root = tmp_path / "tree"
    (root / "dir").mkdir(parents=True)
    (root / "dir" / "file.txt").write_text("text")
    (tmp_path / "outside.txt").write_text("outside")
    (root / "link.txt").symlink_to(root / "dir" / "file.txt")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    return SourceTree(root)


def test_files_and_directories_are_found(tree: SourceTree) -> None:
    assert tree.find_text("dir/file.txt") == "text"
    assert tree.has_file("dir/file.txt")
    assert tree.has_directory("dir")
    assert not tree.has_file("dir")


@pytest.mark.parametrize("path", ["missing", "dir/missing", "dir/file.txt/below"])
def test_what_is_not_there_is_none(tree: SourceTree, path: str) -> None:
    assert tree.find_text(path) is None
    assert not tree.has_file(path)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/etc/passwd",
            "//etc/passwd",
            "../outside.txt",
            "dir/../../outside.txt",
            "",
            ".",
            "..",
            "dir/..",
            "link.txt",
        ),
        *(
            "out/outside.txt",
            ".git/config",
            ".GIT/config",
            "dir/.git/config",
            "a\0b",
            "a\nb",
            "a\rb",
            "a\\b",
            "a\u2028b",
        ),
    ],
)
def test_nothing_outside_is_read(tree: SourceTree, path: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read from the repository"):
        tree.find_text(path)


def test_names_are_listed_but_not_through_a_link(tree: SourceTree) -> None:
    assert tree.list_names() == ("dir", "link.txt", "out", "pipe")
    assert tree.list_names("dir") == ("file.txt",)
    assert tree.list_names("missing") == ()
    with pytest.raises(InvalidInput):
        tree.list_names("out")


def test_a_pipe_does_not_block(tree: SourceTree) -> None:
    with pytest.raises(InvalidInput, match="not a regular file"):
        tree.find_text("pipe")


@pytest.mark.parametrize("path", ["/etc", "..", "dir/../..", "out/below", ".git", "dir\0", "dir\n"])
def test_directories_are_walked_as_carefully(tree: SourceTree, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        tree.has_directory(path)
    assert caught.value.code == "source_path_invalid"


@pytest.mark.parametrize("device", ["zero", "null", "full"])
def test_a_device_is_no_file(device: str) -> None:
    devices = SourceTree(Path("/dev"))
    assert not devices.has_file(device)
    with pytest.raises(InvalidInput, match="not a regular file"):
        devices.find_text(device)


def test_a_socket_is_no_file(tree: SourceTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(InvalidInput, match="cannot be read"):
            tree.find_text("socket")


def test_a_file_of_two_gigabytes_is_not_read(tree: SourceTree) -> None:
    with (tree.root / "huge").open("wb") as file:
        file.truncate(2 * 1024**3)
    tracemalloc.start()
    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        tree.find_text("huge")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize("swapped", ["dir", "dir/file.txt"])
def test_a_link_put_in_place_of_a_directory_or_file_while_it_is_opened_leads_nowhere(
    tree: SourceTree, tmp_path: Path, swapped: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file.txt").write_text("outside")
    victim, aside = tree.root / swapped, tree.root / "aside"
    target = outside if swapped == "dir" else outside / "file.txt"
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            victim.rename(aside)
            victim.symlink_to(target)
            victim.unlink()
            aside.rename(victim)

    swapper = threading.Thread(target=swap)
    swapper.start()
    found: set[str | None] = set()
    for _ in range(2000):
        with suppress(InvalidInput):
            found.add(tree.find_text("dir/file.txt"))
    over.set()
    swapper.join()
    assert found <= {"text", None}


def test_size_and_encoding_are_bounded(tree: SourceTree) -> None:
    (tree.root / "large").write_bytes(b"x" * 1_000_001)
    (tree.root / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        tree.find_text("large")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        tree.find_text("binary")


def test_no_descriptor_is_left_open(tree: SourceTree) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    for path in ("dir/file.txt", "missing", "dir/missing"):
        tree.find_text(path)
        tree.has_file(path)
        tree.list_names("dir")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - names only
