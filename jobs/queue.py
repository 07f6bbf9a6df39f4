"""The queue's names and its door: asking for a job inside somebody else's transaction."""

import json
from typing import Final

from domain.ports.jobs import Job, SqlExecutor

DELIVERY: Final = "delivery"
DEPLOYMENT: Final = "deployment"
REPORT: Final = "report"
COMMENT: Final = "comment"
HOUSEKEEPING: Final = "housekeeping"

_DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ROW(%(kind)s, %(kind)s, %(priority)s, %(lock)s, NULL, %(arguments)s::jsonb, NULL)::procrastinate_job_to_defer_v1
])
"""


class ProcrastinateQueue:
    """A `JobQueue` on Procrastinate's own SQL function; the queue of a job is named like its kind."""

    def defer(self, execute: SqlExecutor, job: Job) -> None:
        """Ask for `job`; it becomes visible to workers when the transaction commits."""
        execute(
            _DEFER,
            {
                "kind": job.kind,
                "priority": job.priority,
                "lock": job.lock,
                "arguments": json.dumps({"key": job.key}),
            },
        )
