"""Watching the deployments table closely enough to time it."""

import time
from datetime import datetime
from typing import Final

import psycopg
from psycopg.rows import DictRow, dict_row

_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 900
PHASES: Final = ("deliver", "decide", "queue", "install", "build", "publish", "report")
_MOMENTS: Final = ("received_at", "created_at", "started_at", "installed_at", "built_at", "finished_at", "reported_at")
_TIMELINE: Final = """
SELECT d.created_at, d.started_at, d.installed_at, d.built_at, d.finished_at,
    (SELECT max(v.received_at) FROM deliveries v JOIN decisions c ON c.delivery_id = v.id
     WHERE c.deployment_id = d.id) AS received_at,
    (SELECT o.sent_at FROM outbox o WHERE o.deployment_id = d.id AND o.status = 'DEPLOYED') AS reported_at
FROM deployments d WHERE d.sha = %s
"""


class DeploymentWatch:
    """Waits for deployments on a connection of its own."""

    def __init__(self, database_url: str) -> None:
        self._connection: psycopg.Connection[DictRow] = psycopg.connect(
            database_url, autocommit=True, row_factory=dict_row
        )

    def wait(self, sha: str) -> None:
        """Return when the commit is DEPLOYED; fail when it ends otherwise."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            row = self._connection.execute(
                "SELECT status, failure_sentence FROM deployments WHERE sha = %s", (sha,)
            ).fetchone()
            if row is not None and row["status"] == "DEPLOYED":
                return
            assert row is None or row["status"] not in {"FAILED", "TIMED_OUT", "CANCELED"}, row
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"{sha} was not deployed in {_PATIENCE_SECONDS} s")

    def list_phases(self, sha: str, pushed_at: datetime) -> dict[str, float]:
        """Return the seconds of each phase, when GitHub was told of the end; a phase that did not happen took 0."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            row = self._connection.execute(_TIMELINE, (sha,)).fetchone()
            if row is not None and row["reported_at"] is not None:
                return _cut(row, pushed_at)
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"the end of {sha} was not reported in {_PATIENCE_SECONDS} s")

    def count_undecided(self) -> int:
        """Return how many deliveries wait for their decision."""
        row = self._connection.execute(
            "SELECT count(*) AS waiting FROM deliveries WHERE status IN ('received', 'processing')"
        ).fetchone()
        return int(row["waiting"]) if row else 0

    def close(self) -> None:
        self._connection.close()


def _cut(row: DictRow, pushed_at: datetime) -> dict[str, float]:
    seconds = {}
    before = pushed_at
    for phase, moment in zip(PHASES, _MOMENTS, strict=True):
        at = row[moment] or before
        seconds[phase] = (at - before).total_seconds()
        before = at
    return seconds
