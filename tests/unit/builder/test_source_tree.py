import os
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
    "path", ["/etc/passwd", "../outside.txt", "dir/../../outside.txt", "", ".", ".git/x", "link.txt", "out/outside.txt"]
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
