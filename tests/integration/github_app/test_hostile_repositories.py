"""Repositories made to do harm: nothing of them runs here, and the token stays where it belongs."""

import base64
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from domain.errors import TemporarilyUnavailable, UserError
from domain.source import CloneAccess, CommitSha
from github_app.checkout import GitFetcher
from github_app.forge import GitHubForge
from github_app.git import Git
from tests.integration.github_app.hosting import Developer, Hosted


@pytest.fixture
def access(hosted: Hosted, forge: GitHubForge) -> CloneAccess:
    return forge.grant_clone(hosted.address)


@pytest.fixture
def bare(tmp_path: Path, hosted: Hosted) -> Path:
    """The repository on the server's disk."""
    return tmp_path / "github" / "repositories" / f"{hosted.repository.id}.git"


def refusal(fetcher: GitFetcher, access: CloneAccess, sha: CommitSha) -> str:
    with pytest.raises(UserError) as caught, fetcher.fetch(access, sha):
        pass
    return caught.value.code


def test_nothing_of_the_repository_runs(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    marker = tmp_path / "executed"
    program = f"#!/bin/sh\ntouch {marker}\n"
    developer.write(".gitattributes", "* filter=evil diff=evil merge=evil\n*.lfs filter=lfs\n")
    developer.write(
        ".gitconfig", f'[filter "evil"]\nsmudge = touch {marker}\nrequired\n[core]\nfsmonitor = touch {marker}\n'
    )
    developer.write(".lfsconfig", "[lfs]\nurl = http://127.0.0.1:9/evil\n")
    developer.write("large.lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1\n")
    for hook in ("hooks/post-checkout", "hooks/reference-transaction", "hooks/post-index-change"):
        developer.write(hook, program)
        (developer.directory / hook).chmod(0o755)
    developer.git("config", "core.attributesFile", "/dev/null")
    with fetcher.fetch(access, developer.publish()) as tree:
        assert (tree / "large.lfs").read_text().startswith("version https://git-lfs")
        assert (tree / "hooks/post-checkout").read_text() == program
    assert not marker.exists()


def test_symbolic_links_stay_links(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    for name, target in (("passwd", "/etc/passwd"), ("up", "../../.."), ("loop", "loop"), ("gone", "nowhere")):
        (developer.directory / name).symlink_to(target)
    with fetcher.fetch(access, developer.publish()) as tree:
        links = {path.name: str(path.readlink()) for path in tree.iterdir() if path.is_symlink()}
    assert links == {"passwd": "/etc/passwd", "up": "../../..", "loop": "loop", "gone": "nowhere"}


def test_submodules_are_not_fetched(developer: Developer, fetcher: GitFetcher, access: CloneAccess) -> None:
    developer.write(".gitmodules", '[submodule "x"]\npath = sub\nurl = http://127.0.0.1:9/x.git\n')
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    with fetcher.fetch(access, developer.publish("sub/.keep", "")) as tree:
        assert [path.name for path in tree.rglob("*") if path.is_file()] == [".gitmodules"]


def test_a_tree_that_would_write_outside_or_into_git_is_refused(
    tmp_path: Path, bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    blob = bytes.fromhex(developer.git("hash-object", "-w", "--stdin", stdin=b"evil"))
    for name in (".git", ".GIT", ".git ", "..", ".", "git~1", ".g\u200cit", ".git\\config"):
        sha = developer.smuggle_tree(bare, b"100644 " + name.encode() + b"\0" + blob)
        assert refusal(fetcher, access, sha) == "repository_refused", ascii(name)
    assert not list((tmp_path / "checkouts" / "workspaces").iterdir())


def test_a_link_and_a_directory_of_one_name_are_refused(
    tmp_path: Path, bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    link = bytes.fromhex(developer.git("hash-object", "-w", "--stdin", stdin=str(tmp_path).encode()))
    blob = bytes.fromhex(developer.git("hash-object", "-w", "--stdin", stdin=b"evil"))
    inner = developer.git("hash-object", "-w", "-t", "tree", "--stdin", stdin=b"100644 escaped\0" + blob)
    sha = developer.smuggle_tree(bare, b"120000 a\0" + link + b"40000 a\0" + bytes.fromhex(inner))
    assert refusal(fetcher, access, sha) == "repository_refused"
    assert not (tmp_path / "escaped").exists()


def test_a_submodule_url_that_is_an_option_is_refused(
    bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    sha = developer.commit(".gitmodules", '[submodule "x"]\npath = sub\nurl = --upload-pack=touch\n')
    developer.smuggle(bare, sha)
    assert refusal(fetcher, access, sha) == "repository_refused"


def test_a_tree_of_ten_thousand_million_files_is_refused_soon(
    bare: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    entry = b"100644 blob " + developer.git("hash-object", "-w", "--stdin", stdin=b"x").encode()
    for _level in range(10):
        listing = b"".join(entry + b"\tdirectory%d\n" % number for number in range(10))
        entry = b"040000 tree " + developer.git("mktree", stdin=listing).encode()
    sha = CommitSha(developer.git("commit-tree", "-m", "Bomb", entry.split()[-1].decode()))
    # Not pushed: the simulator would list every one of the files in its delivery.
    developer.smuggle(bare, sha)
    started = time.monotonic()
    assert refusal(fetcher, access, sha) == "tree_too_large"
    assert time.monotonic() - started < 20


def test_the_token_is_in_no_argument_file_or_other_process(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess, spied_git: Callable[[], Git]
) -> None:
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, git=spied_git())
    token = access.token.reveal()
    forms = [token, base64.b64encode(f"x-access-token:{token}".encode()).decode()]
    with fetcher.fetch(access, developer.publish()):
        files = [path for root in ("checkouts", "notes") for path in (tmp_path / root).rglob("*") if path.is_file()]
        holders = {path.name for path in files if any(form.encode() in path.read_bytes() for form in forms)}
    assert holders == {"environment-fetch"}
    assert "git remote-http" in (tmp_path / "notes" / "trace").read_text()


def test_the_token_is_in_no_command_line_while_git_runs(
    tmp_path: Path, hosted: Hosted, developer: Developer, access: CloneAccess, slow_git: Git
) -> None:
    token = access.token.reveal()
    forms = [token, base64.b64encode(f"x-access-token:{token}".encode()).decode()]
    sha = developer.publish()
    over = threading.Event()
    seen: set[bytes] = set()

    def look() -> None:
        while not over.is_set():
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(line.read_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    with GitFetcher(tmp_path / "checkouts", hosted.host, git=slow_git).fetch(access, sha):
        over.set()
    watcher.join()
    assert any(b"remote-http" in line for line in seen)
    assert any(b"refs/fetched/" in line for line in seen)
    assert [line for line in seen if any(form.encode() in line for form in forms)] == []


def test_the_token_is_in_no_error_and_no_log_line(
    tmp_path: Path, hosted: Hosted, access: CloneAccess, capfd: pytest.CaptureFixture[str]
) -> None:
    token = access.token.reveal()
    forms = [token, base64.b64encode(f"x-access-token:{token}".encode()).decode()]
    talkative = tmp_path / "talkative-git"
    talkative.write_text(
        "#!/bin/sh\n"
        '[ "$1" = fetch ] || exec git "$@"\n'
        f'echo "fatal: unable to access {forms[0]} {forms[1]}" >&2; env >&2; exit 128\n'
    )
    talkative.chmod(0o755)
    fetcher = GitFetcher(tmp_path / "checkouts", hosted.host, git=Git(program=str(talkative), protocols="http"))
    with pytest.raises(TemporarilyUnavailable) as caught, fetcher.fetch(access, CommitSha("1" * 40)):
        pass
    told = "".join(traceback.format_exception(caught.value)) + "".join(capfd.readouterr()) + repr(access)
    assert [form for form in forms if form in told] == []


def test_the_mirrors_configuration_is_what_git_made(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    """Neither the token nor the address nor anything of the repository is in it, and there are no hooks."""
    developer.write(".gitconfig", "[core]\n\thooksPath = hooks\n")
    developer.write("config", "[core]\n\tfsmonitor = touch pwned\n")
    with fetcher.fetch(access, developer.publish()):
        mirror = tmp_path / "checkouts" / "mirrors" / f"{access.repository.id}.git"
        words = "".join((mirror / "config").read_text().split())
        assert words == "[core]repositoryformatversion=0filemode=truebare=true"
        assert not (mirror / "hooks").exists()


def test_a_bare_repository_inside_the_tree_runs_nothing(
    tmp_path: Path, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    marker = tmp_path / "executed"
    for place in ("", "inner/"):
        developer.write(f"{place}HEAD", "ref: refs/heads/main\n")
        developer.write(f"{place}config", f"[core]\n\tbare = true\n\tfsmonitor = touch {marker}\n")
        developer.write(f"{place}objects/keep")
        developer.write(f"{place}refs/keep")
    with fetcher.fetch(access, developer.publish()) as tree:
        assert (tree / "inner/config").exists()
    assert not marker.exists()


def test_large_files_stay_pointers_and_their_servers_are_not_asked(
    tmp_path: Path, hosted: Hosted, developer: Developer, fetcher: GitFetcher, access: CloneAccess
) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {50 * 1024**3}\n"
    with socket.create_server(("127.0.0.1", 0)) as attacker:
        attacker.settimeout(0.2)
        url = f"http://127.0.0.1:{attacker.getsockname()[1]}/lfs"
        developer.write(".lfsconfig", f"[lfs]\n\turl = {url}\n\tpushurl = {url}\n[remote]\n\tlfsurl = {url}\n")
        developer.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
        developer.git("config", "filter.lfs.clean", "cat")
        with fetcher.fetch(access, developer.publish("model.bin", pointer)) as tree:
            assert (tree / "model.bin").read_text() == pointer
        with pytest.raises(TimeoutError):
            attacker.accept()
    assert hosted.requested("info/lfs") == []
    assert not (tmp_path / "checkouts" / "mirrors" / f"{access.repository.id}.git" / "lfs").exists()


def test_git_gets_a_nearly_empty_environment(
    tmp_path: Path,
    hosted: Hosted,
    developer: Developer,
    access: CloneAccess,
    spied_git: Callable[[], Git],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUSHWRIGHT_CANARY", "canary")
    monkeypatch.setenv("GIT_SSH_COMMAND", "canary")
    with GitFetcher(tmp_path / "checkouts", hosted.host, git=spied_git()).fetch(access, developer.publish()):
        pass
    text = (tmp_path / "notes" / "environment-fetch").read_text()
    assert "canary" not in text
    names = {line.partition("=")[0] for line in text.splitlines()} - {"PWD", "OLDPWD", "SHLVL", "_"}
    assert {name for name in names if not name.startswith("GIT_")} == {"PATH", "HOME", "LC_ALL"}
