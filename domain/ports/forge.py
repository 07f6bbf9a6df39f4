"""GitHub, and how a commit gets from there to here."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.deployments import Deployment
from domain.environments import Environment
from domain.events import Event
from domain.identifiers import InstallationId
from domain.source import (
    BranchName,
    CloneAccess,
    CommitSha,
    FullName,
    Repository,
    RepositoryAddress,
)


@dataclass(frozen=True, slots=True)
class DeploymentReport:
    """What GitHub is to be told of a deployment: its truth at the moment of asking."""

    address: RepositoryAddress
    deployment: Deployment
    project_slug: str
    environment: Environment
    details_url: str
    task_ids: tuple[str, ...] = ()


class Forge(Protocol):
    """GitHub, as far as the jobs need it.

    Every method raises `TemporarilyUnavailable` when trying again may help, `NotFound`
    (`repository_not_accessible`) when the App cannot see the repository, never anything of the client library's.
    """

    def translate(self, event_name: str, body: bytes) -> Event:
        """Return what a verified delivery means. Raises `InvalidInput` (`payload_invalid`)."""

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        """Return what the branch points to now, None when it does not exist."""

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        """Return the repository and the installation through which the App sees it, None when it does not."""

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        """Return a fresh right to read the repository under the name it has now."""

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> int:
        """Create or update the deployment's check run and return its id.

        Args:
            report: what to tell.
            look_for_existing: search for a check run made before a crash, instead of creating a second one.
        """


class SourceFetcher(Protocol):
    """Brings a commit onto this machine without letting the repository run anything."""

    def fetch(self, access: CloneAccess, sha: CommitSha) -> AbstractContextManager[Path]:
        """Give a directory with the tree of exactly `sha`; it is gone when the context ends.

        Raises:
            UserError: `commit_not_found` when the repository does not have the commit any more; `tree_too_large`.
            TemporarilyUnavailable: `clone_failed`.
        """
