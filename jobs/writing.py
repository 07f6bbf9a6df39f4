"""Writing to GitHub within what it allows: the budget is asked first, and what GitHub says about it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.ports.jobs import Clock
from domain.ports.store import Store, UnitOfWork

_RATE_LIMITED: Final = "github_rate_limited"
_LEAST_WAIT: Final = timedelta(seconds=1)


def reserve_writes(work: UnitOfWork, clock: Clock, installation_id: InstallationId, count: int) -> None:
    """Take `count` writes of the installation's budget.

    Raises:
        TemporarilyUnavailable: `github_writes_paced`, none is left for now; nothing was taken.
    """
    now = clock.now()
    moment = work.installations.reserve_writes(installation_id, count, now)
    if moment is not None:
        raise TemporarilyUnavailable(
            "github_writes_paced",
            f"Installation {installation_id} has written to GitHub as often as GitHub allows for now; it goes on by "
            f"itself at {moment:%H:%M:%S}.",
            retry_after=max(moment - now, _LEAST_WAIT),
        )


@contextmanager
def heeding_limits(store: Store, clock: Clock, installation_id: InstallationId) -> Iterator[None]:
    """Let every other write of the installation wait too, when GitHub says that there were too many."""
    try:
        yield
    except TemporarilyUnavailable as error:
        if error.code == _RATE_LIMITED and error.retry_after is not None:
            with store.transaction() as work:
                work.installations.block_writes(installation_id, clock.now() + error.retry_after)
        raise
