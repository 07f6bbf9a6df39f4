"""Decisions: what an event leads to, each with its reason and what would make it otherwise.

A decision is a value: `jobs/` acts on it, the store records its words, `explain` shows them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.deployments import Failure
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.pull_requests import Author, PreviewKey, PullRequest
from domain.reasons import EXPLANATIONS, Reason
from domain.source import Commit


class Outcome(StrEnum):
    """What is done about a delivery, in one word."""

    START = "start"
    PROMOTE = "promote"
    ARCHIVE = "archive"
    CANCEL = "cancel"
    APPROVE = "approve"
    REJECT = "reject"
    NOTE = "note"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class StartDeployment:
    """Bring the commit to the environment."""

    outcome: ClassVar = Outcome.START
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId
    commit: Commit

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return "A deployment was started."


@dataclass(frozen=True, slots=True)
class Redeploy:
    """Deploy once more what an earlier deployment was of, with the same trust."""

    outcome: ClassVar = Outcome.START
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    asked_by: Author

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return f"The commit is deployed once more: {self.asked_by.login or 'somebody'} asked for it on GitHub."


@dataclass(frozen=True, slots=True)
class StartPreview:
    """Bring the pull request's head to its preview, which is made or taken out of the archive when need be.

    Attributes:
        environment_id: the preview that is there already, archived or not; None when there never was one.
        trusted: whether the build may have secrets and the pull request's own configuration.
        held: whether somebody must approve this commit first.
        built: a deployment of the same commit that can be made current again instead of building.
    """

    outcome: ClassVar = Outcome.START
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId | None
    key: PreviewKey
    pull_request: PullRequest
    trusted: bool = True
    held: bool = False
    built: DeploymentId | None = None

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        if self.built is not None:
            return "The commit was built before: its preview is back."
        if self.held:
            return "A preview waits for approval: somebody with write access approves it in the pull request's checks."
        return "A preview deployment was started." if self.trusted else "A preview without secrets was started."


@dataclass(frozen=True, slots=True)
class RejectPreview:
    """Refuse a preview, so that it shows on GitHub: a deployment that failed at once."""

    outcome: ClassVar = Outcome.REJECT

    project_id: ProjectId
    environment_id: EnvironmentId | None
    key: PreviewKey
    pull_request: PullRequest
    failure: Failure

    @property
    def reason(self) -> str:
        """The failure's code."""
        return self.failure.code

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return self.failure.sentence

    @property
    def hint(self) -> str:
        """What would make it deploy."""
        return "Archive previews that are not needed, or raise the limit; then push to the pull request."


@dataclass(frozen=True, slots=True)
class PromoteDeployment:
    """The commit was built before, or is being built: make that deployment current, ahead of all begun since.

    Attributes:
        under_way: whether it is still being built.
    """

    outcome: ClassVar = Outcome.PROMOTE
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    under_way: bool = False

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        if self.under_way:
            return "The commit is being built already: its deployment becomes current, whatever was begun since."
        return "The commit was built before: its deployment was made current again."


@dataclass(frozen=True, slots=True)
class ArchivePreview:
    """The pull request ended: end what runs for its preview and put it into the archive."""

    outcome: ClassVar = Outcome.ARCHIVE
    reason: ClassVar = ""
    hint: ClassVar = "Reopen the pull request to have the preview back."

    project_id: ProjectId
    environment_id: EnvironmentId

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return "The preview was archived."


@dataclass(frozen=True, slots=True)
class CancelDeployment:
    """Somebody asked on GitHub to end a deployment that is under way."""

    outcome: ClassVar = Outcome.CANCEL
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    asked_by: str

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return f"The deployment was canceled by {self.asked_by} on GitHub."


@dataclass(frozen=True, slots=True)
class ApproveDeployment:
    """Somebody with write access let the fork's commit be built."""

    outcome: ClassVar = Outcome.APPROVE
    reason: ClassVar = ""
    hint: ClassVar = ""

    project_id: ProjectId
    environment_id: EnvironmentId
    deployment_id: DeploymentId
    asked_by: str

    @property
    def sentence(self) -> str:
        """What was decided, for a person."""
        return f"The build of the fork's commit was approved by {self.asked_by} on GitHub."


@dataclass(frozen=True, slots=True)
class Note:
    """Something about an installation or a repository changed: it is remembered, nothing is deployed."""

    outcome: ClassVar = Outcome.NOTE
    reason: ClassVar = ""

    sentence: str
    hint: str = ""
    project_id: ProjectId | None = None
    environment_id: EnvironmentId | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Do nothing, and say why.

    Attributes:
        reason: a member of `Reason`.
        project_id: None when no project is concerned.
        environment_id: None when the reason holds for the whole project.
        detail: what makes the sentence concrete, may be empty.
    """

    outcome: ClassVar = Outcome.IGNORE

    reason: Reason
    project_id: ProjectId | None = None
    environment_id: EnvironmentId | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """What was decided and why, for a person."""
        return " ".join(filter(None, (EXPLANATIONS[self.reason][0], self.detail)))

    @property
    def hint(self) -> str:
        """What would make it deploy."""
        return EXPLANATIONS[self.reason][1]


Decision = (
    StartDeployment
    | Redeploy
    | StartPreview
    | RejectPreview
    | PromoteDeployment
    | ArchivePreview
    | CancelDeployment
    | ApproveDeployment
    | Note
    | Ignore
)
"""Each has `outcome`, `reason`, `sentence`, `hint`, `project_id` and `environment_id`."""
