"""What the schema's types are resolved to: dictionaries of values, and of functions where values cost something."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from github_app.simulator.bare_repositories import Signature
from github_app.simulator.graph.connections import Node, connect, fail
from github_app.simulator.objects import node_id, timestamp
from github_app.simulator.parts import Parts
from github_app.simulator.pull_objects import find_person
from github_app.simulator.pull_requests import PullRequest
from github_app.simulator.refusals import Refused
from github_app.simulator.state import Account, HostedRepository
from github_app.simulator.tokens import TokenGrant

_BRANCH: Final = "refs/heads/"
_FORBIDDEN: Final = "Resource not accessible by integration"
_SHORT: Final = 7


@dataclass(frozen=True, slots=True)
class NodeWriter:
    """Writes nodes for who holds the grant."""

    parts: Parts
    grant: TokenGrant

    def find_repository(self, owner: str, name: str, *, follow: bool) -> Node:
        """Return a repository by its name, or by a former one."""
        state = self.parts.state
        repository = state.find_repository(owner, name) or (state.find_moved(owner, name) if follow else None)
        if repository is None or not self.grant.sees(repository):
            raise fail("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return self.repository(repository)

    def find_node(self, wanted: str) -> Node:
        """Return a repository or pull request by its global id."""
        with self.parts.state.lock:
            repositories = tuple(self.parts.state.repositories.values())
            pulls = tuple(self.parts.state.pulls.values())
        for repository in repositories:
            if node_id("Repository", repository.id) == wanted and self.grant.sees(repository):
                return self.repository(repository)
        for pull in pulls:
            base = self.parts.state.get_repository(pull.base.repository_id or 0)
            if node_id("PullRequest", pull.id) == wanted and self.grant.sees(base):
                self._demand(base, "pull_requests")
                return self.pull(pull)
        raise fail("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted}'")

    def repository(self, repository: HostedRepository) -> Node:
        """Return a `Repository`."""
        parent = self.parts.state.repositories.get(repository.fork_of or 0)
        return {
            "__typename": "Repository",
            "id": node_id("Repository", repository.id),
            "databaseId": repository.id,
            "name": repository.name,
            "nameWithOwner": repository.full_name,
            "owner": self.account(repository.owner),
            "url": self.parts.writer.page_url(repository),
            "isPrivate": repository.private,
            "isArchived": repository.archived,
            "isFork": repository.fork_of is not None,
            "createdAt": timestamp(repository.created_at),
            "pushedAt": timestamp(repository.pushed_at),
            "parent": lambda _info: self.repository(parent) if parent else None,
            "defaultBranchRef": lambda _info: self._find_ref(repository, f"{_BRANCH}{repository.default_branch}"),
            "ref": lambda _info, **asked: self._find_ref(repository, asked["qualifiedName"]),
            "refs": lambda _info, **asked: self._list_refs(repository, asked),
            "object": lambda _info, **asked: self._find_object(repository, asked),
            "pullRequest": lambda _info, **asked: self._find_pull(repository, asked["number"]),
            "pullRequests": lambda _info, **asked: self._list_pulls(repository, asked),
        }

    def pull(self, pull: PullRequest) -> Node:
        """Return a `PullRequest`."""
        repositories = self.parts.state.repositories
        base = self.parts.state.get_repository(pull.base.repository_id or 0)
        head = repositories.get(pull.head.repository_id or 0)
        moments = {name: getattr(pull, f"{name}_at") for name in ("created", "updated", "closed", "merged")}
        return {
            "__typename": "PullRequest",
            "id": node_id("PullRequest", pull.id),
            "databaseId": pull.id,
            "fullDatabaseId": str(pull.id),
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or "",
            "url": f"{self.parts.writer.page_url(base)}/pull/{pull.number}",
            "isDraft": pull.draft,
            "state": "MERGED" if pull.merged_at else pull.state.upper(),
            "merged": pull.merged_at is not None,
            "headRef": lambda _info: self._find_ref(head, f"{_BRANCH}{pull.head.ref}") if head else None,
            "headRefName": pull.head.ref,
            "headRefOid": pull.head.sha,
            "baseRefName": pull.base.ref,
            "baseRefOid": pull.base.sha,
            "isCrossRepository": pull.is_from_fork,
            "baseRepository": lambda _info: self.repository(base),
            "headRepository": lambda _info: self.repository(head) if head else None,
            "headRepositoryOwner": self.account(head.owner) if head else None,
            "author": self.account(find_person(self.parts, pull.author)),
            "labels": lambda _info, **asked: connect("labels", pull.labels, asked, _label, str),
            **{f"{name}At": timestamp(at) if at else None for name, at in moments.items()},
        }

    def account(self, account: Account) -> Node:
        """Return an `Actor`."""
        shown = self.parts.writer.account(account)
        return {
            "__typename": account.kind,
            "id": shown["node_id"],
            "databaseId": account.id,
            "login": account.login,
            "avatarUrl": shown["avatar_url"],
            "url": shown["html_url"],
        }

    def _list_pulls(self, repository: HostedRepository, asked: Mapping[str, Any]) -> Node:
        self._demand(repository, "pull_requests")
        order = asked.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        pulls = [pull for pull in self.parts.state.list_pulls(repository.id) if _matches(pull, asked)]
        pulls.sort(key=lambda pull: (pull.updated_at if order["field"] == "UPDATED_AT" else pull.created_at, pull.id))
        if order["direction"] == "DESC":
            pulls.reverse()
        return connect("pullRequests", pulls, dict(asked), self.pull, lambda pull: pull.id)

    def _find_pull(self, repository: HostedRepository, number: int) -> Node:
        self._demand(repository, "pull_requests")
        try:
            return self.pull(self.parts.state.get_pull(repository.id, number))
        except Refused as refused:
            message = f"Could not resolve to a PullRequest with the number of {number}."
            raise fail("NOT_FOUND", message) from refused

    def _find_ref(self, repository: HostedRepository, name: str) -> Node | None:
        """Return a ref by its full name, or a branch or tag by its short one."""
        self._demand(repository, "contents")
        refs = self.parts.git.list_refs(repository.id)
        full = next((n for n in (name, f"{_BRANCH}{name}", f"refs/tags/{name}") if n in refs), None)
        return self._ref(repository, full, refs[full]) if full else None

    def _list_refs(self, repository: HostedRepository, asked: Mapping[str, Any]) -> Node:
        self._demand(repository, "contents")
        refs = self.parts.git.list_refs(repository.id)
        names = [name for name in refs if name.startswith(asked["refPrefix"])]
        return connect("refs", names, dict(asked), lambda name: self._ref(repository, name, refs[name]), str)

    def _ref(self, repository: HostedRepository, full: str, sha: str) -> Node:
        prefix = next((p for p in (_BRANCH, "refs/tags/") if full.startswith(p)), "refs/")
        return {
            "__typename": "Ref",
            "id": node_id("Ref", f"{repository.id}:{full}"),
            "name": full.removeprefix(prefix),
            "prefix": prefix,
            "target": lambda _info: self._object(repository, sha),
        }

    def _find_object(self, repository: HostedRepository, asked: Mapping[str, Any]) -> Node | None:
        self._demand(repository, "contents")
        commit = self.parts.git.find_commit(repository.id, asked.get("oid") or "")
        return self._object(repository, commit.sha) if commit else None

    def _object(self, repository: HostedRepository, sha: str) -> Node | None:
        """Return the commit or the tag object of an id."""
        common = {"id": node_id("GitObject", sha), "oid": sha, "abbreviatedOid": sha[:_SHORT]}
        commit = self.parts.git.find_commit(repository.id, sha)
        if commit is None:
            return None
        if commit.sha != sha:
            return {"__typename": "Tag", **common, "name": sha, "target": self._object(repository, commit.sha)}
        return {
            "__typename": "Commit",
            **common,
            "message": commit.message,
            "messageHeadline": commit.message.partition("\n")[0],
            "author": _person(commit.author),
            "committer": _person(commit.committer),
            "committedDate": timestamp(commit.committer.at),
        }

    def _demand(self, repository: HostedRepository, permission: str) -> None:
        # What is reached through what the token sees, such as a pull request's fork, is shown as REST shows it.
        try:
            if self.grant.sees(repository):
                self.grant.demand(repository, "read", permission)
        except Refused as refused:
            raise fail("FORBIDDEN", _FORBIDDEN) from refused


@dataclass(frozen=True, slots=True)
class Root:
    """The fields of `Query`; `rate` is how the hour's budget stands."""

    writer: NodeWriter
    rate: Mapping[str, Any]

    def repository(self, _info: object, **asked: Any) -> Node:  # noqa: ANN401 - GraphQL's arguments
        """Return one repository."""
        return self.writer.find_repository(asked["owner"], asked["name"], follow=asked["followRenames"])

    def node(self, _info: object, **asked: Any) -> Node:  # noqa: ANN401 - see above
        """Return one node."""
        return self.writer.find_node(asked["id"])

    def nodes(self, _info: object, **asked: Any) -> list[Node]:  # noqa: ANN401 - see above
        """Return several nodes."""
        return [self.writer.find_node(wanted) for wanted in asked["ids"]]

    def rateLimit(self, _info: object, **_asked: Any) -> Mapping[str, Any]:  # noqa: ANN401, N802 - GitHub's name
        """Return how the hour's budget stands."""
        return self.rate


def _matches(pull: PullRequest, asked: Mapping[str, Any]) -> bool:
    states = asked.get("states")
    state = "MERGED" if pull.merged_at else pull.state.upper()
    wanted = ((asked.get("headRefName"), pull.head.ref), (asked.get("baseRefName"), pull.base.ref))
    return (not states or state in states) and all(want in {None, value} for want, value in wanted)


def _label(name: str) -> Node:
    return {"__typename": "Label", "id": node_id("Label", name), "name": name}


def _person(signature: Signature) -> Node:
    return {"name": signature.name, "email": signature.email, "date": signature.at.isoformat()}
