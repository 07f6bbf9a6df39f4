"""What GitHub answers to the sweep's queries. GraphQL's names are GitHub's."""

from typing import Final

from pydantic import BaseModel, Field, ValidationError

from domain.errors import TemporarilyUnavailable
from domain.identifiers import RepositoryId
from domain.pull_requests import Author, PullRequest
from domain.source import BranchName, Commit
from github_app.client import Answer
from github_app.limits import limit_reached
from github_app.payloads import AuthorPart, Branch, Id, Name, Sha, Text

_UNSEEN: Final = frozenset({"NOT_FOUND", "FORBIDDEN"})


class _Commit(BaseModel):
    oid: Sha
    message: Text = ""
    author: AuthorPart | None = None

    def to_domain(self) -> Commit:
        return Commit(self.oid, self.message, self.author.name if self.author else "")


class _Ref(BaseModel):
    target: _Commit | None = None


class _DefaultBranch(BaseModel):
    name: Branch


class _HeadRepository(BaseModel):
    id: Id = Field(alias="databaseId")


class _Actor(BaseModel):
    kind: Text = Field("", alias="__typename")
    login: Text = ""
    avatar_url: Text = Field("", alias="avatarUrl")

    def to_domain(self) -> Author:
        # Only GraphQL leaves out what tells a bot's login from a person's.
        return Author(f"{self.login}[bot]" if self.kind == "Bot" else self.login, self.avatar_url)


class _PullRequest(BaseModel):
    id: Id = Field(alias="fullDatabaseId")
    number: Id
    title: Text = ""
    draft: bool = Field(alias="isDraft")
    head_branch: Text = Field(alias="headRefName")
    head_sha: Sha = Field(alias="headRefOid")
    head_ref: _Ref | None = Field(None, alias="headRef")
    head_repository: _HeadRepository | None = Field(None, alias="headRepository")
    base_branch: Text = Field(alias="baseRefName")
    base_sha: Sha = Field(alias="baseRefOid")
    author: _Actor | None = None

    def to_domain(self) -> PullRequest:
        head = self.head_ref.target if self.head_ref else None
        return PullRequest(
            id=self.id,
            number=self.number,
            title=self.title,
            is_open=True,
            merged=False,
            draft=self.draft,
            head_repository_id=RepositoryId(self.head_repository.id) if self.head_repository else None,
            head_branch=self.head_branch,
            head=head.to_domain() if head is not None and head.oid == self.head_sha else Commit(self.head_sha),
            base_branch=self.base_branch,
            base=Commit(self.base_sha),
            author=self.author.to_domain() if self.author else Author(),
        )


class _PageInfo(BaseModel):
    has_next: bool = Field(alias="hasNextPage")
    cursor: str | None = Field(None, alias="endCursor")


class _PullRequests(BaseModel):
    page: _PageInfo = Field(alias="pageInfo")
    nodes: list[_PullRequest | None]


class AnsweredRepository(BaseModel):
    """A repository as the query describes it; its refs are extra fields `b0`, `b1`, …."""

    id: Id = Field(alias="databaseId")
    full_name: Name = Field(alias="nameWithOwner")
    private: bool = Field(alias="isPrivate")
    default_branch: _DefaultBranch | None = Field(None, alias="defaultBranchRef")
    pulls: _PullRequests | None = Field(None, alias="pullRequests")
    refs: dict[str, _Ref | None] = Field(default_factory=dict)

    def list_heads(self, branches: tuple[BranchName, ...]) -> dict[BranchName, Commit]:
        """Return the newest commit of each branch that exists, the branches in the order they were asked for."""
        refs = [self.refs.get(f"b{number}") for number in range(len(branches))]
        return {
            branch: ref.target.to_domain()
            for branch, ref in zip(branches, refs, strict=True)
            if ref is not None and ref.target is not None
        }

    def list_pull_requests(self) -> list[PullRequest]:
        """Return this page of the open pull requests."""
        return [node.to_domain() for node in self.pulls.nodes if node] if self.pulls else []

    @property
    def next_page(self) -> str | None:
        """Where the next page of pull requests begins, None after the last."""
        return self.pulls.page.cursor if self.pulls and self.pulls.page.has_next else None


class _Error(BaseModel):
    type: str = ""


class _Body(BaseModel):
    answered: dict[str, dict[str, object] | None] | None = Field(None, alias="data")
    errors: list[_Error] = Field(default_factory=list)


def read_answer(answer: Answer) -> dict[str, AnsweredRepository | None]:
    """Return the repositories of an answer by the query's names for them, None for one that the App does not see.

    Raises:
        TemporarilyUnavailable: `github_rate_limited`, `github_unavailable`.
    """
    try:
        body = _Body.model_validate(answer.document)
        _check_errors(body)
        return {key: _read_repository(node) for key, node in (body.answered or {}).items()}
    except ValidationError as error:
        places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False)[:3])
        raise _strange(f"field {places}") from None


def _read_repository(node: dict[str, object] | None) -> AnsweredRepository | None:
    if node is None:
        return None
    refs = {key: value for key, value in node.items() if key[:1] == "b" and key[1:].isdecimal()}
    return AnsweredRepository.model_validate({**node, "refs": refs})


def _check_errors(body: _Body) -> None:
    kinds = {error.type for error in body.errors}
    if "RATE_LIMITED" in kinds:
        raise limit_reached()
    # Whatever else went wrong, a null may stand for something that is there.
    if kinds - _UNSEEN or body.answered is None:
        raise _strange(", ".join(sorted(kinds)) or "no data")


def _strange(reason: str) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "github_unavailable", f"GitHub answered the sweep's query with something unexpected ({reason}); asked again."
    )
