"""Routing of what people ask for in GitHub's Checks tab, decided from values alone."""

from dataclasses import dataclass
from typing import assert_never

from domain.decisions import (
    ApproveDeployment,
    CancelDeployment,
    Decision,
    Ignore,
    PromoteDeployment,
    Redeploy,
)
from domain.deployments import Deployment, DeploymentStatus
from domain.environments import ConnectionState
from domain.events import CheckAction, CheckRequested
from domain.reasons import Reason
from domain.targets import reason_of_state


@dataclass(frozen=True, slots=True)
class CheckedState:
    """What the deployment of a check stands in.

    Attributes:
        connection: whether its repository may deploy.
        archived: whether its environment is an archived preview.
    """

    connection: ConnectionState
    archived: bool = False


def decide_check(event: CheckRequested, deployment: Deployment, state: CheckedState, *, may_write: bool) -> Decision:
    """Return what the request leads to for one deployment.

    Args:
        event: what was asked.
        deployment: the deployment whose check it was asked of.
        state: what its project and environment are like.
        may_write: whether whoever asked has write access to the repository now.
    """
    place = (deployment.project_id, deployment.environment_id)
    if not may_write:
        return Ignore(Reason.NOT_PERMITTED, *place, detail=f"It was {event.sender.login}.")
    inactive = _reason_of_state(deployment, state)
    if inactive is not None and event.action is not CheckAction.CANCEL:
        return inactive
    match event.action:
        case CheckAction.REDEPLOY:
            return _redeploy(event, deployment)
        case CheckAction.CANCEL:
            ended = Ignore(Reason.DEPLOYMENT_ENDED, *place)
            return ended if deployment.is_final else CancelDeployment(*place, deployment.id, event.sender.login)
        case CheckAction.APPROVE:
            approved = ApproveDeployment(*place, deployment.id, event.sender.login)
            return approved if deployment.held and not deployment.is_final else Ignore(Reason.NOT_HELD, *place)
        case CheckAction.ROLL_BACK:
            deployed = deployment.status is DeploymentStatus.DEPLOYED
            return PromoteDeployment(*place, deployment.id) if deployed else Ignore(Reason.NOT_DEPLOYED, *place)
        case _:
            assert_never(event.action)


def _reason_of_state(deployment: Deployment, state: CheckedState) -> Ignore | None:
    if state.archived:
        return Ignore(Reason.PREVIEW_ARCHIVED, deployment.project_id, deployment.environment_id)
    return reason_of_state(state.connection, deployment.project_id)


def _redeploy(event: CheckRequested, deployment: Deployment) -> Decision:
    place = (deployment.project_id, deployment.environment_id)
    if not deployment.is_final:
        return Ignore(Reason.ALREADY_IN_PROGRESS, *place)
    return Redeploy(*place, deployment.id, event.sender)
