"""Events besides pushes: what we read of them, and what may be missing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.events import (
    AccessChanged,
    Account,
    CheckAction,
    CheckRequested,
    Event,
    InstallationChange,
    InstallationChanged,
    NotInteresting,
    PullRequestChanged,
    RepositoryChange,
    RepositoryChanged,
)
from domain.pull_requests import Author
from github_app.translate import translate

SHA = "6113728f27ae82c7b1a177c8d03f9e96e0adf246"
REPOSITORY = {"id": 7, "full_name": "acme/shop", "default_branch": "main", "private": True}
ACCOUNT = {"id": 5, "login": "acme", "type": "Organization"}
COMMON: dict[str, Any] = {
    "repository": REPOSITORY,
    "installation": {"id": 3, "account": ACCOUNT},
    "sender": {"login": "ada", "avatar_url": "https://example.com/ada.png"},
}
ADA = Author("ada", "https://example.com/ada.png")
DOCUMENTS: dict[str, dict[str, Any]] = {
    "pull_request": {
        **COMMON,
        "action": "opened",
        "number": 12,
        "pull_request": {"number": 12, "head": {"repo": None}},
    },
    "repository": {**COMMON, "action": "edited", "changes": {"default_branch": {"from": "master"}}},
    "installation": {**COMMON, "action": "created", "repositories": [{"id": 7}, {"id": 8}]},
    "installation_repositories": {
        **COMMON,
        "action": "added",
        "repositories_added": [{"id": 9}],
        "repositories_removed": [],
    },
    "check_run": {
        **COMMON,
        "action": "requested_action",
        "check_run": {"id": 1, "head_sha": SHA, "external_id": "deployment_1"},
        "requested_action": {"identifier": "cancel"},
    },
    "check_suite": {**COMMON, "action": "rerequested", "check_suite": {"id": 1, "head_sha": SHA}},
}
OPTIONAL = [
    ("pull_request", "sender"), ("pull_request", "action"), ("repository", "sender"), ("repository", "changes"),
    ("installation", "sender"), ("installation", "repositories"), ("installation_repositories", "sender"),
    ("installation_repositories", "repositories_added"), ("installation_repositories", "repositories_removed"),
    ("check_run", "sender"), ("check_run", "requested_action"), ("check_suite", "sender"),
]  # fmt: skip
REQUIRED = [
    ("pull_request", "pull_request"), ("pull_request", "repository"), ("repository", "repository"),
    ("installation", "installation"), ("installation_repositories", "installation"), ("check_run", "check_run"),
    ("check_run", "repository"), ("check_suite", "check_suite"),
]  # fmt: skip


def translated(name: str, **changes: object) -> Event:
    return translate(name, json.dumps({**DOCUMENTS[name], **changes}).encode())


@pytest.mark.parametrize("action", ["opened", "synchronize", "closed", "reopened", "edited", "labeled", "new_in_2030"])
def test_whatever_happens_to_a_pull_request_is_a_change(action: str) -> None:
    event = translated("pull_request", action=action)
    assert isinstance(event, PullRequestChanged)
    assert (event.action, event.number, event.sender) == (action, 12, ADA)
    assert (event.address.installation_id, event.address.repository_id) == (3, 7)


def test_a_pull_request_of_a_deleted_fork_is_read() -> None:
    assert isinstance(translated("pull_request"), PullRequestChanged)


@pytest.mark.parametrize("change", RepositoryChange)
def test_each_change_of_a_repository_is_known(change: RepositoryChange) -> None:
    event = translated("repository", action=change.value)
    assert isinstance(event, RepositoryChanged)
    assert event.change is change


def test_a_changed_default_branch_says_what_it_was() -> None:
    event = translated("repository")
    assert isinstance(event, RepositoryChanged)
    assert (event.repository.default_branch, event.previous_default_branch) == ("main", "master")


@pytest.mark.parametrize("changes", [None, {}, {"default_branch": None}, {"default_branch": {"from": None}}])
def test_another_edit_has_no_former_default_branch(changes: object) -> None:
    event = translated("repository", changes=changes)
    assert isinstance(event, RepositoryChanged)
    assert event.previous_default_branch is None


@pytest.mark.parametrize("change", InstallationChange)
def test_each_change_of_an_installation_is_known(change: InstallationChange) -> None:
    event = translated("installation", action=change.value)
    assert event == InstallationChanged(3, Account(5, "acme", "Organization"), change, (7, 8), ADA)


def test_an_enterprise_has_a_slug_for_a_login() -> None:
    event = translated("installation", installation={"id": 3, "account": {"id": 5, "slug": "acme-inc"}})
    assert isinstance(event, InstallationChanged)
    assert event.account == Account(5, "acme-inc", "")


def test_repositories_added_to_an_installation_are_told() -> None:
    assert translated("installation_repositories") == AccessChanged(
        3, Account(5, "acme", "Organization"), (9,), (), ADA
    )


@pytest.mark.parametrize("action", CheckAction)
def test_each_of_our_buttons_is_known(action: CheckAction) -> None:
    event = translated("check_run", requested_action={"identifier": action.value})
    assert isinstance(event, CheckRequested)
    assert (event.action, event.external_id, event.sha, event.sender) == (action, "deployment_1", SHA, ADA)


def test_a_check_asked_for_again_is_a_redeployment() -> None:
    event = translated("check_run", action="rerequested", requested_action=None)
    assert isinstance(event, CheckRequested)
    assert (event.action, event.external_id) == (CheckAction.REDEPLOY, "deployment_1")


@pytest.mark.parametrize("external_id", [None, ""])
def test_another_apps_check_run_is_not_taken_for_a_suite(external_id: object) -> None:
    run = {"id": 1, "head_sha": SHA, "external_id": external_id}
    event = translated("check_run", action="rerequested", check_run=run)
    assert isinstance(event, CheckRequested)
    assert event.external_id == "check_run:1"


def test_a_whole_suite_asked_for_again_names_no_deployment() -> None:
    event = translated("check_suite")
    assert isinstance(event, CheckRequested)
    assert (event.action, event.external_id, event.sha) == (CheckAction.REDEPLOY, "", SHA)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("check_run", {"requested_action": {"identifier": "format"}}, "check_run requested_action format"),
        ("check_run", {"action": "completed", "requested_action": None}, "check_run completed"),
        ("check_suite", {"action": "requested"}, "check_suite requested"),
        ("repository", {"action": "dispatched"}, "repository dispatched"),
        ("installation", {"action": "renamed"}, "installation renamed"),
        ("installation_repositories", {"action": None}, "installation_repositories"),
        ("pull_request", {"installation": None}, "no_installation"),
        ("check_suite", {"installation": None}, "no_installation"),
    ],
)
def test_what_leads_to_nothing_says_what_it_is(name: str, changes: dict[str, object], reason: str) -> None:
    assert translated(name, **changes) == NotInteresting(reason)


@pytest.mark.parametrize(("name", "field"), OPTIONAL)
def test_optional_fields_may_be_null_or_absent(name: str, field: str) -> None:
    absent = {key: value for key, value in DOCUMENTS[name].items() if key != field}
    assert translated(name, **{field: None}) == translate(name, json.dumps(absent).encode())


@pytest.mark.parametrize(("name", "field"), REQUIRED)
def test_a_required_field_is_named(name: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"this {name} event .* field {field}:") as caught:
        translated(name, **{field: None})
    assert caught.value.code == "payload_invalid"


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(st.sampled_from(sorted(DOCUMENTS)), st.dictionaries(st.text(min_size=1), JSON))
def test_unknown_fields_change_nothing(name: str, extra: dict[str, object]) -> None:
    extended = {**extra, **DOCUMENTS[name], "repository": {**extra, **REPOSITORY}}
    assert translate(name, json.dumps(extended).encode()) == translated(name)


@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_a_field_of_any_value_is_read_or_named(name: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(DOCUMENTS[name])))
    value = data.draw(JSON)
    try:
        translated(name, **{field: value})
    except InvalidInput as error:
        assert error.code == "payload_invalid"  # noqa: PT017 - either outcome is right, no other is
