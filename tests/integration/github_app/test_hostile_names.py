"""Refs, commits and URLs that are commands in disguise: each is fetched as what it is, or refused."""

from pathlib import Path

import pytest

from domain.errors import InvalidInput, UserError
from domain.source import CloneAccess, parse_branch_name, parse_commit_sha
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from github_app.git import Git, GitError
from tests.integration.github_app.hosting import Developer, Hosted

LEGAL = (
    "-x", "--upload-pack=touch", "$(id)", "`id`", "a;id", "a&&id", "a|id", "a'b", 'a"b', "a>b", "a#b", "a%0ab", "a@b",
    "a+b", "HEAD", "refs/heads/x", "0" * 40, "<script>alert(1)</script>", "a=b,c=d", "a!b", "ветка/東京/🚀", "b" * 245,
    "feat/a", "feat-a", "Feat-A", "dependabot/npm_and_yarn/@types/node-22", "changeset-release/main",
)  # fmt: skip
"""Accepted by git and by GitHub, all in one repository at once."""
REFUSED = ("@", "--upload-pack=touch pwned", "a..b", "a.lock", "b" * 251)


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


def test_every_legal_branch_gives_its_own_files(
    tmp_path: Path,
    hosted: Hosted,
    developer: Developer,
    forge: GitHubForge,
    fetcher: GitFetcher,
    access: CloneAccess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    heads = {name: developer.commit("file", name) for name in LEGAL}
    for name, sha in heads.items():
        developer.push(f"{sha}:refs/heads/{name}")
    for name in LEGAL:
        head = forge.find_branch_head(hosted.address, parse_branch_name(name))
        assert head == heads[name], name
        with fetcher.fetch(access, head) as tree:
            assert (tree / "file").read_text() == name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkouts", "github", "work"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_git_takes_for_no_branch_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not a branch name git accepts") as caught:
        parse_branch_name(name)
    assert caught.value.code == "branch_name_invalid"


def test_forty_zeros_are_no_commit_to_be_fetched(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    developer.commit()
    developer.push(f"HEAD:refs/heads/{'0' * 40}")
    with pytest.raises(UserError) as caught, fetcher.fetch(access, parse_commit_sha("0" * 40)):
        pass
    assert caught.value.code == "commit_not_found"


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c touch% pwned",
        "file:///etc",
        "/etc",
        "-uhttp",
        "--upload-pack=touch pwned",
        "ssh://-oProxyCommand=touch pwned/x",
        "git@host.example:a/b.git",
        "git://127.0.0.1:9/a/b.git",
        "http://127.0.0.1:9/a/b.git",
        "ftp://127.0.0.1:9/a/b.git",
    ],
)
@pytest.mark.parametrize("command", ["fetch", "ls-remote"])
def test_git_itself_speaks_nothing_but_https(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, url: str
) -> None:
    """The second wall: such a URL does not come as far as git."""
    monkeypatch.chdir(tmp_path)
    git = Git()
    git.run("init", "--quiet", "--bare", "--template=", "--", str(tmp_path / "mirror"))
    with pytest.raises(GitError, match=r"not allowed|not appear to be a git|blocked|strange"):
        git.run("--git-dir", str(tmp_path / "mirror"), command, "--", url)
    assert [path.name for path in tmp_path.iterdir()] == ["mirror"]
