"""Preparing: for each kind of event what has to be asked of GitHub first, and what is then decided and done."""

from collections.abc import Sequence
from typing import assert_never

from domain.decisions import Ignore, Note
from domain.events import (
    AccessChanged,
    CheckRequested,
    Event,
    InstallationChanged,
    NotInteresting,
    PullRequestChanged,
    PushReceived,
    RepositoryChanged,
)
from domain.ports.store import UnitOfWork
from domain.reasons import Reason
from domain.records import DecidedHead
from domain.source import find_branch_name
from jobs.acting import (
    Act,
    DeliveryPorts,
    Occasion,
    Outcome,
    act_on_check,
    act_on_pull_request,
    act_on_push,
    record,
)
from jobs.reconciling import reconcile_installation
from jobs.sweeping import SweepRequested, Swept, SweptPush, make_delivery
from operations.checks import decide_check, look_up_access
from operations.deciding import look_up_push, settle_push
from operations.installations import Settled, settle_access, settle_installation, settle_repository
from operations.pull_requests import (
    ASKS_AGAIN,
    decide_pull_request,
    look_up_pull_request,
    remember_pull_request,
)
from operations.repositories import remember_repository


def prepare(ports: DeliveryPorts, event: Event | Swept) -> Act:
    """Ask GitHub what has to be known, and return what decides and acts.

    Raises:
        TemporarilyUnavailable: GitHub did not answer.
        NotFound: `repository_not_accessible`.
    """
    match event:
        case NotInteresting():
            return record(Ignore(Reason.UNKNOWN_EVENT, detail=event.reason))
        case PushReceived():
            return _prepare_push(ports, event)
        case PullRequestChanged():
            return _prepare_pull_request(ports, event)
        case CheckRequested():
            return _prepare_check(ports, event)
        case SweptPush() | SweepRequested():
            return _prepare_sweep(ports, event)
        case InstallationChanged() | AccessChanged() | RepositoryChanged():
            return _prepare_settling(ports, event)
        case _:
            assert_never(event)


def _prepare_push(ports: DeliveryPorts, event: PushReceived) -> Act:
    _remember(ports, event)
    facts = look_up_push(ports.store, ports.forge, event)

    def act(work: UnitOfWork) -> list[Outcome]:
        now = ports.clock.now()
        return [act_on_push(work, event, decision, now) for decision in settle_push(work, event, facts)]

    return act


def _prepare_sweep(ports: DeliveryPorts, event: SweptPush | SweepRequested) -> Act:
    if isinstance(event, SweptPush):
        return _prepare_swept_push(ports, event)
    found = reconcile_installation(ports, event.installation_id)
    return record(Note(f"The installation was compared with GitHub: {found} differences were found."))


def _prepare_swept_push(ports: DeliveryPorts, event: SweptPush) -> Act:
    """Like the push it stands for, unless that has been decided about meanwhile: what failed is not built again."""
    decide = _prepare_push(ports, event.push)
    branch = find_branch_name(event.ref)

    def act(work: UnitOfWork) -> Sequence[Outcome]:
        repository_id = event.repository.id
        decided = None if branch is None else work.projects.find_head(repository_id, branch)
        if branch is None or (decided is not None and decided.sha == event.head.sha):
            return [(Ignore(Reason.NOTHING_CHANGED), None)]
        if not event.first:
            return decide(work)
        work.projects.remember_head(repository_id, branch, DecidedHead(event.head.sha))
        sentence = f"The branch {branch} is watched from commit {event.head.sha[:8]} on."
        return [(Note(sentence, "Nothing is deployed for it: push to deploy."), None)]

    return act


def _prepare_pull_request(ports: DeliveryPorts, event: PullRequestChanged) -> Act:
    _remember(ports, event)
    facts = look_up_pull_request(ports.store, ports.forge, event.address, event.number)
    occasion = Occasion(event.address, event.sender, facts.pull_request)

    def act(work: UnitOfWork) -> list[Outcome]:
        decisions = decide_pull_request(work, event.address, facts, again=event.action in ASKS_AGAIN)
        now = ports.clock.now()
        outcomes = [act_on_pull_request(work, occasion, decision, now) for decision in decisions]
        remember_pull_request(work, event.address, facts, decisions)
        if any(not isinstance(decision, Ignore) for decision, _ in outcomes):
            work.pull_requests.queue_comment(event.address.repository_id, event.number)
        return outcomes

    return act


def _prepare_check(ports: DeliveryPorts, event: CheckRequested) -> Act:
    _remember(ports, event)
    may_write = look_up_access(ports.forge, event)

    def act(work: UnitOfWork) -> list[Outcome]:
        now = ports.clock.now()
        return [act_on_check(work, decision, now) for decision in decide_check(work, event, may_write=may_write)]

    return act


def _remember(ports: DeliveryPorts, event: PushReceived | PullRequestChanged | CheckRequested) -> None:
    """Keep the repository's names first: GitHub is then asked through the installation that sees it now."""
    with ports.store.transaction() as work:
        remember_repository(work, event.address, event.repository)


def _prepare_settling(ports: DeliveryPorts, event: InstallationChanged | AccessChanged | RepositoryChanged) -> Act:
    def act(work: UnitOfWork) -> list[Outcome]:
        now = ports.clock.now()
        settled = _settle(work, event, ports)
        if settled.sweep is not None:
            work.deliveries.add(make_delivery(SweepRequested(settled.sweep), now))
        return [(decision, None) for decision in settled.decisions]

    return act


def _settle(
    work: UnitOfWork, event: InstallationChanged | AccessChanged | RepositoryChanged, ports: DeliveryPorts
) -> Settled:
    match event:
        case InstallationChanged():
            return settle_installation(work, event, ports.clock.now())
        case AccessChanged():
            return settle_access(work, event)
        case RepositoryChanged():
            return settle_repository(work, event)
