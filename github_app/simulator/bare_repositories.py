"""The git repositories behind the API, read with git's plumbing: argument lists, full refs and commit ids only."""

import re
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Final

_MAX_MEMORY: Final = 1 << 30
_SHA = re.compile(r"[0-9a-f]{40}")
_SETTINGS = """
[http]
    receivepack = true
[uploadpack]
    allowReachableSHA1InWant = true
    allowAnySHA1InWant = true
    allowFilter = true
[receive]
    hideRefs = refs/pull
    fsckObjects = true
    autogc = false
[gc]
    # Objects of a force-pushed branch stay, so that `before` of a delivery can still be fetched.
    auto = 0
"""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as a commit says it."""

    name: str
    email: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HostedCommit:
    """A commit read from a bare repository."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


class BareRepositories:
    """All bare repositories, one directory per repository id."""

    def __init__(self, root: Path) -> None:
        git = shutil.which("git")
        if git is None:
            raise FileNotFoundError("The program git is not on PATH: install git to run the GitHub simulator.")
        self.git = git
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def directory(self, repository_id: int) -> Path:
        """Return where the repository lies."""
        return self.root / f"{repository_id}.git"

    def create(self, repository_id: int, default_branch: str) -> None:
        """Make an empty repository that serves and accepts what GitHub does."""
        directory = str(self.directory(repository_id))
        shutil.rmtree(directory, ignore_errors=True)
        self._run(("init", "--quiet", "--bare", "--template=", f"--initial-branch={default_branch}", "--", directory))
        with (Path(directory) / "config").open("a") as config:
            config.write(_SETTINGS)

    def delete(self, repository_id: int) -> None:
        """Remove the repository's directory."""
        shutil.rmtree(self.directory(repository_id))

    def environment(self) -> Mapping[str, str]:
        """Return the environment git runs in: nobody's settings but the repository's own."""
        return {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "HOME": str(self.root),
            "LC_ALL": "C.UTF-8",
        }

    def list_refs(self, repository_id: int) -> dict[str, str]:
        """Return each full ref with the object it names."""
        out = self.run(repository_id, ("for-each-ref", "--format=%(objectname) %(refname)"))
        rows = (line.partition(" ") for line in out.decode(errors="replace").split("\n"))
        return {ref: sha for sha, _, ref in rows if ref}

    def find_ref(self, repository_id: int, ref: str) -> str | None:
        """Return the object that a full ref (`refs/…`) names."""
        return self.list_refs(repository_id).get(ref)

    def find_commit(self, repository_id: int, sha: str) -> HostedCommit | None:
        """Return the commit of a full id; a tag object's id leads to its commit."""
        commits = self.read_commits(repository_id, (f"{sha}^{{commit}}",)) if _SHA.fullmatch(sha) else ()
        return commits[0] if commits else None

    def object_type(self, repository_id: int, sha: str) -> str:
        """Return `commit` or `tag` for an object that exists."""
        return self.run(repository_id, ("cat-file", "-t", sha)).decode().strip()

    def read_commits(self, repository_id: int, names: Sequence[str]) -> tuple[HostedCommit, ...]:
        """Return the commits in the order of their names; what is missing is left out."""
        out = BytesIO(self.run(repository_id, ("cat-file", "--batch"), "".join(f"{name}\n" for name in names).encode()))
        commits = []
        while head := out.readline().decode():
            if not head.endswith(" missing\n"):
                sha, _, size = head.split(" ")
                commits.append(_parse_commit(sha, out.read(int(size))))
                out.read(1)
        return tuple(commits)

    def list_commits(self, repository_id: int, tip: str, without: Sequence[str], limit: int) -> tuple[str, ...]:
        """Return the ids reachable from `tip` but from none of `without`, oldest first, the newest `limit` of them."""
        lines = [tip, *(f"^{sha}" for sha in without)]
        arguments = ("rev-list", "--topo-order", "--reverse", f"--max-count={limit}", "--stdin")
        return tuple(
            self.run(repository_id, arguments, "".join(f"{line}\n" for line in lines).encode()).decode().split()
        )

    def is_ancestor(self, repository_id: int, old: str, new: str) -> bool:
        """Tell whether `new` contains `old`, that is whether a push was a fast-forward."""
        return not self.list_commits(repository_id, old, (new,), 1)

    def list_changes(self, repository_id: int, shas: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """Return for each commit its paths by kind of change: A, M or D."""
        arguments = ("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--name-status")
        changes: dict[str, dict[str, list[str]]] = {sha: {} for sha in shas}
        try:
            out = self.run(repository_id, arguments, "".join(f"{sha}\n" for sha in shas).encode())
        except subprocess.CalledProcessError:
            # A tree that expands without end ran into the memory limit; GitHub lists no paths of such a push either.
            return changes
        words = iter(out.decode(errors="replace").split("\0"))
        current = ""
        for word in words:
            if _SHA.fullmatch(word):
                current = word
            elif word:
                changes[current].setdefault(word, []).append(next(words))
        return changes

    def copy_objects(self, source_id: int, target_id: int, refspecs: Sequence[str]) -> None:
        """Fetch from one repository into another: full refs or ids on the left, full refs or nothing on the right."""
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc")
        self.run(target_id, ("fetch", *options, "--", str(self.directory(source_id)), *refspecs))

    def set_ref(self, repository_id: int, ref: str, sha: str) -> None:
        """Let a full ref name an object."""
        self.run(repository_id, ("update-ref", ref, sha))

    def set_default_branch(self, repository_id: int, branch: str) -> None:
        """Let `HEAD` lead to a branch."""
        self.run(repository_id, ("symbolic-ref", "HEAD", f"refs/heads/{branch}"))

    def run(self, repository_id: int, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        """Run git on one repository and return what it says; failure is a `CalledProcessError`."""
        return self._run((f"--git-dir={self.directory(repository_id)}", *arguments), stdin)

    def _run(self, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        command = (self.git, *arguments)
        with subprocess.Popen(  # noqa: S603 - an argument list; names in it are full refs, ids or our own paths
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.environment()),
        ) as process:
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
            out, _ = process.communicate(stdin)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
        return out


def _parse_commit(sha: str, raw: bytes) -> HostedCommit:
    head, _, message = raw.decode(errors="replace").partition("\n\n")
    fields = [line.partition(" ") for line in head.split("\n")]
    last = {key: value for key, _, value in fields}
    return HostedCommit(
        sha,
        last["tree"],
        tuple(value for key, _, value in fields if key == "parent"),
        _parse_signature(last["author"]),
        _parse_signature(last["committer"]),
        message.removesuffix("\n"),
    )


def _parse_signature(text: str) -> Signature:
    name, _, rest = text.rpartition(" <")
    email, _, moment = rest.rpartition("> ")
    seconds, _, zone = moment.partition(" ")
    sign = -1 if zone.startswith("-") else 1
    offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5])))
    return Signature(name, email, datetime.fromtimestamp(int(seconds), UTC).astimezone(offset))
