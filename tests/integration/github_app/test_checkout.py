"""A commit's files, brought here with real git over HTTP."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import OperatorError, TemporarilyUnavailable, UserError
from domain.secrets import Secret
from domain.source import CloneAccess, CommitSha
from github_app.checkout import GitFetcher
from github_app.client import GitHubHost
from github_app.forge import GitHubForge
from github_app.git import Git
from github_app.mirror import TreeLimits, locked_file
from github_app.simulator.faults import Fault, FaultKind, FaultTarget
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


def read(fetcher: GitFetcher, access: CloneAccess, sha: CommitSha) -> dict[str, str]:
    with fetcher.fetch(access, sha) as tree:
        files = [path for path in tree.rglob("*") if path.is_file()]
        return {str(path.relative_to(tree)): path.read_text() for path in files}


def refused(fetcher: GitFetcher, access: CloneAccess, sha: str) -> Exception:
    with pytest.raises((UserError, OperatorError)) as caught, fetcher.fetch(access, CommitSha(sha)):
        pass
    return caught.value


def mirror_of(tmp_path: Path, access: CloneAccess) -> Path:
    return tmp_path / "checkouts" / "mirrors" / f"{access.repository.id}.git"


def test_gives_the_tree_of_exactly_the_commit(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    first = developer.publish("a/b.txt", "one")
    second = developer.publish("a/b.txt", "two")
    assert read(fetcher, access, first) == {"a/b.txt": "one"}
    assert read(fetcher, access, second) == {"a/b.txt": "two"}


def test_the_directory_is_gone_afterwards(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    with fetcher.fetch(access, developer.publish()) as tree:
        assert not (tree / ".git").exists()
    assert not tree.exists()
    assert list((tmp_path / "checkouts" / "workspaces").iterdir()) == []


def test_it_is_gone_after_an_exception_too(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    with pytest.raises(KeyError), fetcher.fetch(access, developer.publish()) as tree:
        raise KeyError
    assert not tree.exists()


def test_a_commit_fetched_before_needs_no_network(
    hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish()
    read(fetcher, access, sha)
    hosted.github.simulation.faults.add(Fault(FaultKind.SERVER_ERROR, count=9, target=FaultTarget.GIT))
    assert read(fetcher, access, sha) == {"file": "x"}


def test_the_second_fetch_brings_only_what_is_new(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    read(fetcher, access, developer.publish("large", os.urandom(1_000_000).hex()))
    read(fetcher, access, developer.publish("small", "x"))
    packs = (mirror_of(tmp_path, access) / "objects" / "pack").glob("*.pack")
    assert min(pack.stat().st_size for pack in packs) < 2_000


def test_a_branch_named_like_a_commit_does_not_take_its_place(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    good = developer.publish("file", "good")
    developer.commit("file", "evil")
    developer.push(f"HEAD:refs/heads/{good}", f"HEAD:refs/tags/{good}", "HEAD:refs/tags/main")
    assert read(fetcher, access, good) == {"file": "good"}


def test_a_commit_that_is_not_there_is_the_users_news(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    developer.publish()
    error = refused(fetcher, access, "1" * 40)
    assert error.code == "commit_not_found"
    assert "acme/shop does not have commit 1111" in str(error)


def test_an_id_of_something_else_is_no_commit(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    developer.publish()
    tree = developer.git("rev-parse", "HEAD^{tree}")
    assert refused(fetcher, access, tree).code == "commit_not_found"


@pytest.mark.parametrize("sha", ["main", "--upload-pack=touch x", "1" * 7, "HEAD", ""])
def test_anything_but_a_full_id_is_refused(fetcher: GitFetcher, access: CloneAccess, sha: str) -> None:
    assert refused(fetcher, access, sha).code == "commit_sha_invalid"


@pytest.mark.parametrize(
    "url", ["https://evil.example/acme/shop.git", "ext::sh -c id", "file:///etc", "--upload-pack=x", "{}@evil.example/"]
)
def test_only_the_configured_github_is_cloned_from(
    hosted: Hosted, fetcher: GitFetcher, access: CloneAccess, url: str
) -> None:
    elsewhere = replace(access, url=url.format(hosted.github.page_url))
    assert refused(fetcher, elsewhere, "1" * 40).code == "clone_url_invalid"


def test_a_refused_token_is_temporary_and_not_told(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    expired = replace(access, token=Secret("ghs_0123456789expired"))
    error = refused(fetcher, expired, developer.publish())
    assert error.code == "clone_failed"
    assert "ghs_" not in str(error)


def test_github_failing_is_temporary(
    hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish()
    hosted.github.simulation.faults.add(Fault(FaultKind.SERVER_ERROR, target=FaultTarget.GIT))
    error = refused(fetcher, access, sha)
    assert isinstance(error, TemporarilyUnavailable)
    assert error.code == "clone_failed"
    assert read(fetcher, access, sha) == {"file": "x"}


def test_a_redirect_is_not_followed(
    hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish()
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    assert refused(fetcher, access, sha).code == "clone_failed"
    assert hosted.requested("store.git") == []


def test_concurrent_fetches_do_not_disturb_each_other(
    developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    shas = [developer.publish("file", f"{number}") for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda sha: read(fetcher, access, sha), shas * 2))
    assert trees == [{"file": f"{number}"} for number in range(4)] * 2


def test_what_a_killed_git_left_does_not_matter(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    read(fetcher, access, developer.publish())
    mirror = mirror_of(tmp_path, access)
    for leftover in ("shallow.lock", "HEAD.lock", "objects/pack/tmp_pack_x", "refs/fetched/x.lock"):
        (mirror / leftover).write_text("half")
    assert read(fetcher, access, developer.publish("file", "y")) == {"file": "y"}
    assert not (mirror / "objects/pack/tmp_pack_x").exists()


@pytest.mark.parametrize("damage", ["objects", "HEAD", "config", "refs"])
def test_a_damaged_mirror_is_made_anew(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess, damage: str
) -> None:
    sha = developer.publish()
    read(fetcher, access, sha)
    victim = mirror_of(tmp_path, access) / damage
    shutil.rmtree(victim) if victim.is_dir() else victim.write_text("?")
    assert read(fetcher, access, sha) == {"file": "x"}


def test_a_truncated_pack_is_fetched_again(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.publish()
    read(fetcher, access, sha)
    (pack,) = (mirror_of(tmp_path, access) / "objects" / "pack").glob("*.pack")
    pack.chmod(0o644)
    os.truncate(pack, 40)
    assert read(fetcher, access, sha) == {"file": "x"}


@pytest.mark.parametrize(
    "limits", [TreeLimits(max_files=2), TreeLimits(max_bytes=1_000), TreeLimits(max_fetch_bytes=1_000)]
)
def test_a_tree_too_large_is_the_users_news(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess, limits: TreeLimits
) -> None:
    for name in ("a", "b"):
        developer.commit(name)
    fetcher = GitFetcher(tmp_path / "small", hosted.host, limits=limits)
    error = refused(fetcher, access, developer.publish("c", os.urandom(20_000)))
    assert (error.code, isinstance(error, UserError)) == ("tree_too_large", True)
    assert not list((tmp_path / "small" / "workspaces").iterdir())


def test_a_mirror_grown_too_large_starts_anew(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess
) -> None:
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, limits=TreeLimits(max_mirror_bytes=10_000))
    read(fetcher, access, developer.publish("file", os.urandom(20_000).hex()))
    read(fetcher, access, developer.publish("file", "small"))
    assert len(list((mirror_of(tmp_path, access) / "objects" / "pack").glob("*.pack"))) == 1


def test_a_git_that_hangs_is_ended_with_all_it_started(tmp_path: Path, hosted: Hosted, access: CloneAccess) -> None:
    stuck = tmp_path / "stuck-git"
    stuck.write_text(
        f"#!/bin/sh\ntrap '' TERM\n[ $1 = fetch ] || exec git \"$@\"\nsleep 300 & echo $! > {tmp_path}/child\nwait\n"
    )
    stuck.chmod(0o755)
    git = Git(program=str(stuck), protocols="http", timeout_seconds=0.5)
    error = refused(GitFetcher(tmp_path / "checkouts", hosted.host, git=git), access, "1" * 40)
    assert (error.code, "longer than" in str(error)) == ("clone_failed", True)
    child = (tmp_path / "child").read_text().strip()
    # Ended, or ended and not yet collected by whoever inherited it.
    status = Path(f"/proc/{child}/status")
    assert not status.exists() or "(zombie)" in status.read_text()


def test_without_git_the_operator_is_told(tmp_path: Path, hosted: Hosted, access: CloneAccess) -> None:
    fetcher = GitFetcher(tmp_path, hosted.host, git=Git(program="git-is-not-here"))
    assert refused(fetcher, access, "1" * 40).code == "git_not_found"


def test_leftovers_of_killed_processes_are_removed_and_work_is_not(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    dead = tmp_path / "checkouts" / "workspaces" / "dead"
    with fetcher.fetch(access, developer.publish()) as tree:
        (dead / "tree").mkdir(parents=True)
        assert fetcher.remove_leftovers() == 1
        assert tree.exists()
    assert not dead.exists()
    assert fetcher.remove_leftovers() == 0


def test_a_killed_process_leaves_what_the_next_one_removes(tmp_path: Path) -> None:
    workspace = tmp_path / "workspaces" / "killed"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom github_app.mirror import locked_file\n"
        f"p = Path({str(workspace)!r})\n"
        "with locked_file(p.with_suffix('.lock'), 0):\n"
        "    p.mkdir()\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    from_host = {"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[3])}
    fetcher = GitFetcher(tmp_path, GitHubHost())
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=from_host) as process:
        assert process.stdout.readline() == b"ready\n"
        assert fetcher.remove_leftovers() == 0
        process.kill()
    assert fetcher.remove_leftovers() == 1
    assert not workspace.exists()


def test_a_lock_held_elsewhere_is_waited_for_only_so_long(
    tmp_path: Path, hosted: Hosted, access: CloneAccess, spied_git: Callable[[], Git]
) -> None:
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, git=replace(spied_git(), timeout_seconds=0.2))
    started = time.monotonic()
    with locked_file(mirror_of(tmp_path, access).with_suffix(".lock"), 0):
        assert refused(fetcher, access, "1" * 40).code == "clone_failed"
    assert time.monotonic() - started < 5
