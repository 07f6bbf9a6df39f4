"""The write budget: how many requests an installation may still send to GitHub that change something there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from domain.identifiers import InstallationId
from store.repositories import remember_installation
from store.tables import granted_writes, installations

WINDOWS: Final = ((timedelta(minutes=1), 80), (timedelta(hours=1), 500))
"""In any span of that length, no more than that many: GitHub's limits on what creates content."""
Grant = tuple[datetime, int]
"""When writes were granted, and how many."""


def reserve_writes(
    connection: Connection, installation_id: InstallationId, count: int, now: datetime
) -> datetime | None:
    """Take `count` writes; None when they are granted, otherwise the moment when to ask again."""
    remember_installation(connection, installation_id)
    # The row's lock makes all processes ask one after the other, so that they share one budget.
    lock = select(installations.c.writes_blocked_until).where(installations.c.id == installation_id)
    blocked_until = connection.execute(lock.with_for_update(key_share=True)).scalar_one()
    if blocked_until is not None and blocked_until > now:
        return blocked_until  # type: ignore[no-any-return]  # columns of moments are not typed
    moment = find_moment(_list_grants(connection, installation_id, now), count, now)
    if moment is None:
        row = {"installation_id": installation_id, "granted_at": now, "count": count}
        connection.execute(insert(granted_writes), row)
    return moment


def block_writes(connection: Connection, installation_id: InstallationId, until: datetime) -> None:
    """Grant no writes before `until`; a block that lasts longer stays."""
    remember_installation(connection, installation_id)
    longest = func.greatest(installations.c.writes_blocked_until, until)
    connection.execute(
        update(installations).where(installations.c.id == installation_id).values(writes_blocked_until=longest)
    )


def find_moment(grants: Sequence[Grant], count: int, now: datetime) -> datetime | None:
    """Return when `count` more writes fit into every window, None when they do now.

    Args:
        grants: oldest first.
        count: more than a window holds fit when the window is empty.
        now: the present moment.
    """
    moments = [_find_moment_in(window, limit, grants, count) for window, limit in WINDOWS]
    later = [moment for moment in moments if moment is not None and moment > now]
    return max(later, default=None)


def _find_moment_in(window: timedelta, limit: int, grants: Sequence[Grant], count: int) -> datetime | None:
    """Return the first moment at which the window has room, going back from the newest grant."""
    room = limit - count
    for granted_at, granted in reversed(grants):
        room -= granted
        if room < 0:
            return granted_at + window
    return None


def _list_grants(connection: Connection, installation_id: InstallationId, now: datetime) -> list[Grant]:
    longest = max(window for window, _ in WINDOWS)
    of_installation = granted_writes.c.installation_id == installation_id
    connection.execute(delete(granted_writes).where(of_installation, granted_writes.c.granted_at <= now - longest))
    query = select(granted_writes.c.granted_at, granted_writes.c.count).where(of_installation)
    rows = connection.execute(query.order_by(granted_writes.c.granted_at))
    return [(granted_at, count) for granted_at, count in rows]
