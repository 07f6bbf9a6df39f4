"""A `JobQueue` that remembers what it was asked for."""

from domain.ports.jobs import Job, SqlExecutor


class RecordingJobQueue:
    """Keeps the jobs in `jobs`; with a database behind it also shows that the transaction is open."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def defer(self, execute: SqlExecutor, job: Job) -> None:
        execute("SELECT %(kind)s::text", {"kind": job.kind})
        self.jobs.append(job)

    def of_kind(self, kind: str) -> list[Job]:
        return [job for job in self.jobs if job.kind == kind]
