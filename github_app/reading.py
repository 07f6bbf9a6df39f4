"""What is asked of one repository before something is decided about it."""

import re
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from domain.identifiers import RepositoryId
from domain.pull_requests import Author, PullRequest
from domain.source import BranchName, Commit, CommitSha, RepositoryAddress, branch_ref
from github_app.asking import NOT_FOUND, OK, Asking, parse, route
from github_app.client import Answer, Call, refusal
from github_app.payloads import AuthorPart, Id, IdPart, SenderPart, Sha, Text
from github_app.tokens import Purpose

_ABSENT: Final = frozenset({NOT_FOUND, 409})
_UNKNOWN_COMMIT: Final = frozenset({NOT_FOUND, 409, 422})
_COMPLETE: Final = frozenset({"ahead", "identical"})
_MAY_WRITE: Final = frozenset({"admin", "maintain", "write"})
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\[bot\])?")
_MAX_FILES: Final = 300
"""GitHub lists no more files of a comparison, and does not say that it left some out."""


def find_branch_head(asking: Asking, address: RepositoryAddress, branch: BranchName) -> CommitSha | None:
    """Return what the branch points to now, None when it does not exist."""
    # The route takes a ref without its "refs/"; encoded, a # or % cannot cut the path short or change its meaning.
    ref = quote(branch_ref(branch).removeprefix("refs/"), safe="/")
    answer = asking.ask(address, Purpose.READ_CODE, lambda name: Call("GET", f"{route(name)}/git/ref/{ref}"))
    if answer.status in _ABSENT:
        return None
    if answer.status != OK:
        raise refusal(answer, "tell what a branch points to")
    reference = parse(_Reference, answer)
    return reference.object.sha if reference.ref == branch_ref(branch) else None


def find_pull_request(asking: Asking, address: RepositoryAddress, number: int) -> PullRequest | None:
    """Return the pull request as it is now, its head commit with its message; None when there is none."""
    answer = _read_pulls(asking, address, f"pulls/{number}")
    if answer.status == NOT_FOUND:
        return None
    if answer.status != OK:
        raise refusal(answer, "describe a pull request")
    described = parse(_PullRequest, answer)
    return described.to_domain(_read_commit(asking, address, described.head.sha))


def _read_commit(asking: Asking, address: RepositoryAddress, sha: CommitSha) -> Commit:
    answer = _read_pulls(asking, address, f"commits/{sha}")
    if answer.status in _UNKNOWN_COMMIT:
        return Commit(sha)
    if answer.status != OK:
        raise refusal(answer, "describe a commit")
    described = parse(_CommitAnswer, answer).commit
    return Commit(sha, described.message, described.author.name if described.author else "")


def _read_pulls(asking: Asking, address: RepositoryAddress, path: str) -> Answer:
    return asking.ask(address, Purpose.READ_PULL_REQUESTS, lambda name: Call("GET", f"{route(name)}/{path}"))


def list_changed_paths(
    asking: Asking, address: RepositoryAddress, base: CommitSha, head: CommitSha
) -> tuple[str, ...] | None:
    """Return the paths that differ between two commits; None when they cannot be known whole."""
    path = f"compare/{base}...{head}"
    answer = asking.ask(address, Purpose.READ_CODE, lambda name: Call("GET", f"{route(name)}/{path}"))
    if answer.status in _UNKNOWN_COMMIT:
        return None
    if answer.status != OK:
        raise refusal(answer, "compare two commits")
    comparison = parse(_Comparison, answer)
    files = comparison.files or []
    if comparison.status not in _COMPLETE or len(files) >= _MAX_FILES or answer.next_page:
        return None
    names = (name for file in files for name in (file.previous_filename, file.filename))
    return tuple(dict.fromkeys(name for name in names if name))


def has_write_access(asking: Asking, address: RepositoryAddress, login: str) -> bool:
    """Whether the account may push to the repository now."""
    if not _LOGIN.fullmatch(login):
        return False
    path = f"collaborators/{quote(login, safe='')}/permission"
    answer = asking.ask(address, Purpose.READ_MEMBERS, lambda name: Call("GET", f"{route(name)}/{path}"))
    if answer.status == NOT_FOUND:
        return False
    if answer.status != OK:
        raise refusal(answer, "tell who may push")
    return parse(_Permission, answer).permission in _MAY_WRITE


class _GitObject(BaseModel):
    sha: Sha


class _Reference(BaseModel):
    ref: str
    object: _GitObject


class _Side(BaseModel):
    ref: Text
    sha: Sha
    repo: IdPart | None = None


class _PullRequest(BaseModel):
    id: Id
    number: Id
    state: str
    head: _Side
    base: _Side
    title: Text = ""
    merged: bool | None = None
    draft: bool | None = None
    user: SenderPart | None = None

    def to_domain(self, head: Commit) -> PullRequest:
        return PullRequest(
            id=self.id,
            number=self.number,
            title=self.title,
            is_open=self.state == "open",
            merged=bool(self.merged),
            draft=bool(self.draft),
            head_repository_id=RepositoryId(self.head.repo.id) if self.head.repo else None,
            head_branch=self.head.ref,
            head=head,
            base_branch=self.base.ref,
            base=Commit(self.base.sha),
            author=Author(self.user.login, self.user.avatar_url) if self.user else Author(),
        )


class _GitCommit(BaseModel):
    message: Text = ""
    author: AuthorPart | None = None


class _CommitAnswer(BaseModel):
    commit: _GitCommit


class _File(BaseModel):
    filename: str = Field(min_length=1)
    previous_filename: str | None = None


class _Comparison(BaseModel):
    status: str
    files: list[_File] | None = None


class _Permission(BaseModel):
    permission: str
