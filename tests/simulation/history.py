"""One history: what happens, in order, and how it settles; the invariants are asked after each step and at the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Engine

from domain.environments import ForkPolicy
from domain.events import CheckAction
from domain.identifiers import DeploymentId, EnvironmentId
from domain.source import CommitSha
from tests.simulation.actions import (
    Action,
    Break,
    Close,
    DeleteBranch,
    Deliver,
    Drop,
    ForceBack,
    Press,
    Propose,
    Push,
    Reinstall,
    Reopen,
    Suspend,
    Sweep,
    Touch,
    Work,
)
from tests.simulation.github import ImaginedGitHub
from tests.simulation.service import Service

Item = TypeVar("Item")
_MAX_ROUNDS = 12
_PATIENCE = timedelta(minutes=1)


@dataclass
class History:
    """A history under way.

    Attributes:
        asked: deployments whose buttons were pressed.
        redeployed: how often people asked for a commit once more.
        activations: what became current in each environment, in order.
    """

    engine: Engine
    fork_policy: ForkPolicy = ForkPolicy.WITHOUT_SECRETS
    github: ImaginedGitHub = field(default_factory=ImaginedGitHub)
    service: Service = field(init=False)
    asked: set[DeploymentId] = field(default_factory=set)
    redeployed: Counter[tuple[EnvironmentId, CommitSha]] = field(default_factory=Counter)
    activations: dict[EnvironmentId, list[DeploymentId]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.service = Service(self.engine, self.github, self.fork_policy)

    def run(self, actions: Iterable[Action]) -> None:
        """Let everything happen, then let it settle."""
        for action in actions:
            self._happen(action)
            self._note_activations()
        self._settle()

    def _happen(self, action: Action) -> None:
        match action:
            case Deliver() | Drop():
                self._carry(action)
            case Work():
                self._work(action)
            case Sweep():
                self.service.sweep(crash_at=action.crash_at)
            case Press():
                self._press(action)
            case Close() | Reopen() | Touch():
                self._change_proposal(action)
            case _:
                self._change_github(action)

    def _carry(self, action: Deliver | Drop) -> None:
        one = _pick(self.github.pending(), action.which)
        if one is None:
            return
        if isinstance(action, Deliver):
            for _ in range(1 + action.twice):
                self.service.receive(one)
            self.github.note_attempt(one, succeeded=True)
        else:
            self.github.note_attempt(one, succeeded=action.for_good)

    def _work(self, action: Work) -> None:
        for left in reversed(range(action.jobs)):
            ready = [job for job in self.service.list_ready() if action.builds or job.kind != "deployment"]
            job = _pick(ready, action.which)
            if job is not None:
                last = left == 0
                self.service.work(job, crash_at=action.crash_at if last else None, fails=action.fails and last)
                self._note_activations()

    def _press(self, action: Press) -> None:
        deployment = _pick(self.service.deployments(), action.deployment)
        if deployment is None:
            return
        self.github.press(action.action, deployment.id, deployment.commit.sha)
        self.asked.add(deployment.id)
        if action.action is CheckAction.REDEPLOY:
            self.redeployed[deployment.environment_id, deployment.commit.sha] += 1

    def _change_proposal(self, action: Close | Reopen | Touch) -> None:
        number = _pick(sorted(self.github.proposals), action.number)
        if number is None:
            return
        match action:
            case Close():
                self.github.close(number, merged=action.merged)
                self._deliver_newest(prompt=action.prompt)
            case Reopen():
                self.github.reopen(number)
                self._deliver_newest(prompt=action.prompt)
            case Touch():
                self.github.touch(number, action.action)

    def _change_github(self, action: Action) -> None:
        match action:
            case Push():
                self.github.push(action.place, action.message, frozenset({action.path}))
                self._deliver_newest(prompt=action.prompt)
            case ForceBack():
                self.github.force_back(action.place, action.steps)
                self._deliver_newest(prompt=action.prompt)
            case DeleteBranch():
                self.github.delete(action.place)
            case Propose():
                self.github.propose(action.place)
                self._deliver_newest(prompt=action.prompt)
            case Suspend():
                self.github.suspend(suspended=action.suspended)
            case Reinstall():
                self.github.reinstall()
            case Break():
                self.github.astray += action.requests
            case _:
                raise AssertionError(action)

    def _deliver_newest(self, *, prompt: bool) -> None:
        pending = self.github.pending()
        if prompt and pending:
            self.service.receive(pending[-1])
            self.github.note_attempt(pending[-1], succeeded=True)

    def _settle(self) -> None:
        """Everything works again: events arrive, jobs are done, sweeps find what was missed."""
        self.github.astray = 0
        self.github.suspend(suspended=False)
        for _ in range(_MAX_ROUNDS):
            before = len(self.service.records())
            self._drain()
            self.service.sweep()
            self.service.ask_for_refused_reports()
            self._drain()
            if len(self.service.records()) == before and not self.github.pending():
                return
        raise AssertionError("It never settles.")

    def _drain(self) -> None:
        for one in self.github.pending():
            self.service.receive(one)
            self.github.note_attempt(one, succeeded=True)
        while ready := self.service.list_ready():
            done = [self.service.work(job) for job in ready]
            if not any(done):
                self.github.clock.offset += _PATIENCE
            self._note_activations()

    def _note_activations(self) -> None:
        for environment in self.service.environments().values():
            current = environment.current_deployment_id
            seen = self.activations.setdefault(environment.id, [])
            if current is not None and (not seen or seen[-1] != current):
                seen.append(current)


def _pick(items: Sequence[Item], number: int) -> Item | None:
    return items[number % len(items)] if items else None
