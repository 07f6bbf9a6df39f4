"""An asynchronous task with dependencies from the lock."""

import asyncio
import logging

from pushwright import task
from slugify import slugify
from tabulate import tabulate

LOGGER = logging.getLogger(__name__)


async def _count_words(title: str, text: str) -> tuple[str, str, int]:
    await asyncio.sleep(0)
    return title, slugify(title), len(text.split())


@task(id="reports/words", max_duration=30)
async def report_words(payload: dict[str, dict[str, str]]) -> dict[str, str]:
    """Count the words of several texts at once and lay them out as a table."""
    texts = payload["texts"]
    rows = await asyncio.gather(*(_count_words(title, text) for title, text in texts.items()))
    LOGGER.info("counted the words of %d texts", len(rows))
    return {"table": tabulate(sorted(rows), headers=["title", "slug", "words"])}
