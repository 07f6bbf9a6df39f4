"""GitHub, and how a commit gets from there to here."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from domain.deployments import Deployment, GitHubTraces
from domain.environments import Environment
from domain.events import Account, Event
from domain.identifiers import DeliveryId, InstallationId
from domain.ports.secrets import AppCredentials
from domain.pull_requests import Author, PullRequest
from domain.secrets import Secret
from domain.source import (
    BranchName,
    CloneAccess,
    Commit,
    CommitSha,
    FullName,
    Repository,
    RepositoryAddress,
)


@dataclass(frozen=True, slots=True)
class DeploymentReport:
    """What GitHub is to be told of a deployment: its truth at the moment of asking.

    Attributes:
        is_current: whether its environment runs it now.
    """

    address: RepositoryAddress
    deployment: Deployment
    project_slug: str
    environment: Environment
    details_url: str
    task_ids: tuple[str, ...] = ()
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class PullRequestComment:
    """What our one comment on a pull request is to say: a row for each project.

    Attributes:
        comment_id: the comment made before, None when we know of none: then it is looked for.
    """

    address: RepositoryAddress
    number: int
    reports: tuple[DeploymentReport, ...]
    comment_id: int | None


@dataclass(frozen=True, slots=True)
class WatchedRepository:
    """A repository the sweep asks about, and the branches of it that are tracked."""

    address: RepositoryAddress
    full_name: FullName
    branches: tuple[BranchName, ...]
    pull_requests: bool


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What the sweep learned of a repository.

    Attributes:
        heads: the newest commit of each tracked branch that exists.
        pull_requests: the open ones, None when they were not asked for.
    """

    address: RepositoryAddress
    repository: Repository
    heads: dict[BranchName, Commit]
    pull_requests: tuple[PullRequest, ...] | None


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One attempt of GitHub to deliver, as GitHub lists it.

    Attributes:
        id: of the attempt; asking for a redelivery takes it.
        succeeded: whether it was answered with success.
    """

    id: int
    delivery_id: DeliveryId
    delivered_at: datetime
    succeeded: bool


class Forge(Protocol):
    """GitHub, as far as jobs and operations need it.

    Every method raises `TemporarilyUnavailable` when trying again may help, `NotFound`
    (`repository_not_accessible`) when the App cannot see the repository, never anything of the client library's.
    """

    def translate(self, event_name: str, body: bytes) -> Event:
        """Return what a verified delivery means. Raises `InvalidInput` (`payload_invalid`)."""

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        """Return what the branch points to now, None when it does not exist."""

    def find_pull_request(self, address: RepositoryAddress, number: int) -> PullRequest | None:
        """Return the pull request as it is now, its head commit with its message; None when there is none."""

    def list_changed_paths(
        self, address: RepositoryAddress, base: CommitSha, head: CommitSha
    ) -> tuple[str, ...] | None:
        """Return the paths that differ between two commits, both names of a renamed file.

        None when they cannot be known whole: too many, or `base` is not an ancestor of `head`.
        """

    def has_write_access(self, address: RepositoryAddress, login: str) -> bool:
        """Whether the account may push to the repository now."""

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        """Return the repository and the installation through which the App sees it, None when it does not."""

    def find_installation(self, installation_id: InstallationId) -> tuple[Account, datetime | None] | None:
        """Return whose installation it is and since when it is suspended, None when it is gone."""

    def list_installations(self) -> tuple[tuple[InstallationId, Account, datetime | None], ...]:
        """Return every installation of the App: id, account, since when it is suspended."""

    def list_repositories(self, installation_id: InstallationId) -> tuple[Repository, ...]:
        """Return every repository the installation sees, however many there are."""

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        """Return a fresh right to read the repository under the name it has now."""

    def revoke_clone(self, access: CloneAccess) -> None:
        """Take a right to read back as soon as it has served; never raises, for it ends by itself within the hour."""

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
        """Create or update the deployment's check run and GitHub's own deployment, and return what GitHub has now.

        Args:
            report: what to tell.
            look_for_existing: search for what was made before a crash, instead of making a second one.
        """

    def write_comment(self, comment: PullRequestComment) -> int:
        """Create or update our comment on a pull request and return its id."""

    def list_hook_deliveries(self, since: datetime) -> Iterable[HookDelivery]:
        """Give the attempts GitHub made to deliver to us, newest first, back to `since`."""

    def redeliver(self, attempt_id: int) -> None:
        """Ask GitHub to deliver once more."""

    def read_repositories(
        self, installation_id: InstallationId, watched: Sequence[WatchedRepository]
    ) -> tuple[RepositoryFacts, ...]:
        """Ask about many repositories of one installation with few requests; those it does not see are left out."""


@dataclass(frozen=True, slots=True)
class AppForm:
    """What a browser posts to GitHub, so that the App is created there with one press of a button.

    Attributes:
        action: the URL it is posted to.
        manifest: JSON text, the value of its one field `manifest`.
    """

    action: str
    manifest: str


class AppMaker(Protocol):
    """The App itself, before there is one: GitHub's manifest flow."""

    def draft(self, state: str, organization: str = "") -> AppForm:
        """Return the form that creates the App, owned by the organisation or by whoever posts it."""

    def redeem(self, code: str) -> AppCredentials:
        """Return the App that was created, for the code GitHub gave; `InvalidInput` (`github_code_invalid`)."""


class SignIn(Protocol):
    """People, as GitHub knows them. Every method raises `OperatorError` (`github_app_missing`) without an App."""

    def authorize_url(self, state: str, redirect_uri: str) -> str:
        """Return where a browser goes to let the App know who somebody is."""

    def install_url(self, state: str) -> str:
        """Return where a browser goes to install the App."""

    def exchange_code(self, code: str) -> Secret:
        """Return the person's token for a code GitHub gave; `InvalidInput` (`github_code_invalid`)."""

    def get_user(self, token: Secret) -> tuple[int, Author]:
        """Return the id and account of whose token it is."""

    def controls_installation(self, token: Secret, installation_id: InstallationId) -> bool:
        """Whether the person may use the installation, as GitHub says for the person's own token."""


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

    def identify(self, access: CloneAccess, sha: CommitSha, *, options: FetchOptions = PLAIN_FETCH) -> str | None:
        """Return what is equal for two commits only when `fetch` gives equal trees; None when that cannot be told.

        Raises:
            UserError, TemporarilyUnavailable: like `fetch`.
        """
