"""GitHub's primary limits: how many calls of an hour are left, for each kind of API."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

_HOURLY_CALLS: Final = 5000


@dataclass(frozen=True, slots=True)
class Budget:
    """How an hour's budget stands; it never runs out here, since faults play that."""

    used: int
    resets_at: datetime
    limit: int = _HOURLY_CALLS

    @property
    def remaining(self) -> int:
        """How many calls are left."""
        return max(self.limit - self.used, 1)


class Budgets:
    """Counts calls by resource: `core` and `graphql`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._budgets: dict[str, Budget] = {}

    def spend(self, resource: str) -> Budget:
        """Count a call; returns what is left after it."""
        with self._lock:
            budget = self._find(resource)
            self._budgets[resource] = replace(budget, used=budget.used + 1)
            return self._budgets[resource]

    def show(self, resource: str) -> Budget:
        """Return how the budget stands."""
        with self._lock:
            return self._find(resource)

    def _find(self, resource: str) -> Budget:
        known = self._budgets.get(resource)
        if known is None or known.resets_at <= self._clock():
            return Budget(0, self._clock() + timedelta(hours=1))
        return known
