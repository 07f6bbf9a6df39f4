"""A GitHub that answers from memory and writes down what it is told."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.deployments import GitHubTraces
from domain.errors import InvalidInput, NotFound, ServiceError, TemporarilyUnavailable
from domain.events import (
    AccessChanged,
    Account,
    CheckAction,
    CheckRequested,
    Event,
    InstallationChange,
    InstallationChanged,
    NotInteresting,
    PullRequestChanged,
    PushReceived,
    RepositoryChange,
    RepositoryChanged,
)
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.forge import (
    DeploymentReport,
    HookDelivery,
    PullRequestComment,
    RepositoryFacts,
    WatchedRepository,
)
from domain.pull_requests import Author, PullRequest
from domain.source import (
    BranchName,
    CloneAccess,
    Commit,
    CommitSha,
    FullName,
    Repository,
    RepositoryAddress,
)

REPOSITORY = Repository(RepositoryId(7), FullName("acme/shop"), BranchName("main"), private=True)
ADDRESS = RepositoryAddress(InstallationId(3), REPOSITORY.id)
ACCOUNT = Account(11, "acme", "Organization")
ADA = Author("ada", "https://avatars.example/ada")
CHECK_RUN: Final = 42


def push_body(sha: str, *, before: str = "0" * 40, ref: str = "refs/heads/main", message: str = "Change it") -> bytes:
    """Return the body `RecordingForge` understands as a push."""
    return json.dumps({"sha": sha, "before": before, "ref": ref, "message": message}).encode()


def pull_request_body(number: int, action: str = "synchronize") -> bytes:
    """Return the body `RecordingForge` understands as a `pull_request` event."""
    return json.dumps({"number": number, "action": action}).encode()


def installation_body(change: str, repository_ids: Sequence[int] = (), *, installation_id: int = 3) -> bytes:
    """Return the body `RecordingForge` understands as an `installation` event."""
    return json.dumps(
        {"change": change, "repositories": list(repository_ids), "installation": installation_id}
    ).encode()


def access_body(*, added: Sequence[int] = (), removed: Sequence[int] = ()) -> bytes:
    """Return the body `RecordingForge` understands as an `installation_repositories` event."""
    return json.dumps({"added": list(added), "removed": list(removed)}).encode()


def repository_body(change: str, *, name: str = "acme/shop", installation_id: int = 3, previous: str = "") -> bytes:
    """Return the body `RecordingForge` understands as a `repository` event."""
    return json.dumps({"change": change, "name": name, "installation": installation_id, "previous": previous}).encode()


def check_body(action: str, external_id: str, sha: str, sender: str = "ada") -> bytes:
    """Return the body `RecordingForge` understands as a `check_run` event."""
    return json.dumps({"action": action, "external_id": external_id, "sha": sha, "sender": sender}).encode()


@dataclass
class RecordingForge:
    """Knows one repository, and what else the test puts into it.

    Attributes:
        heads: what each branch points to.
        pull_requests: by number.
        changed: changed paths by (base, head); what is not there cannot be known.
        writers: who may push.
        installations: account and suspension by id.
        repositories: what each installation sees.
        refusing: installations whose repositories GitHub does not list.
        attempts: what GitHub says it tried to deliver, newest first.
        failures: raised by the next requests, one each; None lets one pass.
    """

    heads: dict[str, str | None] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    changed: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    writers: set[str] = field(default_factory=lambda: {"ada"})
    installations: dict[int, tuple[Account, datetime | None]] = field(
        default_factory=lambda: {ADDRESS.installation_id: (ACCOUNT, None)}
    )
    repositories: dict[int, tuple[Repository, ...]] = field(
        default_factory=lambda: {ADDRESS.installation_id: (REPOSITORY,)}
    )
    refusing: set[int] = field(default_factory=set)
    attempts: list[HookDelivery] = field(default_factory=list)
    failures: list[ServiceError | None] = field(default_factory=list)
    reports: list[DeploymentReport] = field(default_factory=list)
    comments: list[PullRequestComment] = field(default_factory=list)
    searches: list[bool] = field(default_factory=list)
    redelivered: list[int] = field(default_factory=list)
    revoked: list[CloneAccess] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def head_requests(self) -> int:
        return self.asked.count("find_branch_head")

    def translate(self, event_name: str, body: bytes) -> Event:
        translate = _TRANSLATIONS.get(event_name)
        if translate is None:
            return NotInteresting(event_name)
        try:
            return translate(json.loads(body))
        except (ValueError, KeyError) as error:
            raise InvalidInput("payload_invalid", "The payload has no sha.") from error

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        self._ask("find_branch_head", address)
        head = self.heads.get(branch)
        return CommitSha(head) if head else None

    def find_pull_request(self, address: RepositoryAddress, number: int) -> PullRequest | None:
        self._ask("find_pull_request", address)
        return self.pull_requests.get(number)

    def list_changed_paths(
        self, address: RepositoryAddress, base: CommitSha, head: CommitSha
    ) -> tuple[str, ...] | None:
        self._ask("list_changed_paths", address)
        return self.changed.get((base, head))

    def has_write_access(self, address: RepositoryAddress, login: str) -> bool:
        self._ask("has_write_access", address)
        return login in self.writers

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        self._ask("find_repository")
        for installation_id, seen in self.repositories.items():
            for repository in seen:
                if repository.full_name.lower() == name.lower():
                    return InstallationId(installation_id), repository
        return None

    def find_installation(self, installation_id: InstallationId) -> tuple[Account, datetime | None] | None:
        self._ask("find_installation")
        return self.installations.get(installation_id)

    def list_installations(self) -> tuple[tuple[InstallationId, Account, datetime | None], ...]:
        self._ask("list_installations")
        return tuple((InstallationId(id_), account, since) for id_, (account, since) in self.installations.items())

    def list_repositories(self, installation_id: InstallationId) -> tuple[Repository, ...]:
        self._ask("list_repositories")
        if installation_id in self.refusing:
            raise TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")
        return self.repositories.get(installation_id, ())

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        self._ask("grant_clone", address)
        return CloneAccess("https://git.example/acme/shop.git", None, self._get(address))

    def revoke_clone(self, access: CloneAccess) -> None:
        self.revoked.append(access)

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
        self._ask("report", report.address)
        self.searches.append(look_for_existing)
        self.reports.append(report)
        return GitHubTraces(CHECK_RUN, 43, report.deployment.status.value.lower())

    def write_comment(self, comment: PullRequestComment) -> int:
        self._ask("write_comment", comment.address)
        self.comments.append(comment)
        return comment.comment_id or 1000 + comment.number

    def list_hook_deliveries(self, since: datetime) -> Iterable[HookDelivery]:
        self._ask("list_hook_deliveries")
        return [attempt for attempt in self.attempts if attempt.delivered_at >= since]

    def redeliver(self, attempt_id: int) -> None:
        self._ask("redeliver")
        self.redelivered.append(attempt_id)

    def read_repositories(
        self, installation_id: InstallationId, watched: Sequence[WatchedRepository]
    ) -> tuple[RepositoryFacts, ...]:
        self._ask("read_repositories")
        seen = {repository.id: repository for repository in self.repositories.get(installation_id, ())}
        return tuple(
            self._read(one, seen[one.address.repository_id]) for one in watched if one.address.repository_id in seen
        )

    def _read(self, watched: WatchedRepository, repository: Repository) -> RepositoryFacts:
        heads = {branch: Commit(CommitSha(head)) for branch in watched.branches if (head := self.heads.get(branch))}
        opened = tuple(one for one in self.pull_requests.values() if one.is_open)
        return RepositoryFacts(watched.address, repository, heads, opened if watched.pull_requests else None)

    def _ask(self, question: str, address: RepositoryAddress | None = None) -> None:
        self.asked.append(question)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        if address is not None:
            self._get(address)

    def _get(self, address: RepositoryAddress) -> Repository:
        _account, suspended_at = self.installations.get(address.installation_id, (ACCOUNT, None))
        for repository in self.repositories.get(address.installation_id, ()):
            if repository.id == address.repository_id and suspended_at is None:
                return repository
        raise NotFound("repository_not_accessible", "The GitHub App does not see the repository.")


def _push(payload: dict[str, Any]) -> Event:
    commit = Commit(CommitSha(payload["sha"]), payload["message"], "Ada")
    before = CommitSha(payload["before"])
    return PushReceived(ADDRESS, REPOSITORY, payload["ref"], before, commit.sha, head_commit=commit, pusher=ADA)


def _pull_request(payload: dict[str, Any]) -> Event:
    return PullRequestChanged(ADDRESS, REPOSITORY, payload["action"], payload["number"], ADA)


def _installation(payload: dict[str, Any]) -> Event:
    return InstallationChanged(
        InstallationId(payload["installation"]),
        ACCOUNT,
        InstallationChange(payload["change"]),
        tuple(RepositoryId(each) for each in payload["repositories"]),
        ADA,
    )


def _access(payload: dict[str, Any]) -> Event:
    added, removed = (tuple(RepositoryId(each) for each in payload[key]) for key in ("added", "removed"))
    return AccessChanged(ADDRESS.installation_id, ACCOUNT, added, removed, ADA)


def _repository(payload: dict[str, Any]) -> Event:
    repository = Repository(REPOSITORY.id, FullName(payload["name"]), REPOSITORY.default_branch, private=True)
    address = RepositoryAddress(InstallationId(payload["installation"]), REPOSITORY.id)
    return RepositoryChanged(address, repository, RepositoryChange(payload["change"]), payload["previous"] or None)


def _check(payload: dict[str, Any]) -> Event:
    action = CheckAction(payload["action"])
    sha = CommitSha(payload["sha"])
    return CheckRequested(ADDRESS, REPOSITORY, action, payload["external_id"], sha, Author(payload["sender"]))


_TRANSLATIONS: Final[dict[str, Callable[[dict[str, Any]], Event]]] = {
    "push": _push,
    "pull_request": _pull_request,
    "installation": _installation,
    "installation_repositories": _access,
    "repository": _repository,
    "check_run": _check,
}
