"""Watching the deployments table closely enough to time it."""

import time

import psycopg

_POLL_SECONDS = 0.01
_PATIENCE_SECONDS = 600


class DeploymentWatch:
    """Waits for deployments on a connection of its own."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True)

    def wait(self, sha: str) -> None:
        """Return when the commit is DEPLOYED; fail when it ends otherwise."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            row = self._connection.execute(
                "SELECT status, failure_sentence FROM deployments WHERE sha = %s", (sha,)
            ).fetchone()
            if row is not None and row[0] == "DEPLOYED":
                return
            assert row is None or row[0] not in {"FAILED", "TIMED_OUT", "CANCELED"}, row
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"{sha} was not deployed in {_PATIENCE_SECONDS} s")

    def count_undecided(self) -> int:
        """Return how many deliveries wait for their decision."""
        row = self._connection.execute(
            "SELECT count(*) FROM deliveries WHERE status IN ('received', 'processing')"
        ).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()
