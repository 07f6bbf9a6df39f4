"""What GitHub is told of each status."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.deployments import Deployment, DeploymentStatus, Failure, Version
from domain.environments import Environment, EnvironmentKind
from domain.identifiers import DeploymentId, EnvironmentId, InstallationId, ProjectId, RepositoryId
from domain.ports.forge import DeploymentReport
from domain.source import Commit, CommitSha, RepositoryAddress
from github_app.reporting import MAX_SUMMARY_BYTES, check_run_body, escape_markdown

AT = datetime(2026, 11, 24, 13, 5, 6, 789, tzinfo=timezone(timedelta(hours=1)))
PROJECT, PLACE = ProjectId("proj_1"), EnvironmentId("env_1")


def report(status: DeploymentStatus, **changes: Any) -> DeploymentReport:  # noqa: ANN401 - any field of a deployment
    deployment = Deployment(
        id=DeploymentId("deployment_1"),
        project_id=PROJECT,
        environment_id=PLACE,
        commit=Commit(CommitSha("a" * 40)),
        ref="refs/heads/main",
        version=Version(date(2026, 11, 24), 3),
        short_code="abcd1234",
        sequence=1,
        status=status,
        created_at=AT,
    )
    environment = Environment(PLACE, PROJECT, EnvironmentKind.PRODUCTION, "production")
    address = RepositoryAddress(InstallationId(3), RepositoryId(7))
    return DeploymentReport(address, replace(deployment, **changes), "shop", environment, "https://ci.example/d/1")


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
    assert len(summary(body).encode()) <= MAX_SUMMARY_BYTES
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
