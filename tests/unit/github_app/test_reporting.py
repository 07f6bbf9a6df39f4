"""What GitHub is told of each status."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.builds import Problem
from domain.deployments import DeploymentStatus, Failure, Version
from domain.events import CheckAction
from github_app.markdown import MAX_BODY_BYTES, code_span, escape_markdown, link
from github_app.reporting import check_run_body
from tests.unit.github_app.reports import archived, report

AT = datetime(2026, 11, 24, 13, 5, 6, 789, tzinfo=timezone(timedelta(hours=1)))


def summary(body: dict[str, Any]) -> str:
    text = body["output"]["summary"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("status", "state", "conclusion"),
    [
        (DeploymentStatus.PENDING, "queued", None),
        (DeploymentStatus.INSTALLING, "in_progress", None),
        (DeploymentStatus.BUILDING, "in_progress", None),
        (DeploymentStatus.DEPLOYING, "in_progress", None),
        (DeploymentStatus.DEPLOYED, "completed", "success"),
        (DeploymentStatus.FAILED, "completed", "failure"),
        (DeploymentStatus.CANCELED, "completed", "cancelled"),
        (DeploymentStatus.TIMED_OUT, "completed", "timed_out"),
    ],
)
def test_each_status_has_its_state_and_conclusion(status: DeploymentStatus, state: str, conclusion: str | None) -> None:
    body = check_run_body(report(status))
    assert (body["status"], body.get("conclusion")) == (state, conclusion)


def test_the_check_says_what_it_is_about() -> None:
    body = check_run_body(report(DeploymentStatus.PENDING))
    assert body["name"] == "pushwright / shop / production"
    assert body["external_id"] == "deployment_1"
    assert body["details_url"] == "https://ci.example/d/1"


def test_moments_are_utc_in_githubs_form() -> None:
    body = check_run_body(report(DeploymentStatus.DEPLOYED, started_at=AT, finished_at=AT.astimezone(UTC)))
    assert (body["started_at"], body["completed_at"]) == ("2026-11-24T12:05:06Z", "2026-11-24T12:05:06Z")


def test_what_is_unknown_is_left_out() -> None:
    body = check_run_body(replace(report(DeploymentStatus.BUILDING), details_url=""))
    assert not {"details_url", "started_at", "completed_at", "conclusion"} & set(body)


def test_a_failure_is_told_with_its_code_and_sentence() -> None:
    body = check_run_body(report(DeploymentStatus.FAILED, failure=Failure("install_failed", "uv sync ended with 1.")))
    assert "install_failed" in str(body["output"])
    assert "uv sync ended with 1." in summary(body)


def test_an_image_that_is_used_again_is_told() -> None:
    told = report(
        DeploymentStatus.DEPLOYED, image="registry.example/shop@sha256:1", image_of=Version.parse("20261124.3")
    )
    assert "Image of version 20261124.3 is used again, because nothing" in summary(check_run_body(told))


def test_success_shows_image_and_tasks() -> None:
    done = report(DeploymentStatus.DEPLOYED, image="registry.example/acme/shop@sha256:1")
    text = summary(check_run_body(replace(done, task_ids=("send-mail", "a_b"))))
    assert "`registry.example/acme/shop@sha256:1`" in text
    assert "Tasks (2):\n\n- send-mail\n- a\\_b" in text


def test_many_tasks_are_counted_not_all_shown() -> None:
    tasks = tuple(f"task-{number}" for number in range(1000))
    text = summary(check_run_body(replace(report(DeploymentStatus.DEPLOYED), task_ids=tasks)))
    assert "Tasks (1000):" in text
    assert text.endswith("… and 800 more")


def test_a_long_sentence_is_cut_to_githubs_limit() -> None:
    body = check_run_body(report(DeploymentStatus.FAILED, failure=Failure("x", "ä€😀\x00" * 60_000)))
    assert len(summary(body).encode()) <= MAX_BODY_BYTES
    assert summary(body).endswith("deployment's page)")
    assert "\x00" not in summary(body)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("![x](y)", r"!\[x\](y)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("@everyone", r"\@everyone"),
        ("`x` *b* _i_ ~s~", r"\`x\` \*b\* \_i\_ \~s\~"),
        ("see https://evil.example", r"see https:/\/evil.example"),
        ("&amp; | # \\", r"\&amp; \| \# \\"),
    ],
)
def test_markdown_of_others_is_shown_as_text(hostile: str, shown: str) -> None:
    assert escape_markdown(hostile) == shown


def buttons(body: dict[str, Any]) -> list[str]:
    return [button["identifier"] for button in body["actions"]]


def test_a_held_deployment_asks_for_approval() -> None:
    body = check_run_body(report(DeploymentStatus.PENDING, held=True))
    assert (body["status"], body["conclusion"]) == ("completed", "action_required")
    assert body["output"]["title"] == "Waiting for approval: version 20261124.3"
    assert "Approve fork build" in summary(body)
    assert buttons(body) == ["approve", "cancel"]


@pytest.mark.parametrize("status", [DeploymentStatus.FAILED, DeploymentStatus.CANCELED, DeploymentStatus.TIMED_OUT])
def test_a_held_deployment_that_ended_is_what_it_ended_as(status: DeploymentStatus) -> None:
    held, other = (check_run_body(report(status, held=held)) for held in (True, False))
    assert held == other


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (DeploymentStatus.PENDING, ["cancel"]),
        (DeploymentStatus.INSTALLING, ["cancel"]),
        (DeploymentStatus.BUILDING, ["cancel"]),
        (DeploymentStatus.DEPLOYING, ["cancel"]),
        (DeploymentStatus.DEPLOYED, ["redeploy", "roll_back"]),
        (DeploymentStatus.FAILED, ["redeploy"]),
        (DeploymentStatus.CANCELED, ["redeploy"]),
        (DeploymentStatus.TIMED_OUT, ["redeploy"]),
    ],
)
def test_each_status_has_its_buttons(status: DeploymentStatus, expected: list[str]) -> None:
    assert buttons(check_run_body(report(status))) == expected


def test_nobody_rolls_back_to_what_runs_or_into_the_archive() -> None:
    deployed = report(DeploymentStatus.DEPLOYED)
    assert buttons(check_run_body(replace(deployed, is_current=True))) == ["redeploy"]
    assert buttons(check_run_body(archived(deployed))) == ["redeploy"]


def test_the_buttons_keep_to_githubs_limits() -> None:
    shown = [
        button
        for status in DeploymentStatus
        for held in (True, False)
        for button in check_run_body(report(status, held=held))["actions"]
    ]
    assert {button["identifier"] for button in shown} == set(CheckAction)
    assert all(len(b["label"]) <= 20 and len(b["description"]) <= 40 and len(b["identifier"]) <= 20 for b in shown)


def test_it_says_whether_the_environment_runs_it() -> None:
    deployed = report(DeploymentStatus.DEPLOYED)
    assert "The environment runs it." in summary(check_run_body(replace(deployed, is_current=True)))
    assert "The environment runs another version." in summary(check_run_body(deployed))
    assert "The preview is archived." in summary(check_run_body(archived(deployed)))


def test_problems_stand_in_the_summary_with_their_place() -> None:
    problems = (Problem("tasks/a_b.py", 7, "no *module*\nnamed <x>"), Problem("pyproject.toml", None, "odd"))
    text = summary(check_run_body(report(DeploymentStatus.FAILED, failure=Failure("x", "Two.", problems))))
    assert "- tasks/a\\_b.py:7: no \\*module\\* named \\<x\\>\n- pyproject.toml: odd" in text


def test_many_problems_are_counted_not_all_shown() -> None:
    problems = tuple(Problem("a.py", line, "wrong") for line in range(1, 61))
    text = summary(check_run_body(report(DeploymentStatus.FAILED, failure=Failure("x", "Many.", problems))))
    assert text.count("wrong") == 50
    assert "… and 10 more" in text


def test_code_and_links_cannot_be_left() -> None:
    assert code_span("a:1@sha256:2") == "`a:1@sha256:2`"
    assert code_span("a`b|c") == r"a\`b\|c"
    assert link("x", "https://ci.example/a b(c)|d") == "[x](https://ci.example/a%20b%28c%29%7Cd)"
