"""Running many histories."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from domain.environments import ForkPolicy
from tests.simulation.actions import HISTORIES, Action
from tests.simulation.history import History
from tests.simulation.invariants import list_violations


def forget_quickly(engine: Engine) -> None:
    """Let commits not wait for the disk: nobody pulls the plug here."""
    with engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit TO off'))
    engine.dispose()


@dataclass
class Counts:
    """How much happened in all histories."""

    histories: int = 0
    actions: int = 0
    events: int = 0
    deliveries: int = 0
    deployments: int = 0
    swept: int = 0

    def add(self, history: History, actions: list[Action]) -> None:
        records = history.service.records()
        self.histories += 1
        self.actions += len(actions)
        self.events += len(history.github.outgoing)
        self.deliveries += len(records)
        self.deployments += len(history.service.deployments())
        self.swept += sum(record.event_name == "sweep" for record in records)


@dataclass
class Run:
    """What a run is made of."""

    engine: Engine
    histories: int
    seed: int
    counts: Counts = field(default_factory=Counts)

    def go(self) -> Counts:
        """Run the histories; a violation is made small and raised."""

        @seed(self.seed)
        @settings(
            max_examples=self.histories,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(HISTORIES, st.sampled_from(ForkPolicy))
        def holds(actions: list[Action], fork_policy: ForkPolicy) -> None:
            history = History(self.engine, fork_policy)
            history.run(actions)
            violations = list_violations(history)
            assert not violations, "\n".join(violations)
            self.counts.add(history, actions)

        holds()
        return self.counts
