"""Dates as people write them."""

from datetime import timedelta

import humanize
from dateutil import parser
from pushwright import AbortTaskRun, task


@task(id="dates/parse", retry={"max_attempts": 1})
def parse_date(payload: dict[str, str]) -> dict[str, str]:
    """Turn a date in words into ISO form."""
    try:
        return {"iso": parser.parse(payload["text"]).isoformat()}
    except parser.ParserError as error:
        raise AbortTaskRun(str(error)) from error


def _describe(payload: dict[str, float]) -> dict[str, str]:
    return {"text": humanize.precisedelta(timedelta(seconds=payload["seconds"]))}


task(id="dates/describe", run=_describe, description="Says how long a number of seconds is.")
