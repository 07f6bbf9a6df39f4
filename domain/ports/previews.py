"""Previews of branches, and the pull requests that lead to them."""

from datetime import datetime
from typing import Protocol

from domain.environments import Environment
from domain.identifiers import DeploymentId, EnvironmentId, ProjectId, RepositoryId
from domain.pull_requests import PreviewKey, PullRequest
from domain.records import PreviewReport, SeenPullRequest
from domain.targets import PreviewTarget


class Previews(Protocol):
    """Previews: environments of one branch each, which come and go with pull requests."""

    def list_targets(
        self, repository_id: RepositoryId, pull_request: PullRequest, key: PreviewKey | None
    ) -> tuple[PreviewTarget, ...]:
        """Return every project connected to the repository, with the preview the key names; by project."""

    def ensure(self, project_id: ProjectId, key: PreviewKey, now: datetime) -> Environment:
        """Return the project's preview of this key, alive: made when there is none, taken out of the archive."""

    def touch(self, environment_id: EnvironmentId, now: datetime) -> None:
        """Keep that something happened in the preview."""

    def archive(self, environment_id: EnvironmentId, reason: str, now: datetime) -> tuple[DeploymentId, ...]:
        """Archive it and cancel what is in flight for it with this reason; returns what was canceled."""

    def keep(self, environment_id: EnvironmentId, *, keep: bool) -> None:
        """Let it stay although nothing happens in it, or not."""

    def list_all(self, project_id: ProjectId, *, archived: bool = False) -> tuple[Environment, ...]:
        """Return the project's previews, newest activity first; the archived ones too when asked for."""

    def get_by_slug(self, project_id: ProjectId, slug: str) -> Environment:
        """Return the preview called so, or the one whose branch is called so; `NotFound` (`preview_not_found`)."""

    def list_idle(self, since: datetime) -> tuple[Environment, ...]:
        """Return living previews without the keep switch in which nothing happened after `since`."""


class PullRequests(Protocol):
    """Pull requests as they were when they were decided about last."""

    def remember(self, repository_id: RepositoryId, pull_request: PullRequest) -> None:
        """Keep what it is like."""

    def list_open(self, repository_id: RepositoryId) -> tuple[SeenPullRequest, ...]:
        """Return those of the repository that were open when they were seen last, by number."""

    def list_repositories(self) -> tuple[RepositoryId, ...]:
        """Return the repositories of active connections whose projects have previews switched on."""

    def list_previews(self, repository_id: RepositoryId, number: int) -> tuple[PreviewReport, ...]:
        """Return the previews of the pull request that have a deployment made for it, by project."""

    def find_comment(self, repository_id: RepositoryId, number: int) -> int | None:
        """Return the id of our comment on it, None when we know of none."""

    def keep_comment(self, repository_id: RepositoryId, number: int, comment_id: int, text_hash: str) -> None:
        """Keep the id of our comment and a hash of what it says."""

    def read_comment_hash(self, repository_id: RepositoryId, number: int) -> str:
        """Return the hash kept with the comment, empty when there is none."""

    def queue_comment(self, repository_id: RepositoryId, number: int) -> None:
        """Ask for the job that brings the comment up to date."""
