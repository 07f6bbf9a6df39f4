"""`GitHubForge`: GitHub as the jobs see it.

Repositories are known by id. Their name, which every route wants, comes with each token and is asked for again when
GitHub does not know it any more: a rename or transfer costs one more request, and a stranger who takes the old name
gets nothing, because the token is for the id.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from domain.deployments import GitHubTraces
from domain.errors import ServiceError
from domain.events import Account, Event
from domain.identifiers import InstallationId
from domain.ports.forge import (
    DeploymentReport,
    HookDelivery,
    PullRequestComment,
    RepositoryFacts,
    WatchedRepository,
)
from domain.ports.jobs import Clock
from domain.pull_requests import PullRequest
from domain.source import BranchName, CloneAccess, CommitSha, FullName, Repository, RepositoryAddress
from github_app import hook_deliveries, installation, reading, sweeping
from github_app.asking import Asking
from github_app.checking import report_check_run
from github_app.client import Call, GitHubClient, GitHubHost, IdentitySource
from github_app.commenting import write_comment
from github_app.deploying import report_deployment
from github_app.tokens import InstallationTokens, Purpose
from github_app.translate import translate

_log = structlog.get_logger(__name__)
_NO_CONTENT: Final = 204
_UNAUTHORIZED: Final = 401


class GitHubForge:
    """Implements `domain.ports.forge.Forge`; safe to share between threads."""

    def __init__(self, host: GitHubHost, identity: IdentitySource, clock: Clock) -> None:
        self._client = GitHubClient(host, identity)
        self._tokens = InstallationTokens(self._client, clock)
        self._asking = Asking(self._client, self._tokens)
        self._web_url = host.web_url.rstrip("/")
        self.close = self._client.close

    def translate(self, event_name: str, body: bytes) -> Event:
        """Return what a verified delivery means."""
        return translate(event_name, body)

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        """Return what the branch points to now, None when it does not exist."""
        return reading.find_branch_head(self._asking, address, branch)

    def find_pull_request(self, address: RepositoryAddress, number: int) -> PullRequest | None:
        """Return the pull request as it is now, its head commit with its message; None when there is none."""
        return reading.find_pull_request(self._asking, address, number)

    def list_changed_paths(
        self, address: RepositoryAddress, base: CommitSha, head: CommitSha
    ) -> tuple[str, ...] | None:
        """Return the paths that differ between two commits; None when they cannot be known whole."""
        return reading.list_changed_paths(self._asking, address, base, head)

    def has_write_access(self, address: RepositoryAddress, login: str) -> bool:
        """Whether the account may push to the repository now."""
        return reading.has_write_access(self._asking, address, login)

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        """Return the repository and the installation through which the App sees it, None when it does not."""
        installation_id = installation.find_installation_of(self._asking, name)
        if installation_id is None:
            return None
        return installation_id, self._tokens.mint_by_name(installation_id, name, Purpose.READ_CODE).repository

    def find_installation(self, installation_id: InstallationId) -> tuple[Account, datetime | None] | None:
        """Return whose installation it is and since when it is suspended, None when it is gone."""
        return installation.find_installation(self._asking, installation_id)

    def list_installations(self) -> tuple[tuple[InstallationId, Account, datetime | None], ...]:
        """Return every installation of the App: id, account, since when it is suspended."""
        return installation.list_installations(self._asking)

    def list_repositories(self, installation_id: InstallationId) -> tuple[Repository, ...]:
        """Return every repository the installation sees, however many there are."""
        return installation.list_repositories(self._asking, installation_id)

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        """Return a fresh right to read the repository under the name it has now."""
        token = self._tokens.mint(address, Purpose.READ_CODE)
        return CloneAccess(f"{self._web_url}/{token.repository.full_name}.git", token.secret, token.repository)

    def revoke_clone(self, access: CloneAccess) -> None:
        """Let the clone's token end now instead of after an hour."""
        if access.token is None:
            return
        try:
            status = self._client.send(Call("DELETE", "/installation/token"), access.token).status
        except ServiceError as error:
            _log.warning("clone_token_not_revoked", repository=access.repository.id, reason=error.code)
            return
        if status not in {_NO_CONTENT, _UNAUTHORIZED}:
            _log.warning("clone_token_not_revoked", repository=access.repository.id, reason=status)

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> GitHubTraces:
        """Create or update the deployment's check run and GitHub's own deployment, and return what GitHub has now."""
        run_id = report_check_run(self._asking, report, look_for_existing=look_for_existing)
        traces = report_deployment(self._asking, report, look_for_existing=look_for_existing)
        return replace(traces, check_run_id=run_id)

    def write_comment(self, comment: PullRequestComment) -> int:
        """Create or update our comment on a pull request and return its id."""
        return write_comment(self._asking, self._client.app.app_id, comment)

    def list_hook_deliveries(self, since: datetime) -> Iterator[HookDelivery]:
        """Give the attempts GitHub made to deliver to us, newest first, back to `since`; page by page as wanted."""
        return hook_deliveries.list_hook_deliveries(self._asking, since)

    def redeliver(self, attempt_id: int) -> None:
        """Ask GitHub to deliver once more; `NotFound` (`delivery_not_found`) when it does not keep it any more."""
        hook_deliveries.redeliver(self._asking, attempt_id)

    def read_repositories(
        self, installation_id: InstallationId, watched: Sequence[WatchedRepository]
    ) -> tuple[RepositoryFacts, ...]:
        """Ask about many repositories of one installation with few requests; those it does not see are left out."""
        return sweeping.read_repositories(self._asking, installation_id, watched)
