"""What we read of GitHub's JSON: small models, deaf to everything else.

GitHub adds fields whenever it likes, leaves out or nulls others on older servers, and passes on what people typed.
So: unknown fields are ignored, optional ones may be null, and text is bounded and made fit for storage here, once.
"""

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from domain.errors import InvalidInput
from domain.events import Account
from domain.identifiers import InstallationId, RepositoryId
from domain.source import (
    BranchName,
    CommitSha,
    FullName,
    Repository,
    parse_branch_name,
    parse_commit_sha,
    parse_full_name,
)

MAX_TEXT_BYTES: Final = 64 * 1024
_MAX_REF_BYTES = 1024
_MAX_ID = 2**63 - 1
_T = TypeVar("_T")


def clean_text(text: str, limit: int = MAX_TEXT_BYTES) -> str:
    """Return `text` as PostgreSQL and UTF-8 can hold it, at most `limit` bytes long.

    NUL characters and lone surrogates, which JSON can carry, become U+FFFD.
    """
    storable = text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return storable.encode()[:limit].decode(errors="ignore")


def _bound_text(value: object) -> object:
    if value is None:
        return ""
    return clean_text(value) if isinstance(value, str) else value


def _require_storable(name: str) -> str:
    if clean_text(name, _MAX_REF_BYTES) != name:
        raise ValueError(f"has a NUL, a lone surrogate or more than {_MAX_REF_BYTES} bytes")
    return name


def _by(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    """Let pydantic name the field a domain parser refuses."""

    def parse_or_blame(text: str) -> _T:
        try:
            return parse(_require_storable(text))
        except InvalidInput as error:
            raise ValueError(error.sentence.rstrip(".")) from error

    return parse_or_blame


Text = Annotated[str, BeforeValidator(_bound_text)]
Ref = Annotated[str, AfterValidator(_require_storable)]
Sha = Annotated[CommitSha, AfterValidator(_by(parse_commit_sha))]
Name = Annotated[FullName, AfterValidator(_by(parse_full_name))]
Branch = Annotated[BranchName, AfterValidator(_by(parse_branch_name))]
Id = Annotated[int, Field(gt=0, le=_MAX_ID)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RepositoryPart(_Part):
    """A repository, in a payload or in an answer."""

    id: Id
    full_name: Name
    default_branch: Branch
    private: bool

    def to_domain(self) -> Repository:
        """Return it in our words."""
        return Repository(RepositoryId(self.id), self.full_name, self.default_branch, self.private)


class InstallationPart(_Part):
    """The App's installation a payload or answer is about."""

    id: Id

    @property
    def installation_id(self) -> InstallationId:
        """The id, typed."""
        return InstallationId(self.id)


class IdPart(_Part):
    """Anything of which the id alone is wanted."""

    id: Id


class SubjectParts(_Part):
    """What a payload of any event is about."""

    repository: IdPart | None = None
    installation: IdPart | None = None


class AuthorPart(_Part):
    """Who wrote a commit."""

    name: Text = ""


class CommitPart(_Part):
    """A commit as a push payload shows it."""

    id: Sha
    message: Text = ""
    author: AuthorPart | None = None


class SenderPart(_Part):
    """The account that acted."""

    login: Text = ""
    avatar_url: Text = ""


class AccountPart(_Part):
    """Whose installation it is; an enterprise has a slug instead of a login."""

    id: Id
    login: Text = ""
    slug: Text = ""
    type: Text = ""

    def to_domain(self) -> Account:
        """Return it in our words."""
        return Account(self.id, self.login or self.slug, self.type)


class DescribedInstallationPart(InstallationPart):
    """An installation with whose it is."""

    account: AccountPart


class FormerPart(_Part):
    """What something was called before it was changed."""

    before: Text = Field("", alias="from")


class ChangesPart(_Part):
    """What was changed about a repository."""

    default_branch: FormerPart | None = None


class NumberPart(_Part):
    """A pull request, of which the number alone is wanted."""

    number: Id


class CheckPart(_Part):
    """A check run or suite. Of which App it is, its external id tells."""

    id: Id
    head_sha: Sha
    external_id: Text = ""


class ButtonPart(_Part):
    """The button of a check run that was pressed."""

    identifier: Text = ""


class _RepositoryPayload(_Part):
    """The body of a delivery about a repository."""

    repository: RepositoryPart
    installation: InstallationPart | None = None
    sender: SenderPart | None = None
    action: Text = ""


class PushPayload(_RepositoryPayload):
    """The body of a `push` delivery."""

    ref: Ref
    before: Sha
    after: Sha
    forced: bool | None = None
    head_commit: CommitPart | None = None
    pusher: AuthorPart | None = None


class PullRequestPayload(_RepositoryPayload):
    """The body of a `pull_request` delivery: what the pull request is like is asked of GitHub."""

    pull_request: NumberPart


class RepositoryPayload(_RepositoryPayload):
    """The body of a `repository` delivery."""

    changes: ChangesPart | None = None


class CheckRunPayload(_RepositoryPayload):
    """The body of a `check_run` delivery."""

    check_run: CheckPart
    requested_action: ButtonPart | None = None


class CheckSuitePayload(_RepositoryPayload):
    """The body of a `check_suite` delivery."""

    check_suite: CheckPart


class InstallationPayload(_Part):
    """The body of an `installation` delivery."""

    installation: DescribedInstallationPart
    repositories: list[IdPart] | None = None
    sender: SenderPart | None = None
    action: Text = ""


class AccessPayload(_Part):
    """The body of an `installation_repositories` delivery."""

    installation: DescribedInstallationPart
    repositories_added: list[IdPart] | None = None
    repositories_removed: list[IdPart] | None = None
    sender: SenderPart | None = None
    action: Text = ""
