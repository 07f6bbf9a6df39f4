"""The sweep's questions as one GraphQL query, and how they are dealt out over queries. Pure.

A query holds names of variables only: whatever somebody chose (owners, branches) travels as a variable's value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from domain.ports.forge import WatchedRepository
from domain.source import BranchName, branch_ref

MAX_WEIGHT: Final = 100
"""How many refs and lists of pull requests one query asks for; GitHub answers that within its ten seconds."""
# GitHub refuses a fragment that is not used.
_FACTS: Final = "fragment Facts on Repository { databaseId nameWithOwner isPrivate defaultBranchRef { name } }"
_HEAD: Final = "fragment Head on Ref { target { oid ... on Commit { message author { name } } } }"
_PULLS: Final = """fragment Pulls on PullRequestConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    fullDatabaseId number title isDraft
    headRefName headRefOid headRef { ...Head } headRepository { databaseId }
    baseRefName baseRefOid
    author { __typename login avatarUrl }
  }
}"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one repository in one query.

    Attributes:
        branches: some of the watched ones.
        pull_requests: whether a page of the open ones is wanted.
        after: where that page begins, None for the first.
    """

    watched: WatchedRepository
    branches: tuple[BranchName, ...] = ()
    pull_requests: bool = False
    after: str | None = None

    @property
    def weight(self) -> int:
        """How much it takes of a query."""
        return max(len(self.branches) + self.pull_requests, 1)

    def continued(self, cursor: str) -> Self:
        """Return the question for the next page of pull requests."""
        return replace(self, branches=(), after=cursor)


def list_questions(watched: Sequence[WatchedRepository]) -> list[Question]:
    """Return what is to be asked, no question heavier than a query may be."""
    questions = []
    for repository in watched:
        branches = repository.branches
        questions.append(Question(repository, branches[: MAX_WEIGHT - 1], repository.pull_requests))
        questions += [
            Question(repository, branches[start : start + MAX_WEIGHT])
            for start in range(MAX_WEIGHT - 1, len(branches), MAX_WEIGHT)
        ]
    return questions


def deal_out(questions: Sequence[Question]) -> Iterator[tuple[Question, ...]]:
    """Give the questions in portions that fit into one query each, in order."""
    portion: list[Question] = []
    for question in questions:
        if portion and sum(other.weight for other in portion) + question.weight > MAX_WEIGHT:
            yield tuple(portion)
            portion = []
        portion.append(question)
    if portion:
        yield tuple(portion)


def query_body(questions: Sequence[Question]) -> dict[str, object]:
    """Return the body of the request that asks the questions; the answer has them as `r0`, `r1`, …."""
    variables: dict[str, str | None] = {}
    for index, question in enumerate(questions):
        owner, _, name = question.watched.full_name.partition("/")
        variables |= {f"r{index}_owner": owner, f"r{index}_name": name}
        variables |= {f"r{index}_b{number}": branch_ref(branch) for number, branch in enumerate(question.branches)}
        if question.pull_requests:
            variables[f"r{index}_after"] = question.after
    declared = ", ".join(f"${name}: String{'' if name.endswith('_after') else '!'}" for name in variables)
    fields = [_field(f"r{index}", question) for index, question in enumerate(questions)]
    query = [f"query Sweep({declared}) {{", *fields, "}", *_fragments(questions)]
    return {"query": "\n".join(query), "variables": variables}


def _field(key: str, question: Question) -> str:
    parts = [f"  {key}: repository(owner: ${key}_owner, name: ${key}_name) {{", "    ...Facts"]
    parts += [
        f"    b{number}: ref(qualifiedName: ${key}_b{number}) {{ ...Head }}" for number in range(len(question.branches))
    ]
    if question.pull_requests:
        parts.append(f"    pullRequests(states: OPEN, first: 100, after: ${key}_after) {{ ...Pulls }}")
    return "\n".join([*parts, "  }"])


def _fragments(questions: Sequence[Question]) -> list[str]:
    pulls = any(question.pull_requests for question in questions)
    heads = pulls or any(question.branches for question in questions)
    return [_FACTS, *([_HEAD] if heads else []), *([_PULLS] if pulls else [])]
