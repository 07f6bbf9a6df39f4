"""Routing of what people ask for in the Checks tab."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.check_routing import CheckedState, decide_check
from domain.decisions import (
    ApproveDeployment,
    CancelDeployment,
    Decision,
    Ignore,
    PromoteDeployment,
    Redeploy,
)
from domain.deployments import FINAL, IN_FLIGHT, Deployment, DeploymentStatus, Version
from domain.environments import ConnectionState
from domain.events import CheckAction, CheckRequested
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.reasons import Reason
from domain.source import Commit, CommitSha
from tests.fakes.forge import ADA, ADDRESS, REPOSITORY

SHA = CommitSha("a" * 40)
DEPLOYMENT = Deployment(
    id=DeploymentId("deployment_a"),
    project_id=ProjectId("proj_shop"),
    environment_id=EnvironmentId("env_production"),
    commit=Commit(SHA),
    ref="refs/heads/main",
    version=Version(date(2026, 11, 24), 1),
    short_code="abcd1234",
    sequence=1,
    status=DeploymentStatus.DEPLOYED,
    created_at=datetime(2026, 11, 24, tzinfo=UTC),
)
PLACE = (DEPLOYMENT.project_id, DEPLOYMENT.environment_id)
ACTIVE = CheckedState(ConnectionState.ACTIVE)


def decide(
    action: CheckAction,
    status: DeploymentStatus = DeploymentStatus.DEPLOYED,
    state: CheckedState = ACTIVE,
    *,
    held: bool = False,
    may_write: bool = True,
) -> Decision:
    event = CheckRequested(ADDRESS, REPOSITORY, action, DEPLOYMENT.id, SHA, ADA)
    return decide_check(event, replace(DEPLOYMENT, status=status, held=held), state, may_write=may_write)


def reason(decision: Decision) -> Reason | None:
    return decision.reason if isinstance(decision, Ignore) else None


@pytest.mark.parametrize("action", CheckAction)
def test_whoever_may_not_write_gets_nothing(action: CheckAction) -> None:
    decision = decide(action, DeploymentStatus.PENDING, held=True, may_write=False)

    assert reason(decision) is Reason.NOT_PERMITTED
    assert "ada" in decision.sentence


@pytest.mark.parametrize("status", sorted(FINAL))
def test_what_has_ended_is_deployed_once_more(status: DeploymentStatus) -> None:
    assert decide(CheckAction.REDEPLOY, status) == Redeploy(*PLACE, DEPLOYMENT.id, ADA)


@pytest.mark.parametrize("status", sorted(IN_FLIGHT))
def test_what_is_under_way_is_not_deployed_once_more_but_canceled(status: DeploymentStatus) -> None:
    assert reason(decide(CheckAction.REDEPLOY, status)) is Reason.ALREADY_IN_PROGRESS
    assert decide(CheckAction.CANCEL, status) == CancelDeployment(*PLACE, DEPLOYMENT.id, "ada")


@pytest.mark.parametrize("status", sorted(FINAL))
def test_what_has_ended_is_not_canceled(status: DeploymentStatus) -> None:
    assert reason(decide(CheckAction.CANCEL, status)) is Reason.DEPLOYMENT_ENDED


def test_what_waits_for_approval_is_approved() -> None:
    decision = decide(CheckAction.APPROVE, DeploymentStatus.PENDING, held=True)

    assert decision == ApproveDeployment(*PLACE, DEPLOYMENT.id, "ada")


@pytest.mark.parametrize(("status", "held"), [(DeploymentStatus.PENDING, False), (DeploymentStatus.CANCELED, True)])
def test_what_does_not_wait_is_not_approved(status: DeploymentStatus, held: bool) -> None:  # noqa: FBT001 - a table
    assert reason(decide(CheckAction.APPROVE, status, held=held)) is Reason.NOT_HELD


def test_one_goes_back_to_what_was_deployed_and_to_nothing_else() -> None:
    assert decide(CheckAction.ROLL_BACK) == PromoteDeployment(*PLACE, DEPLOYMENT.id)
    assert reason(decide(CheckAction.ROLL_BACK, DeploymentStatus.FAILED)) is Reason.NOT_DEPLOYED


@pytest.mark.parametrize("action", sorted(set(CheckAction) - {CheckAction.CANCEL}))
@pytest.mark.parametrize("connection", sorted(set(ConnectionState) - {ConnectionState.ACTIVE}))
def test_a_connection_that_is_not_active_lets_only_cancel(action: CheckAction, connection: ConnectionState) -> None:
    decision = decide(action, DeploymentStatus.PENDING, CheckedState(connection), held=True)

    assert isinstance(decision, Ignore)
    assert decision.reason.value == connection.value
    assert isinstance(decide(CheckAction.CANCEL, DeploymentStatus.BUILDING, CheckedState(connection)), CancelDeployment)


@pytest.mark.parametrize("action", [CheckAction.REDEPLOY, CheckAction.ROLL_BACK])
def test_an_archived_preview_stays_as_it_is(action: CheckAction) -> None:
    state = CheckedState(ConnectionState.ACTIVE, archived=True)

    assert reason(decide(action, state=state)) is Reason.PREVIEW_ARCHIVED
