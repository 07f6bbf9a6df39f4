"""A GitHub that answers from memory and writes down what it is told."""

import json
from dataclasses import dataclass, field

from domain.errors import InvalidInput, ServiceError
from domain.events import Author, Event, NotInteresting, PushReceived
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.forge import DeploymentReport
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


def push_body(sha: str, *, before: str = "0" * 40, ref: str = "refs/heads/main", message: str = "Change it") -> bytes:
    """Return the body `RecordingForge` understands as a push."""
    return json.dumps({"sha": sha, "before": before, "ref": ref, "message": message}).encode()


@dataclass
class RecordingForge:
    """Knows one repository; its branch heads and failures are set by the test."""

    heads: dict[str, str | None] = field(default_factory=dict)
    failures: list[ServiceError | None] = field(default_factory=list)
    reports: list[DeploymentReport] = field(default_factory=list)
    searches: list[bool] = field(default_factory=list)
    revoked: list[CloneAccess] = field(default_factory=list)
    head_requests: int = 0

    def translate(self, event_name: str, body: bytes) -> Event:
        if event_name != "push":
            return NotInteresting(event_name)
        try:
            payload = json.loads(body)
            commit = Commit(CommitSha(payload["sha"]), payload["message"], "Ada")
        except (ValueError, KeyError) as error:
            raise InvalidInput("payload_invalid", "The payload has no sha.") from error
        before = CommitSha(payload["before"])
        pusher = Author("ada")
        return PushReceived(ADDRESS, REPOSITORY, payload["ref"], before, commit.sha, head_commit=commit, pusher=pusher)

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        assert address == ADDRESS
        self.head_requests += 1
        self._fail_if_told()
        head = self.heads.get(branch)
        return CommitSha(head) if head else None

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        return (ADDRESS.installation_id, REPOSITORY) if name == REPOSITORY.full_name else None

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        assert address == ADDRESS
        self._fail_if_told()
        return CloneAccess("https://git.example/acme/shop.git", None, REPOSITORY)

    def revoke_clone(self, access: CloneAccess) -> None:
        self.revoked.append(access)

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> int:
        self._fail_if_told()
        self.searches.append(look_for_existing)
        self.reports.append(report)
        return 42

    def _fail_if_told(self) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
