import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from githubkit.exception import RequestFailed

from github_app.simulator.deliveries import Delivery
from tests.integration.simulator.world import Developer, Hosted, Receiver


@pytest.fixture
def delivered(hosted: Hosted, developer: Developer) -> Delivery:
    developer.commit("a.py")
    developer.push()
    return hosted.github.deliveries[0]


def test_a_delivery_is_recorded_with_what_was_sent_and_answered(hosted: Hosted, delivered: Delivery) -> None:
    apps = hosted.app.rest.apps
    (item,) = apps.list_webhook_deliveries().parsed_data
    assert (item.guid, item.event, item.status, item.status_code) == (delivered.guid, "push", "OK", 202)
    shown = apps.get_webhook_delivery(item.id).json()
    assert shown["request"]["payload"]["ref"] == "refs/heads/main"
    assert shown["request"]["headers"]["X-GitHub-Delivery"] == delivered.guid


def test_a_failed_delivery_is_not_sent_again_by_itself(
    hosted: Hosted, developer: Developer, receiver: Receiver
) -> None:
    receiver.status = 500
    developer.commit("a.py")
    developer.push()
    assert [d.status for d in hosted.github.deliveries] == ["Invalid HTTP Response: 500"]
    assert len(receiver.calls) == 1


def test_a_redelivery_has_the_same_guid_and_another_id(hosted: Hosted, delivered: Delivery, receiver: Receiver) -> None:
    hosted.app.rest.apps.redeliver_webhook_delivery(delivered.id)
    first, second = hosted.github.deliveries
    assert (second.guid, second.redelivery) == (first.guid, True)
    assert second.id != first.id
    assert receiver.calls[0][1] == receiver.calls[1][1]


def test_nobody_at_the_other_end_is_a_failure(hosted: Hosted, delivered: Delivery) -> None:
    hosted.github.simulation.courier.hook.url = "http://127.0.0.1:9/nobody"
    hosted.app.rest.apps.redeliver_webhook_delivery(delivered.id)
    failed = hosted.github.deliveries[-1]
    assert (failed.status, failed.status_code) == ("failed to connect to host", 502)
    listed = hosted.app.rest.apps.list_webhook_deliveries(status="failure").parsed_data
    assert [item.id for item in listed] == [failed.id]


def test_deliveries_come_in_pages_by_cursor(hosted: Hosted) -> None:
    for number in range(3):
        hosted.github.deliver("ping", {"zen": str(number), "hook_id": 1})
    newest = list(reversed(hosted.github.deliveries))
    apps = hosted.app.rest.apps
    first = apps.list_webhook_deliveries(per_page=2)
    assert [item.id for item in first.parsed_data] == [d.id for d in newest[:2]]
    cursor = first.headers["link"].partition("cursor=")[2].partition(">")[0]
    assert [i.id for i in apps.list_webhook_deliveries(per_page=2, cursor=cursor).parsed_data] == [newest[2].id]


def test_an_unknown_delivery_is_not_found(hosted: Hosted) -> None:
    with pytest.raises(RequestFailed, match="404"):
        hosted.app.rest.apps.get_webhook_delivery(4242)


def test_deliveries_are_for_the_app_alone(hosted: Hosted, new_token: Callable[..., str]) -> None:
    url = f"{hosted.github.base_url}app/hook/deliveries"
    headers = {"Authorization": f"Bearer {new_token()}"}
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 401


@pytest.fixture
def control(hosted: Hosted) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hosted.github.page_url}_simulator/deliveries", trust_env=False) as client:
        yield client


def ping(hosted: Hosted, *zens: str) -> None:
    for zen in zens:
        hosted.github.deliver("ping", {"zen": zen, "hook_id": 1})


def test_deliveries_are_lost_as_planned(hosted: Hosted, control: httpx.Client, receiver: Receiver) -> None:
    assert control.post("/drop", json={"count": 2}).status_code == 204
    ping(hosted, "a", "b", "c")
    assert [d.status_code for d in hosted.github.deliveries] == [502, 502, 202]
    assert [json.loads(body)["zen"] for _, body in receiver.calls] == ["c"]
    hosted.app.rest.apps.redeliver_webhook_delivery(hosted.github.deliveries[0].id)
    assert hosted.github.deliveries[-1].status == "OK"


def test_deliveries_are_kept_back_and_sent_in_order(hosted: Hosted, control: httpx.Client, receiver: Receiver) -> None:
    control.put("/paused")
    ping(hosted, "a", "b")
    assert hosted.github.deliveries == ()
    control.delete("/paused")
    assert len(hosted.github.deliveries) == 2
    assert [json.loads(body)["zen"] for _, body in receiver.calls] == ["a", "b"]


def test_a_delivery_is_sent_several_times_at_once(hosted: Hosted, control: httpx.Client, receiver: Receiver) -> None:
    control.post("/duplicate", json={"times": 3})
    ping(hosted, "a", "b")
    first, *_ = hosted.github.deliveries
    assert [json.loads(body)["zen"] for _, body in receiver.calls] == ["a", "a", "a", "b"]
    answer = control.post(f"/{first.id}/repeat", json={"times": 2})
    assert (answer.status_code, answer.json()["guid"]) == (202, first.guid)
    assert [d.guid for d in hosted.github.deliveries].count(first.guid) == 5
    assert len(receiver.calls) == 6


def test_what_was_not_delivered_is_not_repeated(control: httpx.Client) -> None:
    assert control.post("/4242/repeat", json={}).status_code == 404
    assert control.post("/drop", json={"count": -1}).status_code == 422
