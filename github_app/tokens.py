"""Installation tokens: asked for narrowly, kept until shortly before they expire, one request at a time.

githubkit can do this by itself, but asks once per concurrent caller and keys its cache without the host.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Final, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from domain.errors import OperatorError, ServiceError, TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.ports.jobs import Clock
from domain.secrets import Secret
from domain.source import FullName, Repository, RepositoryAddress
from github_app.client import Answer, Call, GitHubClient, not_accessible, refusal
from github_app.payloads import RepositoryPart


class Purpose(StrEnum):
    """What a token is for; it can do nothing else."""

    READ_CODE = "read code"
    READ_PULL_REQUESTS = "read pull requests"
    READ_MEMBERS = "tell who may push"
    WRITE_CHECKS = "write checks"
    WRITE_DEPLOYMENTS = "write deployments"
    WRITE_COMMENTS = "write comments"
    LIST_REPOSITORIES = "list repositories"
    SWEEP = "look at many repositories"


PERMISSIONS: Final[Mapping[Purpose, Mapping[str, str]]] = {
    Purpose.READ_CODE: {"contents": "read"},
    Purpose.READ_PULL_REQUESTS: {"contents": "read", "pull_requests": "read"},
    Purpose.READ_MEMBERS: {"metadata": "read"},
    Purpose.WRITE_CHECKS: {"checks": "write"},
    Purpose.WRITE_DEPLOYMENTS: {"deployments": "write"},
    Purpose.WRITE_COMMENTS: {"pull_requests": "write"},
    Purpose.LIST_REPOSITORIES: {"metadata": "read"},
    Purpose.SWEEP: {"contents": "read", "pull_requests": "read"},
}
"""GitHub adds `metadata: read` to each by itself."""

_MARGIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class WideToken:
    """A token for every repository of an installation.

    Attributes:
        expires_at: GitHub gives it an hour.
    """

    secret: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InstallationToken:
    """A token for one repository, and that repository as it is called at the time.

    Attributes:
        expires_at: GitHub gives it an hour.
    """

    secret: Secret
    expires_at: datetime
    repository: Repository


class InstallationTokens:
    """The tokens of one GitHub host; safe to share between threads."""

    def __init__(self, client: GitHubClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._narrow: _KeptTokens[InstallationToken] = _KeptTokens()
        self._wide: _KeptTokens[WideToken] = _KeptTokens()

    def get(self, address: RepositoryAddress, purpose: Purpose) -> InstallationToken:
        """Return a token that works for some minutes still, asking GitHub only when none is kept.

        Raises:
            NotFound: `repository_not_accessible`.
        """
        return self.renew(address, purpose, stale=None)

    def renew(
        self, address: RepositoryAddress, purpose: Purpose, *, stale: InstallationToken | None
    ) -> InstallationToken:
        """Return a token that is not `stale`, which GitHub refused or which knows an old name."""
        return self._narrow.get((address, purpose), self._clock, lambda: self.mint(address, purpose), stale)

    def get_wide(
        self, installation_id: InstallationId, purpose: Purpose, *, stale: WideToken | None = None
    ) -> WideToken:
        """Return a token for every repository of the installation that is not `stale`, which GitHub refused."""
        body = {"permissions": PERMISSIONS[purpose]}
        key = (installation_id, purpose)
        return self._wide.get(key, self._clock, lambda: _read_wide(self._ask(installation_id, body)), stale)

    def mint(self, address: RepositoryAddress, purpose: Purpose) -> InstallationToken:
        """Ask GitHub for a new token for the repository with this id."""
        body = {"repository_ids": [address.repository_id], "permissions": PERMISSIONS[purpose]}
        token = _read_narrow(self._ask(address.installation_id, body))
        if token.repository.id != address.repository_id:
            raise not_accessible("GitHub answered with a token for another repository")
        return token

    def mint_by_name(self, installation_id: InstallationId, name: FullName, purpose: Purpose) -> InstallationToken:
        """Ask GitHub for a new token for the repository of this name."""
        body = {"repositories": [name.partition("/")[2]], "permissions": PERMISSIONS[purpose]}
        return _read_narrow(self._ask(installation_id, body))

    def _ask(self, installation_id: InstallationId, body: Mapping[str, object]) -> Answer:
        call = Call("POST", f"/app/installations/{installation_id}/access_tokens", body)
        answer = self._client.send_as_app(call)
        if answer.status != 201:  # noqa: PLR2004 - HTTP's number for Created
            raise _refused(answer)
        return answer


_Token = TypeVar("_Token", WideToken, InstallationToken)


class _KeptTokens(Generic[_Token]):
    """Tokens by what they are for; whoever asks for one that is being asked for waits for it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Token] = {}
        self._locks: defaultdict[Hashable, Lock] = defaultdict(Lock)
        self._all = Lock()

    def get(self, key: Hashable, clock: Clock, mint: Callable[[], _Token], stale: _Token | None) -> _Token:
        """Return the kept token unless it is `stale` or about to expire, otherwise a new one."""
        with self._lock_of(key):
            kept = self._kept.get(key)
            if kept is not None and kept is not stale and kept.expires_at - clock.now() > _MARGIN:
                return kept
            fresh = mint()
            self._keep(key, fresh, clock.now())
            return fresh

    def _keep(self, key: Hashable, token: _Token, now: datetime) -> None:
        with self._all:
            expired = [other for other, kept in self._kept.items() if kept.expires_at <= now]
            for other in expired:
                del self._kept[other]
            self._kept[key] = token

    def _lock_of(self, key: Hashable) -> Lock:
        with self._all:
            return self._locks[key]


class _WideAnswer(BaseModel):
    token: str = Field(min_length=1)
    expires_at: AwareDatetime


class _NarrowAnswer(_WideAnswer):
    repositories: list[RepositoryPart] = Field(min_length=1, max_length=1)


_ModelT = TypeVar("_ModelT", bound=_WideAnswer)


def _read_wide(answer: Answer) -> WideToken:
    parsed = _parse(_WideAnswer, answer)
    return WideToken(Secret(parsed.token), parsed.expires_at)


def _read_narrow(answer: Answer) -> InstallationToken:
    parsed = _parse(_NarrowAnswer, answer)
    return InstallationToken(Secret(parsed.token), parsed.expires_at, parsed.repositories[0].to_domain())


def _parse(model: type[_ModelT], answer: Answer) -> _ModelT:
    try:
        return model.model_validate(answer.document)
    except ValidationError as error:
        # The answer holds the token: say where it is strange, never what it says.
        places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        raise TemporarilyUnavailable(
            "github_unavailable", f"GitHub's answer to a token request lacks what is documented ({places})."
        ) from None


def _refused(answer: Answer) -> ServiceError:
    if answer.status == 422 and "permission" in answer.message.lower():  # noqa: PLR2004 - HTTP's number for a refused body
        return OperatorError(
            "github_permission_missing",
            f"The installation lacks a permission ({answer.message}): give the App the permissions listed in "
            "docs/reference/github-app.md and accept them for the installation.",
        )
    if answer.status in {404, 422}:
        return not_accessible(answer.message)
    return refusal(answer, "give a token for the installation")
