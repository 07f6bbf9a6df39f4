"""Where code comes from: repositories, refs, commits. Untrusted names become values here or are refused."""

import re
from dataclasses import dataclass
from typing import Final, NewType

from domain.errors import InvalidInput
from domain.identifiers import InstallationId, RepositoryId
from domain.secrets import Secret

CommitSha = NewType("CommitSha", str)
"""A full commit id: 40 lower-case hexadecimal digits."""
BranchName = NewType("BranchName", str)
"""A branch name without `refs/heads/`, valid by git's own rules (see `parse_branch_name`)."""
FullName = NewType("FullName", str)
"""`owner/name` as GitHub spells it; changes with rename and transfer, so it is never a key."""

NO_COMMIT: Final = CommitSha("0" * 40)
_SHA = re.compile(r"[0-9a-f]{40}")
_FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]{1,100}")
_BRANCH_PREFIX = "refs/heads/"
_FORBIDDEN_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_MAX_BRANCH_BYTES = 250


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as GitHub describes it. The id is the key; the names change."""

    id: RepositoryId
    full_name: FullName
    default_branch: BranchName
    private: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit with what people want to see of it."""

    sha: CommitSha
    message: str = ""
    author_name: str = ""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class CloneAccess:
    """Short-lived permission to read one repository over HTTPS.

    Attributes:
        url: the clone URL, without credentials.
        token: an installation token for this repository alone with `contents: read`; None when none is needed.
        repository: the repository as it is called at this moment.
    """

    url: str
    token: Secret | None
    repository: Repository


@dataclass(frozen=True, slots=True)
class RepositoryAddress:
    """How GitHub is asked about a repository: through which installation, and by id."""

    installation_id: InstallationId
    repository_id: RepositoryId


def parse_commit_sha(text: str) -> CommitSha:
    """Return `text` as a commit id, or raise `InvalidInput` (`commit_sha_invalid`)."""
    if not _SHA.fullmatch(text):
        raise InvalidInput(
            "commit_sha_invalid",
            f"{text[:60]!r} is not a full commit id: give all 40 hexadecimal digits (git rev-parse HEAD).",
        )
    return CommitSha(text)


def parse_full_name(text: str) -> FullName:
    """Return `text` as `owner/name`, or raise `InvalidInput` (`repository_name_invalid`)."""
    name = text.rpartition("/")[2]
    if not _FULL_NAME.fullmatch(text) or name in {".", ".."} or name.endswith(".git"):
        raise InvalidInput(
            "repository_name_invalid",
            f"{text[:160]!r} is not a repository name: write it as owner/name, as GitHub shows it.",
        )
    return FullName(text)


def parse_branch_name(text: str) -> BranchName:
    """Return `text` as a branch name, or raise `InvalidInput` (`branch_name_invalid`).

    The rules are those of `git check-ref-format --branch` but for a leading dash, which GitHub accepts in a pushed
    ref; it is safe here because git is only ever given full `refs/heads/…` names.
    """
    bad = _FORBIDDEN_IN_BRANCH.search(text) or _breaks_ref_format(text)
    if bad or len(text.encode("utf-8", "surrogatepass")) > _MAX_BRANCH_BYTES:
        raise InvalidInput(
            "branch_name_invalid",
            f"{text[:60]!r} is not a branch name git accepts (see git check-ref-format), "
            f"or it is longer than {_MAX_BRANCH_BYTES} bytes.",
        )
    return BranchName(text)


def find_branch_name(ref: str) -> BranchName | None:
    """Return the branch a full ref names, None when it names something else (a tag, a merge-queue ref).

    Raises:
        InvalidInput: the ref is a branch whose name git would not accept.
    """
    if not ref.startswith(_BRANCH_PREFIX):
        return None
    return parse_branch_name(ref.removeprefix(_BRANCH_PREFIX))


def branch_ref(branch: BranchName) -> str:
    """Return the full ref of a branch: the only form git is ever given, so that a tag cannot take its place."""
    return f"{_BRANCH_PREFIX}{branch}"


def _breaks_ref_format(text: str) -> bool:
    parts = text.split("/")
    return (
        text in {"", "@"}
        or text.endswith(".")
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )
