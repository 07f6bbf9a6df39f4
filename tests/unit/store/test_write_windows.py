"""Sliding windows: 80 writes in any minute, 500 in any hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.write_budget import WINDOWS, Grant, find_moment

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def ago(seconds: int, count: int) -> Grant:
    return NOW - timedelta(seconds=seconds), count


@pytest.mark.parametrize(
    ("grants", "count", "seconds"),
    [
        ([], 80, None),
        ([ago(0, 79)], 1, None),
        ([ago(0, 80)], 1, 60),
        ([ago(59, 80)], 1, 1),
        ([ago(60, 80)], 80, None),
        ([ago(50, 40), ago(10, 40)], 40, 10),
        ([ago(50, 40), ago(10, 40)], 41, 50),
        ([ago(600 * part, 80) for part in (5, 4, 3, 2, 1)], 80, None),
        ([ago(500 * part, 80) for part in (6, 5, 4, 3, 2, 1)], 21, 600),
        ([ago(500 * part, 80) for part in (6, 5, 4, 3, 2, 1)], 20, None),
        ([], 1_000, None),
        ([ago(10, 1)], 1_000, 3_590),
    ],
)
def test_the_moment_is_the_first_at_which_every_window_has_room(
    grants: list[Grant], count: int, seconds: int | None
) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert find_moment(grants, count, NOW) == expected


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 80)), max_size=60))
def test_whoever_waits_as_told_never_exceeds_a_window(wishes: list[tuple[int, int]]) -> None:
    grants: list[Grant] = []
    now = NOW
    for pause, count in wishes:
        now += timedelta(seconds=pause)
        now = find_moment(grants, count, now) or now
        assert find_moment(grants, count, now) is None
        grants.append((now, count))
        for window, limit in WINDOWS:
            assert sum(granted for at, granted in grants if at > now - window) <= limit
