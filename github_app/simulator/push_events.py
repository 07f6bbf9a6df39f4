"""A push, as GitHub tells an App of it: one `push` payload for each ref that changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from github_app.simulator.bare_repositories import BareRepositories, HostedCommit, Signature
from github_app.simulator.objects import ObjectWriter, node_id
from github_app.simulator.state import Account, HostedRepository, Installation

NO_OBJECT: Final = "0" * 40
_MOST_COMMITS = 2048
_SHORT = 12


@dataclass(frozen=True, slots=True)
class RefChange:
    """A ref before and after a push; 40 zeros stand for absence."""

    ref: str
    before: str
    after: str


def compare_refs(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[RefChange, ...]:
    """Return what changed between two readings of a repository's refs, branches and tags only."""
    names = sorted(name for name in {*before, *after} if name.startswith(("refs/heads/", "refs/tags/")))
    changes = (RefChange(name, before.get(name, NO_OBJECT), after.get(name, NO_OBJECT)) for name in names)
    return tuple(change for change in changes if change.before != change.after)


@dataclass(frozen=True, slots=True)
class PushEvents:
    """Writes push payloads of one repository.

    Attributes:
        writer: for the objects within.
        git: the repository's history.
        repository: as it is after the push.
        known: the branches and tags as they were before the push.
    """

    writer: ObjectWriter
    git: BareRepositories
    repository: HostedRepository
    known: Mapping[str, str]

    def payload(self, change: RefChange, installation: Installation, pusher: Account) -> dict[str, Any]:
        """Return the payload for one changed ref."""
        commits = self._commits(change)
        head = None if change.after == NO_OBJECT else self.git.find_commit(self.repository.id, change.after)
        told = self._tell((*commits, *([head] if head else [])))
        return {
            "ref": change.ref,
            "before": change.before,
            "after": change.after,
            "repository": self._repository(),
            "pusher": {"name": pusher.login, "email": f"{pusher.login}@users.noreply.github.com"},
            **self._organization(),
            "sender": self.writer.account(pusher),
            "installation": {
                "id": installation.id,
                "node_id": node_id("IntegrationInstallation", installation.id),
            },
            "created": change.before == NO_OBJECT,
            "deleted": change.after == NO_OBJECT,
            "forced": self._is_forced(change),
            "base_ref": self._base_ref(change, commits),
            "compare": self._compare_url(change),
            "commits": [told[commit.sha] for commit in commits],
            "head_commit": told[head.sha] if head else None,
        }

    def _commits(self, change: RefChange) -> tuple[HostedCommit, ...]:
        if change.after == NO_OBJECT or not change.ref.startswith("refs/heads/"):
            return ()
        without = tuple(self.known.values()) if change.before == NO_OBJECT else (change.before,)
        shas = self.git.list_commits(self.repository.id, change.after, without, _MOST_COMMITS)
        return self.git.read_commits(self.repository.id, shas)

    def _is_forced(self, change: RefChange) -> bool:
        if NO_OBJECT in (change.before, change.after):
            return False
        return not self.git.is_ancestor(self.repository.id, change.before, change.after)

    def _base_ref(self, change: RefChange, commits: tuple[HostedCommit, ...]) -> str | None:
        if change.before != NO_OBJECT or commits:
            return None
        same = (ref for ref, sha in self.known.items() if sha == change.after and ref.startswith("refs/heads/"))
        return next(same, None)

    def _compare_url(self, change: RefChange) -> str:
        short = change.ref.split("/", 2)[2]
        span = quote(short, safe="/")
        if change.before != NO_OBJECT:
            span = f"{change.before[:_SHORT]}...{change.after[:_SHORT]}"
        return f"{self.writer.page_url(self.repository)}/compare/{span}"

    def _repository(self) -> dict[str, Any]:
        repository = self.repository
        owner = self.writer.account(repository.owner)
        return {
            **self.writer.repository(repository),
            "owner": {**owner, "name": repository.owner.login, "email": None},
            "url": self.writer.page_url(repository),
            "created_at": int(repository.created_at.timestamp()),
            "pushed_at": int(repository.pushed_at.timestamp()),
            "stargazers": 0,
            "master_branch": repository.default_branch,
            "custom_properties": {},
            **({"organization": repository.owner.login} if repository.owner.kind == "Organization" else {}),
        }

    def _organization(self) -> dict[str, Any]:
        owner = self.repository.owner
        if owner.kind != "Organization":
            return {}
        return {"organization": self.writer.organization(owner)}

    def _tell(self, commits: tuple[HostedCommit, ...]) -> dict[str, dict[str, Any]]:
        shas = tuple(dict.fromkeys(commit.sha for commit in commits))
        changes = self.git.list_changes(self.repository.id, shas)
        fresh = self._fresh(commits)
        return {c.sha: self._commit(c, changes[c.sha], distinct=c.sha in fresh) for c in commits}

    def _fresh(self, commits: tuple[HostedCommit, ...]) -> frozenset[str]:
        if not commits:
            return frozenset()
        known = tuple(self.known.values())
        return frozenset(self.git.list_commits(self.repository.id, commits[-1].sha, known, _MOST_COMMITS))

    def _commit(self, commit: HostedCommit, paths: Mapping[str, list[str]], *, distinct: bool) -> dict[str, Any]:
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": distinct,
            "message": commit.message,
            "timestamp": commit.committer.at.isoformat(),
            "url": f"{self.writer.page_url(self.repository)}/commit/{commit.sha}",
            "author": _person(commit.author),
            "committer": _person(commit.committer),
            "added": paths.get("A", []),
            "removed": paths.get("D", []),
            "modified": [*paths.get("M", []), *paths.get("T", [])],
        }


def _person(signature: Signature) -> dict[str, str]:
    return {"name": signature.name, "email": signature.email, "date": signature.at.isoformat()}
