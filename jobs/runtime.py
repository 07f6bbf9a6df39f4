"""Running the jobs: Procrastinate's application, its workers, and what happens when one of them dies."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import procrastinate
import structlog
from procrastinate import exceptions, jobs, retry

from domain.errors import OperatorError, TemporarilyUnavailable
from domain.identifiers import DeliveryId, DeploymentId
from jobs.calendar import Calendar
from jobs.comment import CommentJob
from jobs.delivery import DeliveryJob
from jobs.deployment import DeploymentJob, Interrupted
from jobs.housekeeping import HousekeepingJob
from jobs.queue import COMMENT, DELIVERY, DEPLOYMENT, HOUSEKEEPING, REPORT
from jobs.report import ReportJob

_log = structlog.get_logger(__name__)
_MAX_DELAY: Final = timedelta(minutes=5)
_MAX_UNEXPECTED: Final = 5
_THREADS: Final = 32
_LOOK_SECONDS: Final = 1.0
"""A job is noticed at once by notification; this is for one that was missed, or retried after a pause."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """What does one kind of job.

    Attributes:
        run: takes the job's key and how often it was tried before.
        give_up: takes the key of a job that failed too often by a fault of ours, so that its row says so.
    """

    run: Callable[[str, int], None]
    give_up: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How much is done at once, and how soon a dead worker is noticed.

    Attributes:
        deliveries: webhook calls decided at the same time.
        builds: builds at the same time on this node.
        reports: deployments GitHub is told of at the same time.
        comments: comments written at the same time.
        heartbeat: how often a worker says that it lives.
        stalled_after: silence after which its jobs are taken over.
        stop_within: how long a running job may take to give up at shutdown.
    """

    deliveries: int = 4
    builds: int = 2
    reports: int = 2
    comments: int = 1
    heartbeat: timedelta = timedelta(seconds=5)
    stalled_after: timedelta = timedelta(seconds=20)
    stop_within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class JobSet:
    """The jobs a worker can do."""

    delivery: DeliveryJob
    deployment: DeploymentJob
    report: ReportJob
    comment: CommentJob
    housekeeping: HousekeepingJob

    def kinds(self) -> Mapping[str, JobKind]:
        """Return each kind with what does it."""
        return {
            DELIVERY: JobKind(
                run=lambda key, _tries: self.delivery.run(DeliveryId(key)),
                give_up=lambda key: self.delivery.give_up(DeliveryId(key)),
            ),
            DEPLOYMENT: JobKind(
                run=lambda key, tries: self.deployment.run(DeploymentId(key), tries),
                give_up=lambda key: self.deployment.give_up(DeploymentId(key)),
            ),
            REPORT: JobKind(run=lambda key, _tries: self.report.run(DeploymentId(key)), give_up=_log_abandoned(REPORT)),
            COMMENT: JobKind(run=lambda key, _tries: self.comment.run(key), give_up=_log_abandoned(COMMENT)),
            HOUSEKEEPING: JobKind(
                run=lambda key, _tries: self.housekeeping.run(key), give_up=_log_abandoned(HOUSEKEEPING)
            ),
        }


class Runtime:
    """Workers for every queue in one event loop, until they are told to stop."""

    def __init__(self, database_url: str, job_set: JobSet, settings: WorkerSettings) -> None:
        self._app = _application(database_url, job_set.kinds())
        self._settings = settings
        self._calendar = Calendar(self._app, job_set.housekeeping.settings.intervals())

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then give running jobs `stop_within` to end."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="job"))
        concurrency = {
            DELIVERY: self._settings.deliveries,
            DEPLOYMENT: self._settings.builds,
            REPORT: self._settings.reports,
            COMMENT: self._settings.comments,
            HOUSEKEEPING: 1,
        }
        async with self._app.open_async():
            tasks = [asyncio.create_task(self._work(queue, count)) for queue, count in concurrency.items()]
            tasks.append(asyncio.create_task(self._rescue_forever()))
            tasks.append(asyncio.create_task(_forever(self._calendar.turn, "calendar")))
            await stop.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, queue: str, concurrency: int) -> None:
        """Keep a worker on the queue: one that lost its database is started again."""
        await _forever(lambda: self._work_once(queue, concurrency), f"worker:{queue}")

    async def _work_once(self, queue: str, concurrency: int) -> None:
        await self._app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            install_signal_handlers=False,
            update_heartbeat_interval=self._settings.heartbeat.total_seconds(),
            stalled_worker_timeout=self._settings.stalled_after.total_seconds(),
            shutdown_graceful_timeout=self._settings.stop_within.total_seconds(),
            delete_jobs="successful",
            fetch_job_polling_interval=_LOOK_SECONDS,
        )

    async def _rescue_forever(self) -> None:
        await _forever(self._rescue, "rescue")

    async def _rescue(self) -> None:
        """Give the jobs of workers that went silent back to the queue."""
        silence = self._settings.stalled_after.total_seconds()
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silence):
            # Another process may have rescued it in between; then there is nothing left to retry.
            with contextlib.suppress(exceptions.ConnectorException):
                await self._app.job_manager.retry_job(job)
                _log.warning("job_rescued", kind=job.task_name, key=job.task_kwargs.get("key"))
        await asyncio.sleep(self._settings.heartbeat.total_seconds())


class _Backoff(retry.BaseRetryStrategy):
    """Retries what the world may mend, at growing distances; gives up on what looks like a bug of ours."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        if isinstance(exception, Interrupted):
            return retry.RetryDecision()
        if isinstance(exception, TemporarilyUnavailable) and exception.retry_after is not None:
            return retry.RetryDecision(retry_in={"seconds": math.ceil(exception.retry_after.total_seconds())})
        if not isinstance(exception, OperatorError) and job.attempts >= _MAX_UNEXPECTED:
            return None
        seconds = min(_MAX_DELAY.total_seconds(), 2.0 ** min(job.attempts, 10))
        return retry.RetryDecision(retry_in={"seconds": int(seconds)})


def _application(database_url: str, kinds: Mapping[str, JobKind]) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=database_url, min_size=1, max_size=10)
    app = procrastinate.App(connector=connector)
    for name, kind in kinds.items():
        app.task(name=name, queue=name, pass_context=True, retry=_Backoff())(_task(name, kind))
    return app


def _task(name: str, kind: JobKind) -> Callable[..., None]:
    def run(context: procrastinate.JobContext, *, key: str, timestamp: int = 0) -> None:
        del timestamp  # told by the calendar, for the database alone
        structlog.contextvars.bind_contextvars(job=name, key=key)
        try:
            kind.run(key, context.job.attempts)
        except OperatorError:
            raise
        except Exception:
            if context.job.attempts >= _MAX_UNEXPECTED:
                kind.give_up(key)
            raise

    return run


def _log_abandoned(kind: str) -> Callable[[str], None]:
    return lambda key: _log.error("job_abandoned", kind=kind, key=key)


async def _forever(work: Callable[[], Awaitable[Any]], name: str) -> None:
    """Repeat `work`; what it raises is logged and waited out, only cancellation ends it."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - the outermost frame of a worker
            _log.exception("worker_restarted", worker=name)
        await asyncio.sleep(1)
