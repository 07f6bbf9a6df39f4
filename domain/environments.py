"""Environments: where a commit can be brought to, and which branch leads there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from domain.identifiers import DeploymentId, EnvironmentId, ProjectId
from domain.pull_requests import PreviewKey
from domain.source import BranchName, RepositoryAddress


class EnvironmentKind(StrEnum):
    """What an environment is for. The order is the order in which waiting builds are served."""

    PRODUCTION = "production"
    STAGING = "staging"
    PREVIEW = "preview"


PRIORITY: Final = {EnvironmentKind.PRODUCTION: 30, EnvironmentKind.STAGING: 20, EnvironmentKind.PREVIEW: 10}
"""Larger is served earlier."""


class QueuePolicy(StrEnum):
    """What happens to deployments that wait when a newer push arrives."""

    EVERY_COMMIT = "every_commit"
    NEWEST_ONLY = "newest_only"


class ConnectionState(StrEnum):
    """Whether pushes to the connected repository may deploy, and if not, why not."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ACCESS_LOST = "access_lost"
    ARCHIVED = "archived"
    PAUSED = "paused"


class ForkPolicy(StrEnum):
    """What a pull request from a fork leads to."""

    IGNORE = "ignore"
    WITHOUT_SECRETS = "without_secrets"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What a project may say about its build; None means detected or default.

    Attributes:
        config_path: the config file, relative to the repository root, file name included (≤ 255 characters).
        install_command: replaces the detected install command; one line (≤ 500 characters).
        pre_build_command: runs after the install, before the code is bundled; one line (≤ 500 characters).
    """

    config_path: str | None = None
    install_command: str | None = None
    pre_build_command: str | None = None


@dataclass(frozen=True, slots=True)
class GitSettings:
    """What a project may say about events.

    Attributes:
        previews: whether pull requests get previews.
        drafts: whether draft pull requests do.
        fork_policy: what pull requests from forks lead to.
        ignored_paths: gitignore patterns; a push that changes nothing else does not deploy.
        submodules: whether git submodules of the same installation are fetched.
    """

    previews: bool = True
    drafts: bool = True
    fork_policy: ForkPolicy = ForkPolicy.IGNORE
    ignored_paths: tuple[str, ...] = ()
    submodules: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """What people connect a repository to."""

    id: ProjectId
    slug: str
    settings: BuildSettings = BuildSettings()
    queue_policy: QueuePolicy = QueuePolicy.EVERY_COMMIT
    git: GitSettings = GitSettings()


@dataclass(frozen=True, slots=True)
class Connection:
    """A project's one repository."""

    project_id: ProjectId
    address: RepositoryAddress
    state: ConnectionState


@dataclass(frozen=True, slots=True)
class PreviewBranch:
    """What makes an environment the preview of one branch.

    Attributes:
        parent_id: the project's preview environment, whose variables it inherits.
        keep: whether it stays although nothing happens in it.
        active_at: when something happened in it last.
        archived_at: when it was archived; None while it is alive.
    """

    parent_id: EnvironmentId
    key: PreviewKey
    active_at: datetime
    keep: bool = False
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """One place of a project that runs one image at a time.

    The preview environment itself (`kind` preview, `preview` None) runs nothing: it is the parent of the previews.

    Attributes:
        tracked_branch: pushes to this branch deploy here; None means none does.
        current_deployment_id: the promoted deployment, None before the first.
        current_sequence: its place in the order of the environment's deployments, 0 before the first.
        preview: set for the preview of one branch.
    """

    id: EnvironmentId
    project_id: ProjectId
    kind: EnvironmentKind
    slug: str
    tracked_branch: BranchName | None = None
    current_deployment_id: DeploymentId | None = None
    current_sequence: int = 0
    preview: PreviewBranch | None = None
