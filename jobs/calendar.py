"""The calendar: housekeeping comes at fixed moments, once for all processes together."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import procrastinate

from jobs.queue import HOUSEKEEPING

_LOOK_SECONDS: Final = 1.0


class Calendar:
    """Asks for housekeeping when its time has come.

    The moments are multiples of the interval, so every process names the same ones, and the database takes the first
    that asks. At start each thing is asked for at once: an outage is healed without waiting.
    """

    def __init__(self, app: procrastinate.App, intervals: Mapping[str, timedelta]) -> None:
        self._app = app
        self._intervals = intervals
        self._asked: dict[str, int] = {}

    async def turn(self) -> None:
        """Ask for what is due, and wait a moment."""
        for key, interval in self._intervals.items():
            await self._ask_when_due(key, interval)
        await asyncio.sleep(_LOOK_SECONDS)

    async def _ask_when_due(self, key: str, interval: timedelta) -> None:
        moment = int(time.time() // interval.total_seconds() * interval.total_seconds())
        if self._asked.get(key) == moment:
            return
        deferrer = self._app.configure_task(
            HOUSEKEEPING,
            queue=HOUSEKEEPING,
            lock=f"{HOUSEKEEPING}:{key}",
            task_kwargs={"key": key, "timestamp": moment},
        )
        if key in self._asked:
            await self._app.job_manager.defer_periodic_job(deferrer.job, key, moment)
        else:
            await deferrer.defer_async()
        self._asked[key] = moment
