"""GitHub, and how a commit gets from there to here."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

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

    def revoke_clone(self, access: CloneAccess) -> None:
        """Take a right to read back as soon as it has served; never raises, for it ends by itself within the hour."""

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> int:
        """Create or update the deployment's check run and return its id.

        Args:
            report: what to tell.
            look_for_existing: search for a check run made before a crash, instead of creating a second one.
        """


@dataclass(frozen=True, slots=True)
class Overlay:
    """Files that come from another commit of the same repository.

    A fork's pull request is built with the configuration of its base branch: whatever the fork has at these paths is
    taken away, and what `sha` has there is put in its place.

    Attributes:
        paths: relative to the repository root, each a file; one that `sha` does not have is removed.
    """

    sha: CommitSha
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """What a fetch does beyond the tree of one commit.

    Attributes:
        submodules: fetch submodules too, those in submodules included; without it they are empty directories.
        grants: the right to read each repository that may be a submodule, by its full name in lower case.
    """

    submodules: bool = False
    grants: Mapping[str, CloneAccess] = field(default_factory=dict)
    overlay: Overlay | None = None


PLAIN_FETCH: Final = FetchOptions()
"""The tree of the commit and nothing else."""


class SourceFetcher(Protocol):
    """Brings a commit onto this machine without letting the repository run anything."""

    def fetch(
        self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH
    ) -> AbstractContextManager[Path]:
        """Give a directory with the tree of exactly `sha`; it is gone when the context ends.

        Raises:
            InvalidInput: `source_path_invalid`, for a path of the overlay that leaves the repository.
            UserError: `commit_not_found` when the repository does not have the commit any more; `tree_too_large`;
                `repository_refused`; `submodule_not_accessible`, `submodule_refused`.
            TemporarilyUnavailable: `clone_failed`.
        """
