"""Reconciling: comparing what we decided about with what GitHub has, and asking for what is missing.

Each difference becomes a sweep delivery, see `jobs.sweeping`. Nothing is decided here.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog

from domain.errors import ServiceError
from domain.events import (
    Account,
    InstallationChange,
    InstallationChanged,
    PullRequestChanged,
    RepositoryChange,
    RepositoryChanged,
)
from domain.identifiers import InstallationId
from domain.ports.forge import RepositoryFacts, WatchedRepository
from domain.ports.store import UnitOfWork
from domain.records import StoredInstallation
from domain.source import Repository, branch_ref
from jobs.acting import DeliveryPorts
from jobs.sweeping import SWEPT, Swept, SweptPush, make_delivery

_log = structlog.get_logger(__name__)
_Installed = tuple[InstallationId, Account, datetime | None]


def reconcile_all(ports: DeliveryPorts) -> int:
    """Compare every installation with GitHub and return how many differences were found.

    An installation that GitHub refuses to tell about does not keep the others from being compared.
    """
    on_github = ports.forge.list_installations()
    with ports.store.transaction() as work:
        changes = tuple(_installation_changes(work.installations.list_all(), on_github))
        _ask(work, changes, ports)
    found = len(changes)
    for installation_id, _, suspended_at in on_github:
        if suspended_at is None:
            try:
                found += reconcile_installation(ports, installation_id)
            except ServiceError as error:
                _log.warning("installation_not_reconciled", installation_id=installation_id, code=error.code)
    return found


def reconcile_installation(ports: DeliveryPorts, installation_id: InstallationId) -> int:
    """Compare the installation's repositories with GitHub and return how many differences were found."""
    repositories = ports.forge.list_repositories(installation_id)
    with ports.store.transaction() as work:
        published = tuple(_published(work, installation_id, repositories))
        work.installations.replace_repositories(installation_id, repositories)
        _ask(work, published, ports)
        watched = _list_watched(work, installation_id)
    facts = ports.forge.read_repositories(installation_id, watched) if watched else ()
    found = len(published)
    for each in facts:
        with ports.store.transaction() as work:
            first = work.projects.begin_watching(each.repository.id)
            changes: list[Swept] = [
                *_branch_changes(work, each),
                *_pull_request_changes(work, each, first=first),
            ]
            _ask(work, changes, ports)
        found += len(changes)
    return found


def _installation_changes(
    known: Sequence[StoredInstallation], on_github: Sequence[_Installed]
) -> Iterator[InstallationChanged]:
    seen = {installation_id: (account, since) for installation_id, account, since in on_github}
    for stored in known:
        if stored.id not in seen:
            account = stored.account or Account(0, "an account", "User")
            yield InstallationChanged(stored.id, account, InstallationChange.DELETED)
        elif (stored.suspended_at is None) != (seen[stored.id][1] is None):
            suspended = seen[stored.id][1] is not None
            change = InstallationChange.SUSPENDED if suspended else InstallationChange.UNSUSPENDED
            yield InstallationChanged(stored.id, seen[stored.id][0], change)
    for installation_id in seen.keys() - {stored.id for stored in known}:
        yield InstallationChanged(installation_id, seen[installation_id][0], InstallationChange.CREATED)


def _published(
    work: UnitOfWork, installation_id: InstallationId, repositories: Sequence[Repository]
) -> Iterator[RepositoryChanged]:
    """Give the connected repositories that became public without an event: forks have to be allowed anew."""
    public = {repository.id: repository for repository in repositories if not repository.private}
    for stored in work.installations.list_connected(installation_id):
        repository = public.get(stored.repository.id)
        if repository is not None and stored.repository.private:
            yield RepositoryChanged(stored.address, repository, RepositoryChange.PUBLICIZED)


def _list_watched(work: UnitOfWork, installation_id: InstallationId) -> list[WatchedRepository]:
    branches = defaultdict(list)
    for tracked in work.projects.list_tracked_branches():
        branches[tracked.repository.id].append(tracked.branch)
    previewed = set(work.pull_requests.list_repositories())
    return [
        WatchedRepository(
            stored.address,
            stored.repository.full_name,
            tuple(branches[stored.repository.id]),
            stored.repository.id in previewed,
        )
        for stored in work.installations.list_connected(installation_id)
        if stored.accessible and (stored.repository.id in previewed or branches[stored.repository.id])
    ]


def _branch_changes(work: UnitOfWork, facts: RepositoryFacts) -> list[SweptPush]:
    """Return the pushes nobody told us of, and the branches that are met for the first time."""
    changes = []
    for branch, head in facts.heads.items():
        decided = work.projects.find_head(facts.repository.id, branch)
        if decided is None or decided.sha != head.sha:
            changes.append(SweptPush(facts.address, facts.repository, branch_ref(branch), head, decided is None))
    return changes


def _pull_request_changes(work: UnitOfWork, facts: RepositoryFacts, *, first: bool) -> list[PullRequestChanged]:
    """Return the pull requests that are otherwise than they were seen last; those met first are only remembered."""
    if facts.pull_requests is None:
        return []
    if first:
        for pull_request in facts.pull_requests:
            work.pull_requests.remember(facts.repository.id, pull_request)
        return []
    seen = {one.number: (one.head_sha, one.draft) for one in work.pull_requests.list_open(facts.repository.id)}
    now = {one.number: (one.head.sha, one.draft) for one in facts.pull_requests}
    changed = sorted(number for number in seen.keys() | now.keys() if seen.get(number) != now.get(number))
    return [PullRequestChanged(facts.address, facts.repository, SWEPT, number) for number in changed]


def _ask(work: UnitOfWork, changes: Sequence[Swept], ports: DeliveryPorts) -> None:
    for change in changes:
        work.deliveries.add(make_delivery(change, ports.clock.now()))
