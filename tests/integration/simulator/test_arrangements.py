"""What is arranged is told to the App as GitHub tells it, unless it is to be silent."""

from collections.abc import Iterator

import httpx
import pytest

from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Hosted, listed_events


@pytest.fixture
def control(hosted: Hosted, oracle: OpenApiOracle) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hosted.github.page_url}_simulator", trust_env=False) as client:
        yield client
    assert [c for d in hosted.github.deliveries if (c := oracle.judge_delivery(d))] == []


def test_the_life_of_an_installation(control: httpx.Client, hosted: Hosted) -> None:
    made = control.post("/installations", json={"account": "zoo"}).json()
    path = f"/installations/{made['id']}"
    control.put(f"{path}/suspended")
    control.delete(f"{path}/suspended")
    control.delete(path)
    assert listed_events(hosted.github) == [f"installation.{a}" for a in ("created", "suspend", "unsuspend", "deleted")]
    assert {d.payload["installation"]["id"] for d in hosted.github.deliveries} == {made["id"]}


def test_access_that_changes(control: httpx.Client, hosted: Hosted) -> None:
    other = hosted.github.create_repository("acme", "other")
    path = f"/installations/{hosted.installation.id}/repositories"
    control.put(path, json={"repository_ids": [other.id]})
    control.put(path, json={"repository_ids": [other.id]})
    control.put(path, json={"repository_ids": None})
    removed, added = (d.payload for d in hosted.github.deliveries)
    assert [r["full_name"] for r in removed["repositories_removed"]] == ["acme/shop"]
    assert (added["repository_selection"], added["repositories_added"][0]["id"]) == ("all", hosted.repository.id)
    assert added["repositories_removed"] == []


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"name": "store"}, "repository.renamed"),
        ({"archived": True}, "repository.archived"),
        ({"private": False}, "repository.publicized"),
        ({"default_branch": "trunk"}, "repository.edited"),
    ],
)
def test_a_repository_that_changes(
    control: httpx.Client, hosted: Hosted, change: dict[str, object], event: str
) -> None:
    shown = control.patch(f"/repositories/{hosted.repository.id}", json=change).json()
    assert {name: shown[name] for name in change} == change
    assert listed_events(hosted.github) == [event]


def test_what_was_before_is_told(control: httpx.Client, hosted: Hosted) -> None:
    path = f"/repositories/{hosted.repository.id}"
    control.patch(path, json={"name": "store"})
    control.patch(path, json={"default_branch": "trunk"})
    renamed, edited = (d.payload["changes"] for d in hosted.github.deliveries)
    assert renamed == {"repository": {"name": {"from": "shop"}}}
    assert edited == {"default_branch": {"from": "main"}}


def test_it_changes_back(control: httpx.Client, hosted: Hosted) -> None:
    path = f"/repositories/{hosted.repository.id}"
    control.patch(f"{path}?silent=true", json={"archived": True, "private": False})
    control.patch(path, json={"archived": False, "private": True})
    assert listed_events(hosted.github) == ["repository.privatized", "repository.unarchived"]


def test_a_transfer_is_told_to_who_receives(control: httpx.Client, hosted: Hosted) -> None:
    there = hosted.github.install("umbrella")
    control.patch(f"/repositories/{hosted.repository.id}", json={"owner": "umbrella"})
    assert listed_events(hosted.github) == ["installation_repositories.removed", "repository.transferred"]
    left, came = (d.payload for d in hosted.github.deliveries)
    assert (left["installation"]["id"], came["installation"]["id"]) == (hosted.installation.id, there.id)
    assert came["changes"]["owner"]["from"]["organization"]["login"] == "acme"


def test_a_repository_that_is_made_again_and_deleted(control: httpx.Client, hosted: Hosted) -> None:
    made = control.post("/repositories", json={"owner": "acme", "name": "new"}).json()
    again = control.post(f"/repositories/{made['id']}/recreate").json()
    control.delete(f"/repositories/{again['id']}")
    actions = ("created", "deleted", "created", "deleted")
    assert listed_events(hosted.github) == [f"repository.{action}" for action in actions]
    assert [d.payload["repository"]["id"] for d in hosted.github.deliveries] == [
        *(made["id"], made["id"]),
        *(again["id"], again["id"]),
    ]


def test_silence(control: httpx.Client, hosted: Hosted) -> None:
    made = control.post("/installations?silent=true", json={"account": "zoo"}).json()
    control.put(f"/installations/{made['id']}/suspended?silent=true")
    control.delete(f"/installations/{made['id']}?silent=true")
    control.patch(f"/repositories/{hosted.repository.id}?silent=true", json={"name": "store", "archived": True})
    assert hosted.github.deliveries == ()


def test_a_suspended_installation_hears_of_nothing_else(control: httpx.Client, hosted: Hosted) -> None:
    hosted.github.simulation.suspend(hosted.installation.id)
    control.patch(f"/repositories/{hosted.repository.id}", json={"archived": True})
    control.put(f"/installations/{hosted.installation.id}/repositories", json={"repository_ids": []})
    assert hosted.github.deliveries == ()


def test_who_is_signed_in_is_the_sender(control: httpx.Client, hosted: Hosted) -> None:
    control.put("/session", json={"login": "ann"})
    control.patch(f"/repositories/{hosted.repository.id}", json={"archived": True})
    assert hosted.github.deliveries[0].payload["sender"]["login"] == "ann"
