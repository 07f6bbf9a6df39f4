"""The transition table and the versions."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deployments import FINAL, IN_FLIGHT, TRANSITIONS, DeploymentStatus, Version, next_version, sources_of
from domain.errors import InvalidInput

DAYS = st.dates(date(2000, 1, 1), date(2999, 12, 31))
VERSIONS = st.builds(Version, DAYS, st.integers(1, 999_999_999))
ENDS = {DeploymentStatus.FAILED, DeploymentStatus.CANCELED, DeploymentStatus.TIMED_OUT}


def test_four_statuses_are_final_and_lead_nowhere() -> None:
    assert {*FINAL} == {*ENDS, DeploymentStatus.DEPLOYED}
    assert all(TRANSITIONS[status] == frozenset() for status in FINAL)


@pytest.mark.parametrize("status", sorted(IN_FLIGHT))
def test_whatever_is_in_flight_may_end_badly_or_begin_again(status: DeploymentStatus) -> None:
    assert {*ENDS, DeploymentStatus.INSTALLING} <= TRANSITIONS[status]


def test_the_way_forward_skips_nothing() -> None:
    way = ["PENDING", "INSTALLING", "BUILDING", "DEPLOYING", "DEPLOYED"]
    for earlier, later in pairwise(way):
        forward = TRANSITIONS[DeploymentStatus(earlier)] - ENDS - {DeploymentStatus.INSTALLING}
        assert forward | {DeploymentStatus.INSTALLING} == {DeploymentStatus(later), DeploymentStatus.INSTALLING}


@pytest.mark.parametrize("status", sorted(DeploymentStatus))
def test_sources_are_the_table_read_backwards(status: DeploymentStatus) -> None:
    assert sources_of(status) == {source for source in DeploymentStatus if status in TRANSITIONS[source]}


def test_nothing_leads_back_to_pending() -> None:
    assert sources_of(DeploymentStatus.PENDING) == frozenset()


@given(VERSIONS)
def test_a_version_reads_as_it_prints(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_by_day_then_number(one: Version, other: Version) -> None:
    assert (one < other) == ((one.day, one.number) < (other.day, other.number))


@pytest.mark.parametrize(
    "text", ["", "20261124", "20261124.0", "20261124.01", "20261324.1", "2026-11-24.1", "20261124.1\n", "x" * 99]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Version.parse(text)
    assert caught.value.code == "version_invalid"


@given(VERSIONS, st.integers(-3, 3))
def test_the_next_version_is_larger_whatever_the_clock_says(newest: Version, days: int) -> None:
    today = newest.day + timedelta(days=days)
    following = next_version(newest, today)
    assert newest < following
    assert following.day == max(newest.day, today)


def test_the_first_version_of_a_day_is_number_one() -> None:
    today = date(2026, 11, 24)
    assert str(next_version(None, today)) == str(next_version(Version(date(2026, 11, 23), 7), today)) == "20261124.1"
    assert str(next_version(Version(today, 7), today)) == "20261124.8"
