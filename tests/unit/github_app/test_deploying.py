"""What GitHub's own deployments are made of."""

from dataclasses import replace

import pytest

from domain.deployments import DeploymentStatus
from domain.environments import EnvironmentKind
from github_app.deploying import deployment_body, deployment_state, status_body
from tests.unit.github_app.reports import archived, of_preview, report


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (DeploymentStatus.PENDING, "queued"),
        (DeploymentStatus.INSTALLING, "in_progress"),
        (DeploymentStatus.BUILDING, "in_progress"),
        (DeploymentStatus.DEPLOYING, "in_progress"),
        (DeploymentStatus.DEPLOYED, "success"),
        (DeploymentStatus.FAILED, "failure"),
        (DeploymentStatus.CANCELED, "inactive"),
        (DeploymentStatus.TIMED_OUT, "error"),
    ],
)
def test_each_status_has_its_state(status: DeploymentStatus, state: str) -> None:
    assert deployment_state(replace(report(status), is_current=True)) == state


def test_only_what_the_environment_runs_is_a_success() -> None:
    deployed = report(DeploymentStatus.DEPLOYED)
    assert deployment_state(deployed) == "inactive"
    assert deployment_state(archived(replace(deployed, is_current=True))) == "inactive"


def test_a_deployment_is_of_one_commit_and_waits_for_no_checks() -> None:
    assert deployment_body(report(DeploymentStatus.PENDING)) == {
        "ref": "a" * 40,
        "task": "deploy",
        "auto_merge": False,
        "required_contexts": [],
        "payload": {"pushwright_deployment": "deployment_1"},
        "environment": "shop/production",
        "description": "Version 20261124.3",
        "transient_environment": False,
        "production_environment": True,
    }


def test_a_preview_is_transient_and_staging_neither() -> None:
    preview = of_preview(report(DeploymentStatus.PENDING))
    staging = replace(preview, environment=replace(preview.environment, kind=EnvironmentKind.STAGING))
    kinds = [
        (body["transient_environment"], body["production_environment"])
        for body in (deployment_body(preview), deployment_body(staging))
    ]
    assert kinds == [(True, False), (False, False)]


def test_a_state_links_to_the_page_if_there_is_one() -> None:
    building = report(DeploymentStatus.BUILDING)
    assert status_body(building) == {
        "state": "in_progress",
        "description": "Building: version 20261124.3",
        "auto_inactive": False,
        "log_url": "https://ci.example/d/1",
        "environment_url": "https://ci.example/d/1",
    }
    assert not {"log_url", "environment_url"} & set(status_body(replace(building, details_url="")))
