"""A GitHub of the imagination: branches, pull requests, a fork, an installation, and events that may go astray."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.deployments import GitHubTraces
from domain.errors import NotFound, TemporarilyUnavailable
from domain.events import (
    Account,
    CheckAction,
    CheckRequested,
    Event,
    InstallationChange,
    InstallationChanged,
    PullRequestChanged,
    PushReceived,
)
from domain.identifiers import DeliveryId, InstallationId, RepositoryId
from domain.ports.forge import DeploymentReport, HookDelivery, RepositoryFacts, WatchedRepository
from domain.pull_requests import PullRequest
from domain.source import NO_COMMIT, BranchName, Commit, CommitSha, Repository, RepositoryAddress, branch_ref
from tests.fakes.forge import ACCOUNT, ADA, ADDRESS, REPOSITORY, RecordingForge
from tests.fakes.world import SettableClock
from tests.simulation.things import DEV, MAIN, Made, Outgoing, Place, Proposal


@dataclass
class ImaginedGitHub(RecordingForge):
    """Answers from what has happened so far.

    Attributes:
        log: every commit a branch was brought to, in order.
        astray: API calls that fail next.
        first: where each tracked branch was at the beginning.
    """

    clock: SettableClock = field(default_factory=SettableClock)
    installation_id: InstallationId = ADDRESS.installation_id
    suspended_at: datetime | None = None
    commits: dict[CommitSha, Made] = field(default_factory=dict)
    branches: dict[Place, CommitSha] = field(default_factory=dict)
    log: dict[Place, list[CommitSha]] = field(default_factory=lambda: defaultdict(list))
    proposals: dict[int, Proposal] = field(default_factory=dict)
    outgoing: list[Outgoing] = field(default_factory=list)
    astray: int = 0
    first: dict[Place, CommitSha] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place in (MAIN, DEV):
            self.branches[place] = self.first[place] = self._make(place, "Begin", frozenset({"trigger/a.py"}))
            self.log[place].append(self.first[place])

    # What people do.

    def push(self, place: Place, message: str, paths: frozenset[str]) -> None:
        """Add a commit to the branch, which is made when there is none."""
        self._move(place, self._make(place, message, paths))

    def force_back(self, place: Place, steps: int) -> None:
        """Bring the branch back to a commit it had before."""
        history = self.log[place]
        if place in self.branches and len(history) > 1:
            self._move(place, history[-1 - steps % len(history)])

    def delete(self, place: Place) -> None:
        """Delete the branch; GitHub closes what was proposed from it."""
        if place in self.branches:
            before = self.branches[place]
            for proposal in self._open_from(place):
                self.close(proposal.number, merged=False)
            del self.branches[place]
            self._tell_push(place, before, NO_COMMIT)

    def propose(self, place: Place) -> None:
        """Open a pull request from the branch, when it exists."""
        if place in self.branches:
            number = len(self.proposals) + 1
            self.proposals[number] = Proposal(number, place)
            self._tell_proposal(number, "opened")

    def close(self, number: int, *, merged: bool) -> None:
        proposal = self.proposals[number]
        if proposal.is_open:
            proposal.last_head = self.branches[proposal.place]
            proposal.is_open, proposal.merged = False, merged
            self._tell_proposal(number, "closed")

    def reopen(self, number: int) -> None:
        proposal = self.proposals[number]
        if not proposal.is_open and not proposal.merged and proposal.place in self.branches:
            proposal.is_open = True
            self._tell_proposal(number, "reopened")

    def touch(self, number: int, action: str) -> None:
        """Label it, or turn it into a draft and back."""
        proposal = self.proposals[number]
        if action != "labeled":
            proposal.draft = not proposal.draft
        self._tell_proposal(number, action)

    def press(self, action: CheckAction, deployment_id: str, sha: CommitSha) -> None:
        """Press a button of a deployment's check."""
        event = CheckRequested(self.address, REPOSITORY, action, deployment_id, sha, ADA)
        self._tell(event, f"repository:{REPOSITORY.id}")

    def suspend(self, *, suspended: bool) -> None:
        if suspended == (self.suspended_at is None):
            self.suspended_at = self.clock.now() if suspended else None
            self._tell_installation(InstallationChange.SUSPENDED if suspended else InstallationChange.UNSUSPENDED)

    def reinstall(self) -> None:
        """Uninstall the App and install it again: another installation, the same repository."""
        self._tell_installation(InstallationChange.DELETED)
        self.installation_id = InstallationId(self.installation_id + 1)
        self.suspended_at = None
        self._tell_installation(InstallationChange.CREATED, REPOSITORY.id)

    # What is true.

    @property
    def address(self) -> RepositoryAddress:
        return RepositoryAddress(self.installation_id, REPOSITORY.id)

    def open_proposals(self) -> list[Proposal]:
        return [proposal for proposal in self.proposals.values() if proposal.is_open]

    def changed_between(self, base: CommitSha, head: CommitSha) -> tuple[str, ...] | None:
        """Return what changed, None when `base` is not an ancestor."""
        paths: set[str] = set()
        at: CommitSha | None = head
        while at is not None and at != base:
            paths |= self.commits[at].paths
            at = self.commits[at].parent
        return tuple(sorted(paths)) if at == base else None

    # What the App asks.

    def translate(self, event_name: str, body: bytes) -> Event:
        del event_name
        return next(one.event for one in self.outgoing if one.guid == body.decode())

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        self._ask("find_branch_head", address)
        return self.branches.get((REPOSITORY.id, branch))

    def find_pull_request(self, address: RepositoryAddress, number: int) -> PullRequest | None:
        self._ask("find_pull_request", address)
        return self._describe(self.proposals[number])

    def list_changed_paths(
        self, address: RepositoryAddress, base: CommitSha, head: CommitSha
    ) -> tuple[str, ...] | None:
        self._ask("list_changed_paths", address)
        return self.changed_between(base, head)

    def list_installations(self) -> tuple[tuple[InstallationId, Account, datetime | None], ...]:
        self._ask("list_installations")
        return ((self.installation_id, ACCOUNT, self.suspended_at),)

    def list_repositories(self, installation_id: InstallationId) -> tuple[Repository, ...]:
        self._ask("list_repositories", RepositoryAddress(installation_id, REPOSITORY.id))
        return (REPOSITORY,)

    def read_repositories(
        self, installation_id: InstallationId, watched: Sequence[WatchedRepository]
    ) -> tuple[RepositoryFacts, ...]:
        self._ask("read_repositories", RepositoryAddress(installation_id, REPOSITORY.id))
        return tuple(self._facts(one) for one in watched)

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
        self._ask("report", report.address)
        self.searches.append(look_for_existing)
        self.reports.append(report)
        return GitHubTraces(42, 43, report.deployment.status.value)

    def list_hook_deliveries(self, since: datetime) -> Iterable[HookDelivery]:
        self._ask("list_hook_deliveries")
        return [attempt for attempt in reversed(self.attempts) if attempt.delivered_at >= since]

    def redeliver(self, attempt_id: int) -> None:
        self._ask("redeliver")
        guid = self.attempts[attempt_id].delivery_id
        next(one for one in self.outgoing if one.guid == guid).pending = True

    # How events travel.

    def pending(self) -> list[Outgoing]:
        return [one for one in self.outgoing if one.pending]

    def note_attempt(self, one: Outgoing, *, succeeded: bool) -> None:
        """Write into GitHub's list what became of a delivery."""
        one.pending = False
        moment = self.clock.now() - timedelta(seconds=1)
        self.attempts.append(HookDelivery(len(self.attempts), one.guid, moment, succeeded))

    def _facts(self, watched: WatchedRepository) -> RepositoryFacts:
        heads = {
            branch: self._commit(self.branches[REPOSITORY.id, branch])
            for branch in watched.branches
            if (REPOSITORY.id, branch) in self.branches
        }
        opened = tuple(self._describe(one) for one in self.open_proposals())
        return RepositoryFacts(self.address, REPOSITORY, heads, opened if watched.pull_requests else None)

    def _describe(self, proposal: Proposal) -> PullRequest:
        repository_id, branch = proposal.place
        head = self.branches[proposal.place] if proposal.is_open else proposal.last_head
        return PullRequest(
            id=1000 + proposal.number,
            number=proposal.number,
            title="Sell faster",
            is_open=proposal.is_open,
            merged=proposal.merged,
            draft=proposal.draft,
            head_repository_id=repository_id,
            head_branch=branch,
            head=self._commit(head),
            base_branch="main",
            base=Commit(self.branches[MAIN]),
            author=ADA,
        )

    def _commit(self, sha: CommitSha) -> Commit:
        return Commit(sha, self.commits[sha].message, "Ada")

    def _make(self, place: Place, message: str, paths: frozenset[str]) -> CommitSha:
        sha = CommitSha(f"{len(self.commits) + 1:040x}")
        self.commits[sha] = Made(sha, self.branches.get(place), message, paths)
        return sha

    def _move(self, place: Place, sha: CommitSha) -> None:
        before = self.branches.get(place, NO_COMMIT)
        self.branches[place] = sha
        forced = before != NO_COMMIT and self.changed_between(before, sha) is None
        self._tell_push(place, before, sha, forced=forced)
        for proposal in self._open_from(place):
            self._tell_proposal(proposal.number, "synchronize")

    def _open_from(self, place: Place) -> Iterator[Proposal]:
        return (proposal for proposal in self.open_proposals() if proposal.place == place)

    def _tell_push(self, place: Place, before: CommitSha, after: CommitSha, *, forced: bool = False) -> None:
        if after != NO_COMMIT:
            self.log[place].append(after)
        if place[0] != REPOSITORY.id:
            return  # the App is not installed on the fork
        head = None if after == NO_COMMIT else self._commit(after)
        ref = branch_ref(BranchName(place[1]))
        event = PushReceived(self.address, REPOSITORY, ref, before, after, forced, head, ADA)
        self._tell(event, f"repository:{REPOSITORY.id}")

    def _tell_proposal(self, number: int, action: str) -> None:
        event = PullRequestChanged(self.address, REPOSITORY, action, number, ADA)
        self._tell(event, f"repository:{REPOSITORY.id}")

    def _tell_installation(self, change: InstallationChange, *repository_ids: RepositoryId) -> None:
        event = InstallationChanged(self.installation_id, ACCOUNT, change, repository_ids, ADA)
        self._tell(event, f"installation:{self.installation_id}", also_suspended=True)

    def _tell(self, event: Event, subject: str, *, also_suspended: bool = False) -> None:
        if self.suspended_at is None or also_suspended:
            guid = DeliveryId(f"00000000-0000-4000-8000-{len(self.outgoing):012}")
            self.outgoing.append(Outgoing(guid, event, subject))

    def _ask(self, question: str, address: RepositoryAddress | None = None) -> None:
        self.asked.append(question)
        if self.astray > 0:
            self.astray -= 1
            raise TemporarilyUnavailable("github_unavailable", "GitHub answered 502.")
        if address is not None:
            self._get(address)

    def _get(self, address: RepositoryAddress) -> Repository:
        if address.installation_id != self.installation_id or self.suspended_at is not None:
            raise NotFound("repository_not_accessible", "The GitHub App does not see the repository.")
        return replace(REPOSITORY)
