"""GitHub's rate limits: learned from its answers, and kept before it has to say so again.

GitHub counts for each installation, and apart for each kind of resource. Whoever goes on asking while a limit is
reached may be shut out for longer, so such calls are refused here.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Final

from domain.errors import TemporarilyUnavailable

_REFUSALS: Final = frozenset({403, 429})
_TOO_MANY: Final = 429
_WITHOUT_A_WORD: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose limit a call counts against.

    Attributes:
        name: an installation, the App itself, or a token that belongs to neither.
        resource: GitHub counts GraphQL apart.
    """

    name: Hashable
    resource: str = "core"


class RateLimits:
    """Which limits are reached, and until when; safe to share between threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._reached: dict[Payer, float] = {}
        self._lock = Lock()

    def check(self, payer: Payer) -> None:
        """Raise `TemporarilyUnavailable` (`github_rate_limited`) while the payer's limit is reached."""
        with self._lock:
            wait = self._reached.get(payer, 0.0) - self._now()
        if wait > 0:
            raise limit_reached(timedelta(seconds=wait))

    def learn(self, payer: Payer, wait: timedelta) -> None:
        """Keep that the payer may ask again after `wait`."""
        now = self._now()
        with self._lock:
            self._reached = {known: until for known, until in self._reached.items() if until > now}
            self._reached[payer] = now + wait.total_seconds()


def read_refusal(status: int, headers: Mapping[str, str], message: str) -> timedelta | None:
    """Return how long to wait when the answer is a refusal because of a limit, None when it is not one.

    Args:
        status: of the answer.
        headers: of the answer; names in any case.
        message: GitHub's words: a secondary limit is sometimes told in no other way.
    """
    if status not in _REFUSALS:
        return None
    spent = read_spent(headers)
    words = message.lower()
    limited = status == _TOO_MANY or spent is not None or "secondary rate limit" in words or "abuse detection" in words
    if headers.get("retry-after", "").isdecimal():
        return min(timedelta(seconds=int(headers["retry-after"])), _LONGEST)
    return (spent or _WITHOUT_A_WORD) if limited else None


def read_spent(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the limit is used up, None when something is left of it."""
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") != "0" or not reset.isdecimal():
        return None
    # By GitHub's own clock: ours may be wrong.
    wait = timedelta(seconds=max(int(reset) - _moment(headers.get("date", "")), 0.0))
    return min(wait, _LONGEST)


def limit_reached(wait: timedelta = _WITHOUT_A_WORD) -> TemporarilyUnavailable:
    """Return the error for a limit that ends after `wait`."""
    return TemporarilyUnavailable(
        "github_rate_limited",
        f"GitHub's rate limit is used up; it ends in {wait.total_seconds():.0f} s. "
        "Nothing to do: the work goes on by itself.",
        retry_after=wait,
    )


def _moment(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return time.time()
