"""The buttons of checks, their annotations, and deployments that succeed one another."""

from collections.abc import Iterator

import httpx
import pytest

from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import Hosted, listed_events, refused

_RETRY = {"label": "Try again", "description": "Build it once more", "identifier": "retry"}


@pytest.fixture
def control(hosted: Hosted, oracle: OpenApiOracle) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hosted.github.page_url}_simulator", trust_env=False) as client:
        yield client
    assert [c for d in hosted.github.deliveries if (c := oracle.judge_delivery(d))] == []


@pytest.fixture
def run_id(hosted: Hosted, pushed: str) -> int:
    data = {
        "name": "pushwright",
        "head_sha": pushed,
        "external_id": "deployment-7",
        "conclusion": "action_required",
        "actions": [_RETRY],
    }
    return hosted.installed.rest.checks.create("acme", "shop", data=data).parsed_data.id


def test_a_check_is_asked_for_again(control: httpx.Client, hosted: Hosted, run_id: int, pushed: str) -> None:
    answer = control.post(f"/check-runs/{run_id}/rerequest", json={"sender": "ann"})
    told = hosted.github.deliveries[-1]
    assert (answer.status_code, answer.json()["guid"]) == (202, told.guid)
    assert listed_events(hosted.github)[-1] == "check_run.rerequested"
    run = told.payload["check_run"]
    assert (run["id"], run["external_id"], run["check_suite"]["head_sha"]) == (run_id, "deployment-7", pushed)
    assert (run["check_suite"]["head_branch"], told.payload["sender"]["login"]) == ("main", "ann")


def test_all_checks_are_asked_for_again(control: httpx.Client, hosted: Hosted, run_id: int, pushed: str) -> None:
    assert run_id
    assert control.post(f"/check-suites/{pushed}/rerequest").status_code == 202
    suite = hosted.github.deliveries[-1].payload["check_suite"]
    assert (suite["head_sha"], suite["conclusion"], suite["head_commit"]["message"]) == (
        pushed,
        "action_required",
        "Begin",
    )


def test_a_button_is_pressed(control: httpx.Client, hosted: Hosted, run_id: int) -> None:
    control.post(f"/check-runs/{run_id}/action", json={"identifier": "retry", "sender": "ann"})
    payload = hosted.github.deliveries[-1].payload
    assert (payload["action"], payload["requested_action"]) == ("requested_action", {"identifier": "retry"})
    assert payload["sender"]["login"] == "ann"


def test_a_button_that_is_not_there_is_not_pressed(control: httpx.Client, hosted: Hosted, run_id: int) -> None:
    assert control.post(f"/check-runs/{run_id}/action", json={"identifier": "other"}).status_code == 422
    assert control.post("/check-runs/4242/rerequest").status_code == 404
    assert control.post(f"/check-suites/{'f' * 40}/rerequest").status_code == 404
    hosted.installed.rest.checks.update("acme", "shop", run_id, data={"actions": []})
    assert control.post(f"/check-runs/{run_id}/action", json={"identifier": "retry"}).status_code == 422


def test_annotations_are_added_up(hosted: Hosted, run_id: int) -> None:
    checks = hosted.installed.rest.checks
    for line in (1, 2):
        remark = {"path": "a.py", "start_line": line, "end_line": line, "annotation_level": "failure", "message": "No."}
        checks.update("acme", "shop", run_id, data={"output": {"title": "x", "summary": "y", "annotations": [remark]}})
    assert [a["start_line"] for a in hosted.github.annotations(run_id)] == [1, 2]
    assert [a.start_line for a in checks.list_annotations("acme", "shop", run_id).parsed_data] == [1, 2]


@pytest.mark.parametrize("conclusion", ["neutral", "skipped", "action_required", "cancelled", "timed_out"])
def test_a_check_may_end_in_other_ways(hosted: Hosted, run_id: int, conclusion: str) -> None:
    changed = hosted.installed.rest.checks.update("acme", "shop", run_id, data={"conclusion": conclusion})
    assert (changed.parsed_data.status, changed.parsed_data.conclusion) == ("completed", conclusion)


def deploy(hosted: Hosted, state: str = "success", **more: object) -> int:
    repos = hosted.installed.rest.repos
    data = {"ref": "main", "environment": "staging", "required_contexts": [], **more}
    made = repos.create_deployment("acme", "shop", data=data).parsed_data
    repos.create_deployment_status("acme", "shop", made.id, data={"state": state})
    return made.id


def states(hosted: Hosted, deployment_id: int) -> list[str]:
    listed = hosted.installed.rest.repos.list_deployment_statuses("acme", "shop", deployment_id).parsed_data
    return [status.state for status in listed]


@pytest.mark.usefixtures("pushed")
def test_success_ends_the_older_deployments_of_the_environment(hosted: Hosted) -> None:
    old, failed, transient = deploy(hosted), deploy(hosted, "failure"), deploy(hosted, transient_environment=True)
    elsewhere = deploy(hosted, environment="production")
    last = deploy(hosted)
    expected = [["inactive", "success"], ["failure"], ["success"], ["success"], ["success"]]
    assert [states(hosted, i) for i in (old, failed, transient, elsewhere, last)] == expected


@pytest.mark.usefixtures("pushed")
def test_nothing_ends_when_it_is_not_wanted(hosted: Hosted) -> None:
    old, last = deploy(hosted), deploy(hosted, "in_progress")
    data = {"state": "success", "auto_inactive": False}
    hosted.installed.rest.repos.create_deployment_status("acme", "shop", last, data=data)
    assert states(hosted, old) == ["success"]
    hosted.installed.rest.repos.create_deployment_status("acme", "shop", old, data={"state": "inactive"})
    assert states(hosted, old) == ["inactive", "success"]


def test_deployments_are_found_again(hosted: Hosted, pushed: str) -> None:
    first, second = deploy(hosted), deploy(hosted, environment="preview", task="deploy:preview")
    repos = hosted.installed.rest.repos

    def found(**wanted: str) -> list[int]:
        return [d.id for d in repos.list_deployments("acme", "shop", **wanted).parsed_data]

    assert found() == found(sha=pushed) == found(ref="main") == [second, first]
    assert found(environment="staging") == [first]
    assert found(task="deploy:preview") == [second]
    assert found(sha="f" * 40) == []
    assert repos.get_deployment("acme", "shop", first).parsed_data.environment == "staging"


@pytest.mark.usefixtures("pushed")
def test_deployments_are_read_with_the_permission(hosted: Hosted) -> None:
    made = deploy(hosted)
    weak = hosted.scoped(contents="read")
    assert refused(weak.rest.repos.list_deployments, "acme", "shop")[0] == 403
    assert refused(weak.rest.repos.list_deployment_statuses, "acme", "shop", made)[0] == 403
    assert refused(hosted.installed.rest.repos.list_deployment_statuses, "acme", "shop", 4242)[0] == 404
