"""Ignored paths: git and we agree about every pattern and path."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.targets import Changes
from operations.changes import judge_changes
from operations.gitignore import is_ignored, parse_patterns

PIECES = (
    *("a", "b", "A", ".", "*", "**", "?", "/", "!", "[ab]", "[!a]", "[^a]", "[a-c]", "[]a]", "[.-0]", "[[:alpha:]]"),
    *("[[:digit:]-]", "[[:x:]]", "[\\]]", "[", "]", "\\", " ", "#", "-", "ab", "\t", "é", "\r"),
)
PATTERNS = st.lists(
    st.text(st.sampled_from("ab/*!"), max_size=6) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    min_size=1,
    max_size=4,
)
NAMES = st.text(st.sampled_from("aabbA.#! -é\\[]*"), min_size=1, max_size=3).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@pytest.fixture(scope="module")
def repository() -> Iterator[Path]:
    with _repository() as path:
        yield path


@contextmanager
def _repository() -> Iterator[Path]:
    with TemporaryDirectory() as directory:
        subprocess.run(["git", "init", "--quiet", directory], check=True)
        subprocess.run(["git", "-C", directory, "config", "core.ignoreCase", "false"], check=True)
        yield Path(directory)


def git_ignores(repository: Path, patterns: list[str], paths: list[str]) -> set[str]:
    (repository / ".git/info/exclude").write_bytes("".join(f"{each}\n" for each in patterns).encode())
    ran = subprocess.run(
        ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=repository,
        input="".join(f"{path}\0" for path in paths).encode(),
        capture_output=True,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stderr
    return set(ran.stdout.decode().split("\0")) - {""}


@settings(max_examples=300, deadline=None)
@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=20))
@example(["docs/", "!docs/keep.md"], ["docs/keep.md", "docs/a", "a/docs/b"])
@example(["b", "!a"], ["a/b", "a"])
@example(["a**/b", "*/****"], ["a/b", "ax/b", "a", "a/x/b", "b/c"])
@example(["ab**/*"], ["ab", "ab/c", "abc"])
@example(["/[!a]*", "[.-0]b"], ["b/c", "b", "0b"])
def test_git_and_we_agree(repository: Path, patterns: list[str], paths: list[str]) -> None:
    expected = git_ignores(repository, patterns, paths)

    assert {path for path in paths if is_ignored(parse_patterns(patterns), path)} == expected


def test_a_file_below_an_ignored_directory_is_not_taken_back() -> None:
    patterns = parse_patterns(["docs/", "!docs/keep.md"])
    assert is_ignored(patterns, "docs/keep.md")
    assert not is_ignored(parse_patterns(["docs/*", "!docs/keep.md"]), "docs/keep.md")


@pytest.mark.parametrize("line", ["", "#docs", "   ", "!", "/", "a\\", "[a", "[[:no:]]"])
def test_a_line_that_means_nothing_ignores_nothing(line: str) -> None:
    assert not is_ignored(parse_patterns([line]), "a")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (None, Changes.UNKNOWN),
        ((), Changes.RELEVANT),
        (("docs/a.md", "README.md"), Changes.IGNORED_ONLY),
        (("docs/a.md", "trigger/a.py"), Changes.RELEVANT),
    ],
)
def test_a_push_is_ignored_only_when_every_path_is(changed: tuple[str, ...] | None, expected: Changes) -> None:
    assert judge_changes(["docs/", "*.md"], changed) is expected
