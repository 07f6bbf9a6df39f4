"""What the API gives, as JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from api.requests import BuildSettingsBody
from domain.environments import Environment, ForkPolicy, GitSettings, QueuePolicy
from domain.records import DecisionRecord, DeliveryRecord, StoredInstallation, StoredRepository
from operations.projects import ConnectionPicture, ProjectPicture


class GitSettingsBody(BaseModel):
    """What pull requests and pushes lead to."""

    previews: bool
    drafts: bool
    fork_policy: ForkPolicy
    ignored_paths: list[str]
    submodules: bool

    @classmethod
    def of(cls, settings: GitSettings) -> Self:
        """Return it as JSON has it."""
        return cls(
            previews=settings.previews,
            drafts=settings.drafts,
            fork_policy=settings.fork_policy,
            ignored_paths=list(settings.ignored_paths),
            submodules=settings.submodules,
        )


class ConnectionBody(BaseModel):
    """A project's repository, and whether pushes to it deploy."""

    repository: str | None
    repository_id: int
    installation_id: int
    state: str
    reason: str
    hint: str

    @classmethod
    def of(cls, picture: ConnectionPicture) -> Self:
        """Return it as JSON has it."""
        return cls(
            repository=picture.repository.repository.full_name if picture.repository else None,
            repository_id=picture.connection.address.repository_id,
            installation_id=picture.connection.address.installation_id,
            state=picture.connection.state.value,
            reason=picture.reason,
            hint=picture.hint,
        )


class EnvironmentBody(BaseModel):
    """One environment of a project."""

    environment: str
    tracks: str | None
    current_deployment: str | None

    @classmethod
    def of(cls, environment: Environment) -> Self:
        """Return it as JSON has it."""
        return cls(
            environment=environment.slug,
            tracks=environment.tracked_branch,
            current_deployment=environment.current_deployment_id,
        )


class ProjectBody(BaseModel):
    """A project with everything that belongs to it but its previews."""

    project: str
    queue: QueuePolicy
    connection: ConnectionBody | None
    environments: list[EnvironmentBody]
    build_settings: BuildSettingsBody
    git_settings: GitSettingsBody

    @classmethod
    def of(cls, picture: ProjectPicture) -> Self:
        """Return it as JSON has it."""
        project = picture.project
        return cls(
            project=project.slug,
            queue=project.queue_policy,
            connection=ConnectionBody.of(picture.connection) if picture.connection else None,
            environments=[EnvironmentBody.of(environment) for environment in picture.environments],
            build_settings=BuildSettingsBody.of(project.settings),
            git_settings=GitSettingsBody.of(project.git),
        )


class PreviewBody(BaseModel):
    """The preview of one branch."""

    preview: str
    branch: str
    head_repository_id: int
    keep: bool
    active_at: datetime
    archived_at: datetime | None
    current_deployment: str | None

    @classmethod
    def list_of(cls, environments: Iterable[Environment]) -> list[Self]:
        """Return those that are previews of branches as JSON has them."""
        return [
            cls(
                preview=one.slug,
                branch=one.preview.key.branch,
                head_repository_id=one.preview.key.head_repository_id,
                keep=one.preview.keep,
                active_at=one.preview.active_at,
                archived_at=one.preview.archived_at,
                current_deployment=one.current_deployment_id,
            )
            for one in environments
            if one.preview is not None
        ]


class ArchivedBody(BaseModel):
    """What archiving a preview ended."""

    preview: str
    canceled: list[str]


class KeepBody(BaseModel):
    """Whether a preview stays although nothing happens in it."""

    preview: str
    keep: bool


class RepositoryBody(BaseModel):
    """A repository that an installation sees."""

    repository: str
    repository_id: int
    default_branch: str
    private: bool
    projects: list[str]

    @classmethod
    def of(cls, stored: StoredRepository) -> Self:
        """Return it as JSON has it."""
        return cls(
            repository=stored.repository.full_name,
            repository_id=stored.repository.id,
            default_branch=stored.repository.default_branch,
            private=stored.repository.private,
            projects=list(stored.projects),
        )


class RepositoriesBody(BaseModel):
    """Some of the repositories of an installation, and how many it sees in all."""

    total: int
    repositories: list[RepositoryBody]


class InstallationBody(BaseModel):
    """An installation of the App."""

    installation: int
    account: str | None
    account_kind: str | None
    suspended_at: datetime | None
    repositories: int

    @classmethod
    def of(cls, stored: StoredInstallation, repositories: int) -> Self:
        """Return it as JSON has it."""
        return cls(
            installation=stored.id,
            account=stored.account.login if stored.account else None,
            account_kind=stored.account.kind if stored.account else None,
            suspended_at=stored.suspended_at,
            repositories=repositories,
        )


class DecisionBody(BaseModel):
    """What was decided, or would be, and why."""

    project: str | None
    environment: str | None
    outcome: str
    reason: str
    sentence: str
    hint: str
    deployment: str | None

    @classmethod
    def of(cls, record: DecisionRecord) -> Self:
        """Return it as JSON has it."""
        return cls(
            project=record.project_slug,
            environment=record.environment_slug,
            outcome=record.outcome,
            reason=record.reason,
            sentence=record.sentence,
            hint=record.hint,
            deployment=record.deployment_id,
        )


class DeliveryBody(BaseModel):
    """One webhook call with what was decided about it."""

    delivery: str
    event: str
    status: str
    received_at: datetime
    finished_at: datetime | None
    failure: str
    decisions: list[DecisionBody]

    @classmethod
    def of(cls, record: DeliveryRecord) -> Self:
        """Return it as JSON has it."""
        return cls(
            delivery=record.id,
            event=record.event_name,
            status=record.status,
            received_at=record.received_at,
            finished_at=record.finished_at,
            failure=record.failure,
            decisions=[DecisionBody.of(decision) for decision in record.decisions],
        )
