"""Rate limits: how they are read out of answers, and that nobody asks before they end."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId
from github_app.limits import Payer, RateLimits, read_refusal, read_spent

DATE = {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}
NOON = 1_795_521_600
SPENT = {**DATE, "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOON + 900)}
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."
FIRST, SECOND = Payer(InstallationId(3)), Payer(InstallationId(4))


@dataclass
class Watch:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (403, SPENT, "API rate limit exceeded", timedelta(minutes=15)),
        (429, SPENT, "API rate limit exceeded", timedelta(minutes=15)),
        (403, {"retry-after": "30"}, SECONDARY, timedelta(seconds=30)),
        (403, {**SPENT, "retry-after": "30"}, SECONDARY, timedelta(seconds=30)),
        (403, {}, SECONDARY, timedelta(minutes=1)),
        (403, {}, "You have triggered an abuse detection mechanism.", timedelta(minutes=1)),
        (429, {}, "", timedelta(minutes=1)),
        (429, {"retry-after": "soon"}, "", timedelta(minutes=1)),
        (403, {"retry-after": "999999"}, SECONDARY, timedelta(hours=1)),
        (403, {}, "Resource not accessible by integration", None),
        (403, {"x-ratelimit-remaining": "12"}, "Resource not accessible by integration", None),
        (200, SPENT, "", None),
        (502, {"retry-after": "30"}, "", None),
    ],
)
def test_a_refusal_for_a_limit_says_how_long_it_lasts(
    status: int, headers: dict[str, str], message: str, wait: timedelta | None
) -> None:
    assert read_refusal(status, headers, message) == wait


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (SPENT, timedelta(minutes=15)),
        ({**SPENT, "x-ratelimit-reset": str(NOON - 5)}, timedelta()),
        ({**SPENT, "x-ratelimit-reset": str(NOON + 86_400)}, timedelta(hours=1)),
        ({**SPENT, "x-ratelimit-remaining": "1"}, None),
        ({**DATE, "x-ratelimit-remaining": "0"}, None),
        ({}, None),
    ],
)
def test_a_limit_that_is_used_up_is_read_by_githubs_clock(headers: dict[str, str], wait: timedelta | None) -> None:
    assert read_spent(headers) == wait


def test_nobody_asks_before_the_limit_ends() -> None:
    watch = Watch()
    limits = RateLimits(watch)
    limits.learn(FIRST, timedelta(minutes=15))
    watch.seconds = 300
    with pytest.raises(TemporarilyUnavailable) as caught:
        limits.check(FIRST)
    assert (caught.value.code, caught.value.retry_after) == ("github_rate_limited", timedelta(minutes=10))


def test_a_limit_that_has_ended_is_forgotten() -> None:
    watch = Watch()
    limits = RateLimits(watch)
    limits.learn(FIRST, timedelta(minutes=15))
    watch.seconds = 900
    limits.check(FIRST)
    limits.learn(SECOND, timedelta(minutes=1))
    assert limits._reached == {SECOND: 960.0}


def test_one_installations_limit_is_not_anothers() -> None:
    limits = RateLimits(Watch())
    limits.learn(FIRST, timedelta(minutes=15))
    limits.check(SECOND)
    limits.check(Payer(InstallationId(3), "graphql"))
