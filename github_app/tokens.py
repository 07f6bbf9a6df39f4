"""Installation tokens: asked for narrowly, kept until shortly before they expire, one request at a time.

githubkit can do this by itself, but asks once per concurrent caller and keys its cache without the host.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Final

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
    WRITE_CHECKS = "write checks"


PERMISSIONS: Final[Mapping[Purpose, Mapping[str, str]]] = {
    Purpose.READ_CODE: {"contents": "read"},
    Purpose.WRITE_CHECKS: {"checks": "write"},
}
"""GitHub adds `metadata: read` to each by itself."""

_MARGIN = timedelta(minutes=2)


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
        self._kept: dict[tuple[RepositoryAddress, Purpose], InstallationToken] = {}
        self._locks: defaultdict[tuple[RepositoryAddress, Purpose], Lock] = defaultdict(Lock)
        self._all = Lock()

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
        with self._lock_of(address, purpose):
            kept = self._kept.get((address, purpose))
            if kept is not None and kept is not stale and kept.expires_at - self._clock.now() > _MARGIN:
                return kept
            fresh = self.mint(address, purpose)
            self._keep(address, purpose, fresh)
            return fresh

    def mint(self, address: RepositoryAddress, purpose: Purpose) -> InstallationToken:
        """Ask GitHub for a new token for the repository with this id."""
        body = {"repository_ids": [address.repository_id], "permissions": PERMISSIONS[purpose]}
        token = self._mint(address.installation_id, body)
        if token.repository.id != address.repository_id:
            raise not_accessible("GitHub answered with a token for another repository")
        return token

    def mint_by_name(self, installation_id: InstallationId, name: FullName, purpose: Purpose) -> InstallationToken:
        """Ask GitHub for a new token for the repository of this name."""
        body = {"repositories": [name.partition("/")[2]], "permissions": PERMISSIONS[purpose]}
        return self._mint(installation_id, body)

    def _mint(self, installation_id: InstallationId, body: Mapping[str, object]) -> InstallationToken:
        call = Call("POST", f"/app/installations/{installation_id}/access_tokens", body)
        answer = self._client.send_as_app(call)
        if answer.status != 201:  # noqa: PLR2004 - HTTP's number for Created
            raise _refused(answer)
        return _read_token(answer)

    def _keep(self, address: RepositoryAddress, purpose: Purpose, token: InstallationToken) -> None:
        with self._all:
            now = self._clock.now()
            expired = [key for key, kept in self._kept.items() if kept.expires_at <= now]
            for key in expired:
                del self._kept[key]
            self._kept[address, purpose] = token

    def _lock_of(self, address: RepositoryAddress, purpose: Purpose) -> Lock:
        with self._all:
            return self._locks[address, purpose]


class _TokenAnswer(BaseModel):
    token: str = Field(min_length=1)
    expires_at: AwareDatetime
    repositories: list[RepositoryPart] = Field(min_length=1, max_length=1)


def _read_token(answer: Answer) -> InstallationToken:
    try:
        parsed = _TokenAnswer.model_validate(answer.document)
    except ValidationError as error:
        # The answer holds the token: say where it is strange, never what it says.
        places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        raise TemporarilyUnavailable(
            "github_unavailable", f"GitHub's answer to a token request lacks what is documented ({places})."
        ) from None
    return InstallationToken(Secret(parsed.token), parsed.expires_at, parsed.repositories[0].to_domain())


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
