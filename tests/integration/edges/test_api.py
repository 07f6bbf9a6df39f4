"""The API on a real store: projects from nothing to paused, installations, previews, deliveries, explanations."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.decisions import Ignore
from domain.events import Account
from domain.identifiers import DeliveryId, InstallationId, RepositoryId
from domain.pull_requests import PreviewKey
from domain.reasons import Reason
from domain.records import NewDelivery
from domain.source import BranchName, FullName, Repository
from store.unit_of_work import PostgresStore
from tests.fakes.forge import ADDRESS, REPOSITORY, RecordingForge
from tests.fakes.services import Api, World, api_of, services_with
from tests.fakes.world import pull_request

pytestmark = pytest.mark.postgres

SHA = "a" * 40
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


@pytest.fixture
def forge() -> RecordingForge:
    return RecordingForge(heads={"main": SHA, "next": "b" * 40}, pull_requests={1: pull_request(1, SHA)})


@pytest.fixture
def api(store: PostgresStore, forge: RecordingForge) -> Api:
    return api_of(services_with(store, world=World(forge=forge)))


@pytest.fixture
def shop(api: Api) -> Api:
    """The project `shop` is connected."""
    api.ask("POST", "/projects", {"slug": "shop"}, status=201)
    api.ask("PUT", "/projects/shop/repository", {"repository": "acme/shop"})
    return api


def test_a_new_project_has_three_environments_and_no_repository(api: Api) -> None:
    created = api.ask("POST", "/projects", {"slug": "shop", "queue": "newest_only"}, status=201)

    assert created == {
        "project": "shop",
        "queue": "newest_only",
        "connection": None,
        "environments": [
            {"environment": "production", "tracks": None, "current_deployment": None},
            {"environment": "staging", "tracks": None, "current_deployment": None},
            {"environment": "preview", "tracks": None, "current_deployment": None},
        ],
        "build_settings": {"config_file": None, "install_command": None, "pre_build_command": None},
        "git_settings": {
            "previews": True,
            "drafts": True,
            "fork_policy": "ignore",
            "ignored_paths": [],
            "submodules": False,
        },
    }
    assert api.ask("GET", "/projects") == [created]


def test_connecting_tracks_the_default_branch_and_deploys_nothing(shop: Api, store: PostgresStore) -> None:
    shown = shop.ask("GET", "/projects/shop")

    assert shown["connection"] == {
        "repository": "acme/shop",
        "repository_id": 7,
        "installation_id": 3,
        "state": "active",
        "reason": "",
        "hint": "",
    }
    assert [one["tracks"] for one in shown["environments"]] == ["main", None, None]
    assert shown["git_settings"]["previews"] is True
    with store.transaction() as work:
        assert work.deployments.list_recent(None, 10) == ()


def test_one_repository_serves_many_projects_and_a_project_has_one(shop: Api) -> None:
    shop.ask("POST", "/projects", {"slug": "other"}, status=201)
    shop.ask("PUT", "/projects/other/repository", {"repository": "acme/shop"})
    again = shop.refuse("PUT", "/projects/shop/repository", {"repository": "acme/shop"})

    assert again[:2] == (409, "already_connected")


def test_disconnecting_keeps_the_settings(shop: Api) -> None:
    shop.ask("PUT", "/projects/shop/build-settings", {"pre_build_command": "make"})
    shown = shop.ask("DELETE", "/projects/shop/repository")

    assert shown["connection"] is None
    assert shown["build_settings"]["pre_build_command"] == "make"


def test_previews_are_off_after_connecting_a_project_without_a_preview_environment(
    api: Api, store: PostgresStore
) -> None:
    api.ask("POST", "/projects", {"slug": "shop"}, status=201)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM environments WHERE kind = 'preview'")
    connected = api.ask("PUT", "/projects/shop/repository", {"repository": "acme/shop"})
    refused = api.refuse("PATCH", "/projects/shop/git-settings", {"previews": True})

    assert connected["git_settings"]["previews"] is False
    assert refused[:2] == (409, "preview_environment_missing")


def test_the_repository_of_a_suspended_installation_is_refused_with_what_to_do(
    api: Api, store: PostgresStore, forge: RecordingForge
) -> None:
    api.ask("POST", "/projects", {"slug": "shop"}, status=201)
    with store.transaction() as work:
        work.installations.remember(ADDRESS.installation_id, Account(11, "acme", "Organization"))
        work.installations.remember_repository(ADDRESS.installation_id, REPOSITORY)
        work.installations.suspend(ADDRESS.installation_id, NOW)
    status, code, detail = api.refuse("PUT", "/projects/shop/repository", {"repository": "Acme/Shop"})

    assert (status, code) == (409, "installation_suspended")
    assert "unsuspend it in the settings of acme on GitHub" in detail
    assert forge.asked == []


def test_a_repository_the_app_does_not_see_is_refused(api: Api) -> None:
    api.ask("POST", "/projects", {"slug": "shop"}, status=201)

    refused = api.refuse("PUT", "/projects/shop/repository", {"repository": "acme/hidden"})
    assert refused[:2] == (404, "repository_not_accessible")


def test_a_branch_is_tracked_and_let_go(shop: Api) -> None:
    both = shop.ask("PATCH", "/projects/shop/tracking", {"production": " next ", "staging": "next"})
    none = shop.ask("PATCH", "/projects/shop/tracking", {"production": "  ", "staging": None})

    assert [one["tracks"] for one in both["environments"]] == ["next", "next", None]
    assert [one["tracks"] for one in none["environments"]] == [None, None, None]


def test_what_is_left_out_of_the_tracking_stays(shop: Api) -> None:
    shown = shop.ask("PATCH", "/projects/shop/tracking", {"staging": "next"})

    assert [one["tracks"] for one in shown["environments"]] == ["main", "next", None]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"production": "gone"}, "Production tracking branch not found"),
        ({"staging": "gone"}, "Staging tracking branch not found"),
        ({"production": "next", "staging": "gone"}, "Staging tracking branch not found"),
    ],
)
def test_a_changed_branch_must_exist_and_else_nothing_changes(shop: Api, change: dict[str, str], text: str) -> None:
    status, code, detail = shop.refuse("PATCH", "/projects/shop/tracking", change)

    assert (status, code) == (404, "tracking_branch_not_found")
    assert detail.startswith(text)
    assert [one["tracks"] for one in shop.ask("GET", "/projects/shop")["environments"]] == ["main", None, None]


def test_a_branch_that_stays_is_not_asked_about(shop: Api, forge: RecordingForge) -> None:
    forge.heads.clear()

    assert shop.ask("PATCH", "/projects/shop/tracking", {"production": "main"})["environments"][0]["tracks"] == "main"


def test_build_settings_are_replaced_whole_and_trimmed(shop: Api) -> None:
    shop.ask("PUT", "/projects/shop/build-settings", {"install_command": "make"})
    changed = shop.ask(
        "PUT", "/projects/shop/build-settings", {"config_file": " /apps/x/trigger.config.py ", "pre_build_command": " "}
    )

    assert changed == {
        "config_file": "apps/x/trigger.config.py",
        "install_command": None,
        "pre_build_command": None,
    }


def test_git_settings_change_one_by_one(shop: Api) -> None:
    shop.ask(
        "PATCH", "/projects/shop/git-settings", {"fork_policy": "approval", "ignored_paths": ["docs/", " ", "*.md"]}
    )
    changed = shop.ask("PATCH", "/projects/shop/git-settings", {"previews": False, "drafts": False, "submodules": True})

    assert changed == {
        "previews": False,
        "drafts": False,
        "fork_policy": "approval",
        "ignored_paths": ["docs/", "*.md"],
        "submodules": True,
    }


def test_a_paused_project_says_so_and_how_to_resume(shop: Api) -> None:
    paused = shop.ask("PUT", "/projects/shop/pause")["connection"]
    resumed = shop.ask("DELETE", "/projects/shop/pause")["connection"]

    assert (paused["state"], paused["reason"]) == ("paused", "Automatic deployments of the project are paused.")
    assert paused["hint"] == "Resume them in the project's git settings."
    assert (resumed["state"], resumed["reason"]) == ("active", "")


def test_lost_access_is_told_and_nothing_is_deleted(shop: Api, store: PostgresStore) -> None:
    with store.transaction() as work:
        work.installations.revoke(ADDRESS.installation_id, [REPOSITORY.id])
    connection = shop.ask("GET", "/projects/shop")["connection"]

    assert (connection["repository"], connection["state"]) == ("acme/shop", "access_lost")
    assert connection["reason"] == "The GitHub App has no access to the repository any more."


def test_a_refresh_makes_an_installation_known_and_its_repositories_are_searched(
    api: Api, forge: RecordingForge
) -> None:
    names = ("acme/shop", "acme/Site", "acme/sauce")
    forge.repositories[3] = tuple(
        Repository(RepositoryId(70 + number), FullName(name), BranchName("main"), private=number == 0)
        for number, name in enumerate(names)
    )
    refreshed = api.ask("POST", "/installations/3/refresh")
    found = api.ask("GET", "/installations/3/repositories", search="S", limit=2)
    rest = api.ask("GET", "/installations/3/repositories", limit=2, offset=2)

    assert refreshed == {
        "installation": 3,
        "account": "acme",
        "account_kind": "Organization",
        "suspended_at": None,
        "repositories": 3,
    }
    assert api.ask("GET", "/installations") == [refreshed]
    assert (found["total"], [one["repository"] for one in found["repositories"]]) == (3, ["acme/sauce", "acme/shop"])
    assert [one["repository"] for one in rest["repositories"]] == ["acme/Site"]


def test_a_refresh_of_an_installation_that_is_gone_forgets_it(api: Api, forge: RecordingForge) -> None:
    api.ask("POST", "/installations/3/refresh")
    forge.installations.clear()
    refused = api.refuse("POST", "/installations/3/refresh")

    assert refused[:2] == (404, "installation_not_found")
    assert api.ask("GET", "/installations") == []


def test_previews_are_listed_kept_and_archived(shop: Api, store: PostgresStore) -> None:
    with store.transaction() as work:
        project = work.projects.get_by_slug("shop")
        made = work.previews.ensure(project.id, PreviewKey(REPOSITORY.id, BranchName("feature/fast")), NOW)
    kept = shop.ask("PUT", f"/projects/shop/previews/{made.slug}/keep")
    listed = shop.ask("GET", "/projects/shop/previews")
    let_go = shop.ask("DELETE", f"/projects/shop/previews/{made.slug}/keep")
    archived = shop.ask("POST", f"/projects/shop/previews/{made.slug}/archive")

    assert (kept, let_go) == ({"preview": made.slug, "keep": True}, {"preview": made.slug, "keep": False})
    assert listed == [
        {
            "preview": made.slug,
            "branch": "feature/fast",
            "head_repository_id": 7,
            "keep": True,
            "active_at": "2026-11-24T12:00:00Z",
            "archived_at": None,
            "current_deployment": None,
        }
    ]
    assert archived == {"preview": made.slug, "canceled": []}
    assert shop.ask("GET", "/projects/shop/previews") == []
    assert len(shop.ask("GET", "/projects/shop/previews", archived=True)) == 1


def test_a_delivery_is_listed_with_its_decision_and_replayed(api: Api, store: PostgresStore) -> None:
    delivery = NewDelivery(DeliveryId(GUID), "push", "repository:7", b"{}", NOW)
    with store.transaction() as work:
        work.deliveries.add(delivery)
        work.deliveries.begin(delivery.id)
        work.deliveries.finish(delivery.id, [(Ignore(Reason.TAG), None)])
    listed = api.ask("GET", "/deliveries", limit=5)
    replayed = api.ask("POST", f"/deliveries/{GUID}/replay", status=202)

    assert [(one["delivery"], one["event"], one["status"]) for one in listed] == [(GUID, "push", "done")]
    assert listed[0]["decisions"] == [
        {
            "project": None,
            "environment": None,
            "outcome": "ignore",
            "reason": "tag",
            "sentence": "A tag was pushed; tags do not deploy.",
            "hint": "Push the commit to a tracked branch.",
            "deployment": None,
        }
    ]
    assert replayed == {"delivery": GUID, "status": "accepted"}
    assert api.ask("GET", "/deliveries")[0]["status"] == "received"


def test_a_push_is_explained(shop: Api) -> None:
    decisions = shop.ask("GET", "/explain", repo="acme/shop", ref="main", sha=SHA)

    assert [(one["project"], one["environment"], one["outcome"]) for one in decisions] == [
        ("shop", "production", "start")
    ]


def test_a_pull_request_is_explained(shop: Api) -> None:
    decisions = shop.ask("GET", "/explain", repo="acme/shop", pull_request=1)

    assert [(one["project"], one["outcome"], one["sentence"]) for one in decisions] == [
        ("shop", "start", "A preview deployment was started.")
    ]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/projects/nowhere", "project_not_found"),
        ("PUT", "/projects/nowhere/pause", "project_not_found"),
        ("GET", "/projects/nowhere/previews", "project_not_found"),
        ("POST", "/projects/shop/previews/nowhere/archive", "preview_not_found"),
        ("PUT", "/projects/shop/previews/nowhere/keep", "preview_not_found"),
        ("GET", "/installations/5/repositories", "installation_not_found"),
        ("POST", "/installations/5/refresh", "installation_not_found"),
        ("POST", "/deliveries/nope/replay", "delivery_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(shop: Api, method: str, path: str, code: str) -> None:
    assert shop.refuse(method, path)[:2] == (404, code)


def test_a_project_without_a_repository_is_neither_tracked_nor_paused(api: Api) -> None:
    api.ask("POST", "/projects", {"slug": "shop"}, status=201)

    assert api.refuse("PUT", "/projects/shop/pause")[:2] == (404, "project_not_connected")
    assert api.refuse("PATCH", "/projects/shop/tracking", {"production": "main"})[:2] == (404, "project_not_connected")


def test_ten_thousand_repositories_are_searched(api: Api, store: PostgresStore) -> None:
    seen = [replace(REPOSITORY, id=RepositoryId(n), full_name=FullName(f"acme/part-{n:05}")) for n in range(1, 10_001)]
    with store.transaction() as work:
        work.installations.remember(InstallationId(3), Account(11, "acme", "Organization"))
        work.installations.replace_repositories(InstallationId(3), seen)
    found = api.ask("GET", "/installations/3/repositories", search="PART-0999")

    assert (found["total"], len(found["repositories"])) == (10_000, 10)


def test_the_scheme_of_the_token_may_be_written_in_small_letters(api: Api) -> None:
    token = api.client.headers["Authorization"].replace("Bearer", "bearer")
    answer = api.client.get("/api/v1/projects", headers={"Authorization": token})

    assert (answer.status_code, answer.json()) == (200, [])
