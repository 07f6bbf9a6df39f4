"""The sweep's queries and what is read of their answers."""

from typing import Any

import pytest

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId, RepositoryId
from domain.ports.forge import WatchedRepository
from domain.pull_requests import Author
from domain.source import BranchName, Commit, FullName, RepositoryAddress
from github_app.client import Answer
from github_app.sweep_answer import read_answer
from github_app.sweep_query import Question, deal_out, list_questions, query_body

SHA, OTHER = "a" * 40, "b" * 40
EVIL = (BranchName('x"){evil}'),)
PULL: dict[str, Any] = {
    "fullDatabaseId": "5000000000",
    "number": 12,
    "title": "Sell",
    "isDraft": True,
    "headRefName": "feature",
    "headRefOid": SHA,
    "headRef": {"target": {"oid": SHA, "message": "Sell [skip ci]", "author": {"name": "Ada"}}},
    "headRepository": {"databaseId": 9},
    "baseRefName": "main",
    "baseRefOid": OTHER,
    "author": {"__typename": "User", "login": "ada", "avatarUrl": "https://example.com/a.png"},
}


def watched(number: int, branches: int = 1, *, pull_requests: bool = True) -> WatchedRepository:
    names = tuple(BranchName(f"b{index}") for index in range(branches))
    address = RepositoryAddress(InstallationId(3), RepositoryId(number))
    return WatchedRepository(address, FullName(f"acme/shop{number}"), names, pull_requests)


def node(**changes: object) -> dict[str, object]:
    described = {"databaseId": 7, "nameWithOwner": "acme/shop", "isPrivate": True, "defaultBranchRef": {"name": "main"}}
    return {**described, **changes}


def pulls(*nodes: object, cursor: str | None = None) -> dict[str, object]:
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": list(nodes)}


def answered(data: object, *errors: object) -> Answer:
    return Answer(200, {"data": data, **({"errors": list(errors)} if errors else {})})


def test_a_query_holds_no_text_of_others() -> None:
    hostile = WatchedRepository(watched(7).address, FullName("acme/shop"), EVIL, pull_requests=True)
    body = query_body([Question(hostile, hostile.branches, pull_requests=True)])
    assert "evil" not in str(body["query"])
    assert body["variables"] == {
        "r0_owner": "acme",
        "r0_name": "shop",
        "r0_b0": 'refs/heads/x"){evil}',
        "r0_after": None,
    }


def test_only_fragments_that_are_used_are_sent() -> None:
    bare, branch, pull = (Question(watched(7), (), pull_requests=wanted) for wanted in (False, False, True))
    branch = Question(watched(7), (BranchName("main"),))
    counts = [str(query_body([question])["query"]).count("fragment ") for question in (bare, branch, pull)]
    assert counts == [1, 2, 3]


def test_a_thousand_repositories_take_few_queries() -> None:
    questions = list_questions([watched(number) for number in range(1000)])
    portions = list(deal_out(questions))
    assert len(portions) == 20
    assert all(sum(question.weight for question in portion) <= 100 for portion in portions)
    assert [question for portion in portions for question in portion] == questions


def test_a_repository_of_many_branches_is_asked_about_in_parts() -> None:
    portions = list(deal_out(list_questions([watched(7, branches=250)])))
    assert [len(portion[0].branches) for portion in portions] == [99, 100, 51]
    assert [portion[0].pull_requests for portion in portions] == [True, False, False]


def test_heads_are_read_with_message_and_author() -> None:
    head = {"target": {"oid": SHA, "message": "Sell it", "author": {"name": "Ada"}}}
    found = read_answer(answered({"r0": node(b0=head, b1=None)}))["r0"]
    assert found is not None
    assert found.list_heads((BranchName("main"), BranchName("gone"))) == {"main": Commit(SHA, "Sell it", "Ada")}


def test_a_pull_request_is_read() -> None:
    found = read_answer(answered({"r0": node(pullRequests=pulls(PULL, None, cursor="c1"))}))["r0"]
    assert found is not None
    (pull,) = found.list_pull_requests()
    assert (pull.id, pull.number, pull.title, pull.state, pull.draft) == (5_000_000_000, 12, "Sell", "open", True)
    assert (pull.head_repository_id, pull.head_branch, pull.head) == (
        9,
        "feature",
        Commit(SHA, "Sell [skip ci]", "Ada"),
    )
    assert (pull.base_branch, pull.base) == ("main", Commit(OTHER))
    assert pull.author == Author("ada", "https://example.com/a.png")
    assert found.next_page == "c1"


def test_what_a_pull_request_lacks_is_unknown() -> None:
    bare = {**PULL, "headRepository": None, "headRef": None, "author": None}
    found = read_answer(answered({"r0": node(pullRequests=pulls(bare))}))["r0"]
    assert found is not None
    (pull,) = found.list_pull_requests()
    assert (pull.head_repository_id, pull.head, pull.author) == (None, Commit(SHA), Author())
    assert found.next_page is None


def test_a_head_that_moved_on_lends_no_message() -> None:
    moved = {**PULL, "headRef": {"target": {"oid": OTHER, "message": "Later"}}}
    found = read_answer(answered({"r0": node(pullRequests=pulls(moved))}))["r0"]
    assert found is not None
    assert found.list_pull_requests()[0].head == Commit(SHA)


def test_a_bot_is_called_as_everywhere_else() -> None:
    bot = {**PULL, "author": {"__typename": "Bot", "login": "dependabot", "avatarUrl": ""}}
    found = read_answer(answered({"r0": node(pullRequests=pulls(bot))}))["r0"]
    assert found is not None
    assert found.list_pull_requests()[0].author.login == "dependabot[bot]"


@pytest.mark.parametrize("kind", ["NOT_FOUND", "FORBIDDEN"])
def test_what_the_app_does_not_see_is_none(kind: str) -> None:
    answer = answered({"r0": None, "r1": node()}, {"type": kind, "path": ["r0"], "message": "no"})
    assert {key: found is not None for key, found in read_answer(answer).items()} == {"r0": False, "r1": True}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answered(None, {"type": "RATE_LIMITED", "message": "API rate limit exceeded"}), "github_rate_limited"),
        (answered({"r0": None}, {"message": "Something went wrong"}), "github_unavailable"),
        (answered({"r0": None}, {"type": "SERVICE_UNAVAILABLE"}), "github_unavailable"),
        (answered(None), "github_unavailable"),
        (answered({"r0": {"databaseId": "x"}}), "github_unavailable"),
        (Answer(200, []), "github_unavailable"),
    ],
)
def test_no_repository_is_taken_for_gone_because_of_a_fault(answer: Answer, code: str) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        read_answer(answer)
    assert caught.value.code == code
