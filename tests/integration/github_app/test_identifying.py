"""What stands for the files of a commit, so that equal ones are known before they are written."""

from pathlib import Path

import pytest

from domain.errors import OperatorError, UserError
from domain.ports.forge import FetchOptions, Overlay
from domain.source import CloneAccess, CommitSha
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


def test_equal_files_have_one_name_and_others_another(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    first, second, back = (developer.publish("a.txt", text) for text in ("one", "two", "one"))
    names = [fetcher.identify(access, sha) for sha in (first, second, back)]

    assert names[0] == names[2] != names[1]
    assert len({first, second, back}) == 3


def test_nothing_is_written_and_a_fetch_afterwards_gives_the_files(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish("a.txt", "one")
    fetcher.identify(access, sha)

    with fetcher.fetch(access, sha) as tree:
        assert [path.name for path in tree.parent.parent.iterdir() if path.is_dir()] == [tree.parent.name]
        assert (tree / "a.txt").read_text() == "one"


def test_with_submodules_it_is_another_tree(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    sha = developer.publish("a.txt", "one")

    assert fetcher.identify(access, sha) != fetcher.identify(access, sha, options=FetchOptions(submodules=True))


def test_a_tree_of_two_commits_has_no_name(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    sha = developer.publish("a.txt", "one")

    assert fetcher.identify(access, sha, options=FetchOptions(overlay=Overlay(sha, ("a.txt",)))) is None


def test_a_broken_mirror_is_left_to_the_fetch(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish("a.txt", "one")
    assert fetcher.identify(access, sha)
    (tmp_path / "checkouts" / "mirrors" / f"{access.repository.id}.git" / "HEAD").write_text("?")

    assert fetcher.identify(access, sha) is None
    with fetcher.fetch(access, sha) as tree:
        assert (tree / "a.txt").read_text() == "one"


@pytest.mark.parametrize(("sha", "code"), [("b" * 40, "commit_not_found"), ("main", "commit_sha_invalid")])
def test_what_is_not_there_is_told_like_by_a_fetch(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, sha: str, code: str
) -> None:
    developer.publish("a.txt", "one")

    with pytest.raises((UserError, OperatorError)) as caught:
        fetcher.identify(access, CommitSha(sha))
    assert caught.value.code == code
