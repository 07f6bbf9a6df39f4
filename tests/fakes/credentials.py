"""A store that knows the App and the round trips, in memory, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from domain.ports.secrets import AppCredentials, RoundTrip
from domain.ports.store import UnitOfWork


@dataclass
class MemoryCredentials:
    """The `Credentials` in memory."""

    app: AppCredentials | None = None
    trips: dict[str, RoundTrip] = field(default_factory=dict)

    def save_app(self, credentials: AppCredentials) -> None:
        self.app = credentials

    def find_app(self) -> AppCredentials | None:
        return self.app

    def begin_trip(self, trip: RoundTrip) -> None:
        self.trips[trip.state_hash] = trip

    def end_trip(self, state_hash: str, now: datetime) -> RoundTrip | None:
        trip = self.trips.pop(state_hash, None)
        return trip if trip is not None and trip.expires_at > now else None


@dataclass
class CredentialsStore:
    """Opens transactions on it, and counts them."""

    credentials: MemoryCredentials = field(default_factory=MemoryCredentials)
    transactions: int = 0

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        self.transactions += 1
        yield cast("UnitOfWork", self)

    def ping(self) -> None:
        """Be there."""
