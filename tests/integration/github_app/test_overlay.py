"""Files that come from another commit: what a fork's pull request is configured with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import InvalidInput
from domain.ports.forge import FetchOptions, Overlay
from domain.source import CloneAccess, CommitSha
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from tests.integration.github_app.hosting import Developer, Hosted

CONFIG = "apps/shop/trigger.config.py"
Fork = Callable[[Developer], None]


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


@pytest.fixture
def base(developer: Developer) -> CommitSha:
    developer.write("main.py", "base")
    return developer.publish(CONFIG, "base")


def take_away(developer: Developer, path: str) -> None:
    developer.git("rm", "-r", "--quiet", "--", path)


def edit(developer: Developer) -> None:
    developer.write(CONFIG, "evil")


def delete(developer: Developer) -> None:
    take_away(developer, CONFIG)


def make_it_a_directory(developer: Developer) -> None:
    take_away(developer, CONFIG)
    developer.write(f"{CONFIG}/inner/evil.py", "evil")


def make_it_a_link(developer: Developer) -> None:
    take_away(developer, CONFIG)
    (developer.directory / "apps/shop").mkdir(parents=True)
    (developer.directory / CONFIG).symlink_to("/etc/passwd")


def make_its_parent_a_link(developer: Developer) -> None:
    take_away(developer, "apps")
    (developer.directory / "apps").symlink_to("/etc")


def make_its_parent_a_file(developer: Developer) -> None:
    take_away(developer, "apps")
    developer.write("apps", "evil")


def make_its_parent_a_submodule(developer: Developer) -> None:
    take_away(developer, "apps")
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},apps/shop")
    (developer.directory / "apps/shop").mkdir(parents=True)


ATTEMPTS = (
    edit,
    delete,
    make_it_a_directory,
    make_it_a_link,
    make_its_parent_a_link,
    make_its_parent_a_file,
    make_its_parent_a_submodule,
)


def with_overlay(sha: CommitSha, *paths: str) -> FetchOptions:
    return FetchOptions(overlay=Overlay(sha, paths))


def fork_off(developer: Developer, attempt: Fork) -> CommitSha:
    attempt(developer)
    return developer.publish("main.py", "of the fork")


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_fork_gets_the_configuration_of_the_base(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, base: CommitSha, attempt: Fork
) -> None:
    sha = fork_off(developer, attempt)
    with fetcher.fetch(access, sha, options=with_overlay(base, CONFIG)) as tree:
        assert (tree / CONFIG).read_text() == "base"
        assert (tree / "main.py").read_text() == "of the fork"
        assert not any(path.is_symlink() for path in tree.rglob("*"))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_the_base_does_not_have_is_removed(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, base: CommitSha, attempt: Fork
) -> None:
    without = developer.commit("other")
    take_away(developer, "apps")
    without = developer.publish("other", "y")
    developer.git("checkout", "--quiet", base)
    sha = fork_off(developer, attempt)
    with fetcher.fetch(access, sha, options=with_overlay(without, CONFIG)) as tree:
        assert sorted(path.name for path in tree.rglob("*") if not path.is_dir()) == ["main.py"]


def test_a_link_out_of_the_tree_is_written_through_by_nobody(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, base: CommitSha
) -> None:
    outside = tmp_path / "outside"
    (outside / "shop").mkdir(parents=True)
    (outside / "shop/trigger.config.py").write_text("of the host")
    take_away(developer, "apps")
    (developer.directory / "apps").symlink_to(outside)
    with fetcher.fetch(access, developer.publish(), options=with_overlay(base, CONFIG, "apps/shop/gone.py")) as tree:
        assert (tree / CONFIG).read_text() == "base"
    assert [path.name for path in outside.rglob("*")] == ["shop", "trigger.config.py"]
    assert (outside / "shop/trigger.config.py").read_text() == "of the host"


def test_only_the_named_files_are_exchanged(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, base: CommitSha
) -> None:
    sha = developer.publish("apps/shop/tasks.py", "of the fork")
    for path in (CONFIG, f"./{CONFIG}", "-x", "$(id)", "*", "apps"):
        options = with_overlay(base, path)
        with fetcher.fetch(access, sha, options=options) as tree:
            # A directory is no file: the base has no file called "apps", so there is none.
            assert (tree / "apps/shop/tasks.py").exists() == (path != "apps"), path


def test_files_keep_their_mode(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    developer.write("run.sh", "base")
    (developer.directory / "run.sh").chmod(0o755)
    base = developer.publish()
    (developer.directory / "run.sh").chmod(0o644)
    sha = developer.publish("run.sh", "evil")
    with fetcher.fetch(access, sha, options=with_overlay(base, "run.sh")) as tree:
        assert (tree / "run.sh").read_text() == "base"
        assert (tree / "run.sh").stat().st_mode & 0o111


def test_the_mirror_and_the_commit_are_as_before(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess, base: CommitSha
) -> None:
    sha = fork_off(developer, edit)
    with fetcher.fetch(access, sha, options=with_overlay(base, CONFIG)):
        pass
    with fetcher.fetch(access, sha) as tree:
        assert (tree / CONFIG).read_text() == "evil"


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "//x", ".git/config", "a/.GIT/x", "a\0b", "a\\b", "a\rb"],
)
def test_a_path_that_leaves_the_repository_is_refused(
    fetcher: GitFetcher, access: CloneAccess, base: CommitSha, path: str
) -> None:
    with pytest.raises(InvalidInput) as caught, fetcher.fetch(access, base, options=with_overlay(base, path)):
        pass
    assert caught.value.code == "source_path_invalid"
