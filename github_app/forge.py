"""`GitHubForge`: GitHub as the jobs see it.

Repositories are known by id. Their name, which every route wants, comes with each token and is asked for again when
GitHub does not know it any more: a rename or transfer costs one more request, and a stranger who takes the old name
gets nothing, because the token is for the id.
"""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from domain.errors import TemporarilyUnavailable
from domain.events import Event
from domain.identifiers import InstallationId
from domain.ports.forge import DeploymentReport
from domain.ports.jobs import Clock
from domain.source import (
    BranchName,
    CloneAccess,
    CommitSha,
    FullName,
    Repository,
    RepositoryAddress,
    branch_ref,
)
from github_app.client import Answer, Call, GitHubClient, GitHubHost, IdentitySource, refusal
from github_app.installation import find_installation
from github_app.payloads import Sha
from github_app.reporting import check_run_body, check_run_name
from github_app.tokens import InstallationTokens, Purpose
from github_app.translate import translate

_OK: Final = 200
_CREATED: Final = 201
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_EMPTY_REPOSITORY: Final = 409
_NAME_IS_STALE: Final = frozenset({301, 302, 307, 308, _NOT_FOUND})
_PAGE_SIZE: Final = 100
_MAX_PAGES: Final = 10
_Model = TypeVar("_Model", bound=BaseModel)


class GitHubForge:
    """Implements `domain.ports.forge.Forge`; safe to share between threads."""

    def __init__(self, host: GitHubHost, identity: IdentitySource, clock: Clock) -> None:
        self._client = GitHubClient(host, identity)
        self._tokens = InstallationTokens(self._client, clock)
        self._web_url = host.web_url.rstrip("/")
        self.close = self._client.close

    def translate(self, event_name: str, body: bytes) -> Event:
        """Return what a verified delivery means."""
        return translate(event_name, body)

    def find_branch_head(self, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
        """Return what the branch points to now, None when it does not exist."""
        # The route takes a ref without its "refs/"; encoded, a # or % cannot cut the path short or change its meaning.
        ref = quote(branch_ref(branch).removeprefix("refs/"), safe="/")
        answer = self._ask(address, Purpose.READ_CODE, lambda name: Call("GET", f"{_route(name)}/git/ref/{ref}"))
        match answer.status:
            case 200:
                return _read_head(answer, branch)
            case 404 | 409:
                return None
            case _:
                raise refusal(answer, "tell what a branch points to")

    def find_repository(self, name: FullName) -> tuple[InstallationId, Repository] | None:
        """Return the repository and the installation through which the App sees it, None when it does not."""
        installation_id = find_installation(self._client, name)
        if installation_id is None:
            return None
        return installation_id, self._tokens.mint_by_name(installation_id, name, Purpose.READ_CODE).repository

    def grant_clone(self, address: RepositoryAddress) -> CloneAccess:
        """Return a fresh right to read the repository under the name it has now."""
        token = self._tokens.mint(address, Purpose.READ_CODE)
        return CloneAccess(f"{self._web_url}/{token.repository.full_name}.git", token.secret, token.repository)

    def report(self, report: DeploymentReport, *, look_for_existing: bool) -> int:
        """Create or update the deployment's check run and return its id."""
        run_id = report.deployment.check_run_id
        if run_id is None and look_for_existing:
            run_id = self._find_check_run(report)
        if run_id is not None and self._update(report, run_id):
            return run_id
        return self._create(report)

    def _create(self, report: DeploymentReport) -> int:
        body = {**check_run_body(report), "head_sha": report.deployment.commit.sha}
        answer = self._tell(report, lambda name: Call("POST", f"{_route(name)}/check-runs", body))
        if answer.status != _CREATED:
            raise refusal(answer, "create a check run")
        return _parse(_CheckRun, answer).id

    def _update(self, report: DeploymentReport, run_id: int) -> bool:
        """Update the check run; False when GitHub does not have it any more."""
        body = check_run_body(report)
        answer = self._tell(report, lambda name: Call("PATCH", f"{_route(name)}/check-runs/{run_id}", body))
        if answer.status not in {_OK, _NOT_FOUND}:
            raise refusal(answer, "update a check run")
        return answer.status == _OK

    def _find_check_run(self, report: DeploymentReport) -> int | None:
        """Return the check run made before a crash kept its id from being stored."""
        for page in range(1, _MAX_PAGES + 1):
            runs = self._list_check_runs(report, page)
            found = [run.id for run in runs if run.external_id == report.deployment.id]
            if found or len(runs) < _PAGE_SIZE:
                return found[0] if found else None
        return None

    def _list_check_runs(self, report: DeploymentReport, page: int) -> list["_CheckRun"]:
        query: dict[str, str | int] = {
            "check_name": check_run_name(report),
            "filter": "all",
            "per_page": _PAGE_SIZE,
            "page": page,
        }
        route = f"commits/{report.deployment.commit.sha}/check-runs"
        answer = self._tell(report, lambda name: Call("GET", f"{_route(name)}/{route}", query=query))
        if answer.status == _NOT_FOUND:
            return []
        if answer.status != _OK:
            raise refusal(answer, "list the check runs of a commit")
        return _parse(_CheckRuns, answer).check_runs

    def _tell(self, report: DeploymentReport, call_for: Callable[[FullName], Call]) -> Answer:
        return self._ask(report.address, Purpose.WRITE_CHECKS, call_for)

    def _ask(self, address: RepositoryAddress, purpose: Purpose, call_for: Callable[[FullName], Call]) -> Answer:
        """Send a call about a repository; once more when its token or its name turn out to be stale."""
        token = self._tokens.get(address, purpose)
        answer = self._client.send(call_for(token.repository.full_name), token.secret)
        if answer.status != _UNAUTHORIZED and answer.status not in _NAME_IS_STALE:
            return answer
        fresh = self._tokens.renew(address, purpose, stale=token)
        if answer.status == _NOT_FOUND and fresh.repository.full_name == token.repository.full_name:
            return answer
        return self._client.send(call_for(fresh.repository.full_name), fresh.secret)


class _GitObject(BaseModel):
    sha: Sha


class _Reference(BaseModel):
    ref: str
    object: _GitObject


class _CheckRun(BaseModel):
    id: int
    external_id: str | None = None


class _CheckRuns(BaseModel):
    check_runs: list[_CheckRun]


def _route(name: FullName) -> str:
    return f"/repos/{quote(name, safe='/')}"


def _read_head(answer: Answer, branch: BranchName) -> CommitSha | None:
    reference = _parse(_Reference, answer)
    return reference.object.sha if reference.ref == branch_ref(branch) else None


def _parse(model: type[_Model], answer: Answer) -> _Model:
    try:
        return model.model_validate(answer.document)
    except ValidationError as error:
        raise TemporarilyUnavailable(
            "github_unavailable", "GitHub answered with something else than it documents; it is asked again."
        ) from error
