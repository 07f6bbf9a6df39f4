"""Repositories that are too much: each ends soon, with a sentence, and without filling disk or memory."""

import os
import time
from pathlib import Path

import pytest

from domain.errors import UserError
from domain.source import CloneAccess, CommitSha
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from github_app.git import Git, GitTookTooLong
from github_app.mirror import TreeLimits
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


@pytest.fixture
def bare(tmp_path: Path, hosted: Hosted) -> Path:
    """The repository on the server's disk."""
    return tmp_path / "github" / "repositories" / f"{hosted.repository.id}.git"


def sentence(fetcher: GitFetcher, access: CloneAccess, sha: CommitSha) -> str:
    with pytest.raises(UserError) as caught, fetcher.fetch(access, sha):
        pass
    assert caught.value.code == "tree_too_large"
    return caught.value.sentence


def nest(developer: Developer, names: list[str]) -> CommitSha:
    """Commit one file inside directories of these names."""
    entry = "100644 blob " + developer.git("hash-object", "-w", "--stdin", stdin=b"x")
    for name in reversed(names):
        tree = developer.git("mktree", stdin=f"{entry}\t{name}\n".encode())
        entry = f"040000 tree {tree}"
    return CommitSha(developer.git("commit-tree", "-m", "Deep", entry.split()[-1]))


@pytest.mark.parametrize(
    ("names", "reason"),
    [(["d" * 199] * 20, "a path of 3999 bytes"), (["d" * 255] * 15 + ["f" * 160], "a path of 4000 bytes")],
)
def test_a_path_of_4000_bytes_is_refused(
    bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, names: list[str], reason: str
) -> None:
    sha = nest(developer, names)
    developer.smuggle(bare, sha)
    assert reason in sentence(fetcher, access, sha)


def test_a_name_no_file_system_holds_is_refused(
    bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = nest(developer, ["f" * 256])
    developer.smuggle(bare, sha)
    assert "a file name of more than 255 bytes" in sentence(fetcher, access, sha)


def test_a_blob_that_unpacks_to_much_more_is_refused_before_it_is_written(
    tmp_path: Path, hosted: Hosted, bare: Path, developer: Developer, access: CloneAccess
) -> None:
    sha = developer.commit("zeros", bytes(40_000_000))
    developer.smuggle(bare, sha)
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, limits=TreeLimits(max_bytes=1_000_000))
    assert "40000000 bytes" in sentence(fetcher, access, sha)
    assert sum(path.stat().st_size for path in (tmp_path / "checkouts").rglob("*") if path.is_file()) < 1_000_000


def test_history_is_not_fetched(tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess) -> None:
    for _ in range(5):
        developer.commit("large", os.urandom(300_000))
    sha = developer.publish("large", "small now")
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, limits=TreeLimits(max_fetch_bytes=100_000))
    with fetcher.fetch(access, sha) as tree:
        assert (tree / "large").read_text() == "small now"


def test_a_fetch_has_five_minutes() -> None:
    assert Git().timeout_seconds == 300


def test_git_is_ended_when_its_time_is_over() -> None:
    git = Git(timeout_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(GitTookTooLong):
        git.run("-c", "alias.wait=!sleep 60", "wait")
    assert time.monotonic() - started < 5
