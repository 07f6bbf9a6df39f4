"""Submodules: off unless asked for, and then only what was granted, by the commit the tree names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.errors import ServiceError
from domain.ports.forge import FetchOptions
from domain.source import CloneAccess, CommitSha, RepositoryAddress
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from github_app.git import Git
from github_app.mirror import TreeLimits
from github_app.submodules import MAX_DEPTH, find_repository_name
from tests.integration.github_app.hosting import Developer, Hosted


@dataclass
class Library:
    """Another repository of the account, its one commit, and the right to read it."""

    access: CloneAccess
    sha: CommitSha
    developer: Developer


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


@pytest.fixture
def bare(tmp_path: Path, hosted: Hosted) -> Path:
    """The repository on the server's disk."""
    return tmp_path / "github" / "repositories" / f"{hosted.repository.id}.git"


@pytest.fixture
def make_library(tmp_path: Path, hosted: Hosted, forge: GitHubForge) -> Callable[[str], Library]:
    def make(name: str) -> Library:
        repository = hosted.github.create_repository("acme", name)
        hosted.github.install("acme")
        developer = Developer(tmp_path / f"work-{name}", hosted.github.push_url(f"acme/{name}"))
        sha = developer.publish("code.py", f"# {name}")
        address = RepositoryAddress(hosted.installation.id, repository.id)
        return Library(forge.grant_clone(address), sha, developer)

    return make


@pytest.fixture
def library(make_library: Callable[[str], Library]) -> Library:
    return make_library("lib")


def commit(developer: Developer, path: str, url: str, sha: str) -> CommitSha:
    """Commit a submodule."""
    developer.write(".gitmodules", f'[submodule "x"]\n\tpath = "{path}"\n\turl = "{url}"\n')
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
    (developer.directory / path).mkdir(parents=True, exist_ok=True)
    return developer.commit("file", f"{path} {url} {sha}")


def put(developer: Developer, path: str, url: str, sha: str) -> CommitSha:
    """Commit a submodule and push it."""
    committed = commit(developer, path, url, sha)
    developer.push()
    return committed


def granting(*libraries: Library) -> FetchOptions:
    return FetchOptions(submodules=True, grants={one.access.repository.full_name: one.access for one in libraries})


def read(fetcher: GitFetcher, access: CloneAccess, sha: CommitSha, options: FetchOptions) -> Mapping[str, str]:
    with fetcher.fetch(access, sha, options=options) as tree:
        return {str(path.relative_to(tree)): path.read_text() for path in tree.rglob("*") if path.is_file()}


def refused(fetcher: GitFetcher, access: CloneAccess, sha: CommitSha, options: FetchOptions) -> ServiceError:
    with pytest.raises(ServiceError) as caught, fetcher.fetch(access, sha, options=options):
        pass
    return caught.value


def test_they_are_off_by_default(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    sha = put(developer, "libs/lib", "../lib.git", library.sha)
    assert "libs/lib/code.py" not in read(fetcher, access, sha, FetchOptions())


@pytest.mark.parametrize(
    "url", ["../lib.git", "../lib", "../../acme/lib.git", "{github}/Acme/LIB.git", "{github}/acme/lib/"]
)
def test_a_granted_one_is_fetched_at_the_commit_of_the_tree(
    hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library, url: str
) -> None:
    library.developer.publish("code.py", "# newer")
    sha = put(developer, "libs/lib", url.format(github=hosted.host.web_url.rstrip("/")), library.sha)
    assert read(fetcher, access, sha, granting(library))["libs/lib/code.py"] == "# lib"


def test_each_is_fetched_with_its_own_token_from_its_own_mirror(
    tmp_path: Path,
    hosted: Hosted,
    developer: Developer,
    access: CloneAccess,
    library: Library,
    spied_git: Callable[[], Git],
) -> None:
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, git=spied_git())
    read(fetcher, access, put(developer, "lib", "../lib.git", library.sha), granting(library))
    # What the last fetch of git, that of the submodule, had in its environment.
    text = (tmp_path / "notes" / "environment-fetch").read_text()
    assert f"http.{library.access.url}.extraHeader" in text
    assert access.url not in text
    mirrors = {path.name for path in (tmp_path / "checkouts" / "mirrors").glob("*.git")}
    assert mirrors == {f"{access.repository.id}.git", f"{library.access.repository.id}.git"}


def test_a_private_repository_of_the_same_installation_needs_a_grant_too(
    hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    sha = put(developer, "libs/lib", "../lib.git", library.sha)
    before = len(hosted.requested("lib.git"))
    error = refused(fetcher, access, sha, FetchOptions(submodules=True))
    assert error.code == "submodule_not_accessible"
    for word in ("'libs/lib'", "../lib.git", "acme/lib", "give the GitHub App access"):
        assert word in error.sentence
    assert len(hosted.requested("lib.git")) == before


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/acme/lib.git",
        "https:///acme/lib.git",
        "https://",
        "ssh://git@{host}/acme/lib.git",
        "git@{host}:acme/lib.git",
        "http://user:password@{host}/acme/lib.git",
        "http://{host}:1/acme/lib.git",
        "http://{host}@evil.example/acme/lib.git",
        "http://{host}/acme/lib.git?x=password",
        "../../../evil.example/acme/lib.git",
        "../../../../../lib.git",
        "/etc",
        "http://{host}/acme/%6cib.git",
        "http://[/acme/lib.git",
    ],
)
def test_another_place_is_refused_with_path_and_url(
    hosted: Hosted,
    bare: Path,
    developer: Developer,
    fetcher: GitFetcher,
    access: CloneAccess,
    library: Library,
    url: str,
) -> None:
    host = hosted.host.web_url.partition("//")[2].rstrip("/")
    sha = commit(developer, "lib", url.format(host=host), library.sha)
    developer.smuggle(bare, sha)
    error = refused(fetcher, access, sha, granting(library))
    # An empty host git itself refuses.
    assert error.code == (
        "repository_refused" if "https:///" in url or url == "https://" else "submodule_not_accessible"
    )
    assert "password" not in error.sentence


@pytest.mark.parametrize(
    "url",
    [
        "https:///acme/lib",
        "https://",
        "ext::sh -c id",
        "file:///acme/lib",
        "--upload-pack=x",
        "",
        "https://x.example\t/a/b",
    ],
)
def test_what_is_no_url_of_the_configured_github_names_no_repository(url: str) -> None:
    assert find_repository_name(url, "https://github.example/acme/shop.git", "https://github.example") is None


def test_inner_ones_are_relative_to_their_own_repository_and_need_grants(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, make_library: Callable[[str], Library]
) -> None:
    outer, inner = make_library("outer"), make_library("inner")
    outer_sha = put(outer.developer, "deep", "../inner.git", inner.sha)
    sha = put(developer, "a", "../outer.git", outer_sha)
    assert read(fetcher, access, sha, granting(outer, inner))["a/deep/code.py"] == "# inner"
    error = refused(fetcher, access, sha, granting(outer))
    assert (error.code, "'a/deep'" in error.sentence) == ("submodule_not_accessible", True)


def test_they_are_not_followed_without_end(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    sha = library.sha
    for _ in range(MAX_DEPTH):
        sha = put(library.developer, "inner", "../lib.git", sha)
    error = refused(fetcher, access, put(developer, "top", "../lib.git", sha), granting(library))
    assert (error.code, "5 deep" in error.sentence) == ("submodule_refused", True)


@pytest.mark.parametrize("path", ["sub\r", "a/sub\x7f", "sub\\x", "s\u200cub"])
def test_a_path_that_is_not_what_it_looks_like_is_refused(
    bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library, path: str
) -> None:
    """Among them that of CVE-2025-48384: git reads a path with a return at its end and writes one without."""
    quoted = path.replace("\\", "\\\\")
    developer.write(".gitmodules", f'[submodule "x"]\n\tpath = "{quoted}"\n\turl = ../lib.git\n')
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{library.sha},{path}")
    developer.git("add", ".gitmodules")
    developer.git("commit", "--quiet", "--message=Odd")
    sha = CommitSha(developer.git("rev-parse", "HEAD"))
    developer.smuggle(bare, sha)
    assert refused(fetcher, access, sha, granting(library)).code == "submodule_refused"


def test_a_link_beside_a_submodule_leads_nowhere(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    """The tree of CVE-2024-32002: on a file system without case, `a` leads where `A/modules/x` is written."""
    (developer.directory / "a").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    sha = put(developer, "A/modules/x", "../lib.git", library.sha)
    assert "A/modules/x/code.py" in read(fetcher, access, sha, granting(library))
    assert list((tmp_path / "outside").iterdir()) == []


def test_hooks_of_a_submodule_do_not_run(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    hook = library.developer.directory / "y/hooks/post-checkout"
    library.developer.write("y/hooks/post-checkout", f"#!/bin/sh\ntouch {tmp_path}/executed\n")
    hook.chmod(0o755)
    sha = put(developer, "A/modules/x", "../lib.git", library.developer.publish())
    assert "A/modules/x/y/hooks/post-checkout" in read(fetcher, access, sha, granting(library))
    assert not (tmp_path / "executed").exists()


def test_a_submodule_without_declaration_is_named(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{library.sha},lost")
    (developer.directory / "lost").mkdir()
    error = refused(fetcher, access, developer.publish(), granting(library))
    assert (error.code, "'lost'" in error.sentence) == ("submodule_refused", True)


def test_declarations_include_no_file_of_this_machine(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    secret = tmp_path / "secret"
    secret.write_text('[submodule "x"]\n\tpath = lib\n\turl = ../lib.git\n')
    developer.write(".gitmodules", f"[include]\n\tpath = {secret}\n")
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{library.sha},lib")
    (developer.directory / "lib").mkdir()
    assert refused(fetcher, access, developer.publish(), granting(library)).code == "submodule_refused"


@pytest.mark.parametrize("declarations", ["[submodule", "\0", "\xff = 1"])
def test_declarations_that_cannot_be_read_are_the_users_news(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library, declarations: str
) -> None:
    put(developer, "lib", "../lib.git", library.sha)
    error = refused(fetcher, access, developer.publish(".gitmodules", declarations), granting(library))
    assert error.code in {"submodule_refused", "repository_refused"}


def test_a_commit_the_library_lacks_is_named_with_the_path(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, library: Library
) -> None:
    error = refused(fetcher, access, put(developer, "lib", "../lib.git", "1" * 40), granting(library))
    assert (error.code, "'lib'" in error.sentence) == ("commit_not_found", True)


def test_all_of_them_together_have_the_limits_of_one_tree(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess, library: Library
) -> None:
    sha = put(developer, "lib", "../lib.git", library.sha)
    fetcher = GitFetcher(tmp_path / "small", hosted.host, limits=TreeLimits(max_files=3))
    assert refused(fetcher, access, sha, granting(library)).code == "tree_too_large"


def test_a_path_is_as_long_as_its_submodules_make_it(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess, library: Library
) -> None:
    sha = put(developer, "d" * 40, "../lib.git", library.sha)
    fetcher = GitFetcher(tmp_path / "small", hosted.host, limits=TreeLimits(max_path_bytes=45))
    assert refused(fetcher, access, sha, granting(library)).code == "tree_too_large"
