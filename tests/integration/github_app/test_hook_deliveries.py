"""What GitHub delivered, and delivering once more. Nobody listens, so each delivery fails."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from domain.errors import NotFound
from github_app.forge import GitHubForge
from tests.integration.github_app.hosting import Hosted

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def announce(hosted: Hosted, count: int) -> None:
    for number in range(count):
        hosted.github.deliver("ping", {"zen": str(number)})
    assert len(hosted.github.deliveries) >= count


def test_attempts_are_listed_newest_first_over_all_pages(hosted: Hosted, forge: GitHubForge) -> None:
    announce(hosted, 150)
    listed = list(forge.list_hook_deliveries(LONG_AGO))
    kept = hosted.github.deliveries
    assert [attempt.id for attempt in listed] == [delivery.id for delivery in reversed(kept)]
    assert [attempt.delivery_id for attempt in listed] == [delivery.guid for delivery in reversed(kept)]
    assert {attempt.succeeded for attempt in listed} == {False}
    assert hosted.requested("hook/deliveries") == ["GET 200", "GET 200"]


def test_nothing_older_than_wanted_is_listed(hosted: Hosted, forge: GitHubForge) -> None:
    announce(hosted, 3)
    assert list(forge.list_hook_deliveries(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_no_page_is_asked_for_before_it_is_wanted(hosted: Hosted, forge: GitHubForge) -> None:
    announce(hosted, 150)
    assert len(list(islice(forge.list_hook_deliveries(LONG_AGO), 100))) == 100
    assert hosted.requested("hook/deliveries") == ["GET 200"]


def test_an_attempt_is_made_once_more(hosted: Hosted, forge: GitHubForge) -> None:
    announce(hosted, 1)
    (first,) = forge.list_hook_deliveries(LONG_AGO)
    forge.redeliver(first.id)
    assert [delivery.guid for delivery in hosted.github.deliveries] == [first.delivery_id] * 2


def test_an_attempt_github_has_forgotten_is_named(forge: GitHubForge) -> None:
    with pytest.raises(NotFound) as caught:
        forge.redeliver(4711)
    assert caught.value.code == "delivery_not_found"
