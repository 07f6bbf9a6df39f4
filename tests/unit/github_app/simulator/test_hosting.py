from pathlib import Path

import pytest

from github_app.simulator.deliveries import Delivery, Hook, sign
from github_app.simulator.faults import Fault, FaultKind, FaultPlan, FaultTarget
from github_app.simulator.git_access import GitWish, admit
from github_app.simulator.journal import redact_headers, redact_token
from github_app.simulator.keys import keep_private_key
from github_app.simulator.push_events import RefChange, compare_refs
from github_app.simulator.refusals import Refused
from github_app.simulator.registry import load, save
from github_app.simulator.state import State

NOTHING = "0" * 40


def test_a_name_ignores_case_and_moves_with_its_repository() -> None:
    state = State()
    shop = state.add_repository("Acme", "Shop", private=True, default_branch="main")
    assert state.find_repository("acme", "SHOP") == shop
    moved = state.move_repository(shop.id, owner="umbrella", name="store")
    assert state.find_repository("acme", "shop") is None
    assert state.find_moved("acme", "shop") == moved
    assert (moved.id, moved.full_name) == (shop.id, "umbrella/store")


def test_a_name_is_taken_once() -> None:
    state = State()
    state.add_repository("acme", "shop", private=True, default_branch="main")
    with pytest.raises(ValueError, match="acme/shop exists already"):
        state.add_repository("acme", "shop", private=True, default_branch="main")


def test_a_transfer_leaves_the_installation_behind() -> None:
    state = State()
    shop = state.add_repository("acme", "shop", private=True, default_branch="main")
    installation = state.add_installation("acme")
    assert state.find_installation_on(shop) == installation
    assert state.find_installation_on(state.move_repository(shop.id, owner="umbrella")) is None


def test_an_installation_on_some_repositories_sees_those() -> None:
    state = State()
    one = state.add_repository("acme", "one", private=True, default_branch="main")
    state.add_repository("acme", "two", private=True, default_branch="main")
    assert state.list_repositories(state.add_installation("acme", [one.id])) == (one,)


def test_the_registry_gives_back_what_it_was_given(tmp_path: Path) -> None:
    state = State()
    shop = state.add_repository("acme", "shop", private=False, default_branch="trunk")
    state.move_repository(shop.id, name="store")
    installation = state.add_installation("acme", [shop.id])
    state.suspend_installation(installation.id, suspended=True)
    save(state, tmp_path)
    again = load(tmp_path)
    for part in ("accounts", "repositories", "installations", "former_names", "next_id"):
        assert getattr(again, part) == getattr(state, part)


def test_refs_that_changed_are_told_apart() -> None:
    before = {"refs/heads/a": "1", "refs/heads/b": "1", "refs/heads/c": "1", "refs/pull/1/head": "1"}
    after = {"refs/heads/a": "1", "refs/heads/b": "2", "refs/tags/v": "3"}
    assert compare_refs(before, after) == (
        RefChange("refs/heads/b", "1", "2"),
        RefChange("refs/heads/c", "1", NOTHING),
        RefChange("refs/tags/v", NOTHING, "3"),
    )


def test_githubs_example_of_a_signature_comes_out() -> None:
    delivery = Delivery(id=1, guid="g", event="ping", body=b"Hello, World!")
    signature = sign(delivery, Hook("", "It's a Secret to Everybody", 1))["X-Hub-Signature-256"]
    assert signature == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_faults_strike_what_they_were_planned_for() -> None:
    plan = FaultPlan()
    fault = Fault(FaultKind.BAD_GATEWAY, 2, path_part="/check-runs")
    plan.add(fault)
    calls = ("/repos/a/b", "/repos/a/b/check-runs", "/repos/a/b/check-runs", "/repos/a/b/check-runs")
    assert [plan.take(FaultTarget.API, path) for path in calls] == [None, fault, fault, None]
    plan.add(fault)
    assert plan.take(FaultTarget.GIT, "/check-runs") is None


def test_credentials_are_not_written_down() -> None:
    assert redact_headers([(b"Authorization", b"token ghs_x")]) == {"authorization": "token [redacted]"}
    assert redact_token(b'{"token": "ghs_x", "a": 1}') == b'{"token": "[redacted]", "a": 1}'
    assert redact_token(b"[1]") == b"[1]"


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "Bearer eA==", "Basic Onh5", "Basic eDp5"])
def test_a_malformed_credential_is_nobodys(header: str) -> None:
    with pytest.raises(Refused) as caught:
        admit(None, GitWish("acme", "shop", "git-upload-pack", "/info/refs", header))  # type: ignore[arg-type]  # refused before anything is looked up
    assert caught.value.status == 401


def test_a_key_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "app.pem"
    assert keep_private_key(path) == keep_private_key(path) == path.read_text()
