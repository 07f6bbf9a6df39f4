"""GraphQL: what a reconciling client asks for many repositories at once."""

from typing import Any

import pytest
from githubkit import GitHub

from github_app.simulator.graph.schema import TEXT
from tests.integration.simulator.world import Developer, Hosted

_QUERY = """
query($owner: String!, $branch: String!, $after: String) {
  rateLimit { cost limit remaining resetAt }
  r0: repository(owner: $owner, name: "shop") {
    databaseId nameWithOwner isPrivate isArchived
    defaultBranchRef { name }
    b0: ref(qualifiedName: $branch) { name target { oid ... on Commit { message author { name } } } }
    b1: ref(qualifiedName: "refs/heads/none") { name }
    pullRequests(states: OPEN, first: 1, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number databaseId title isDraft state merged headRefName headRefOid baseRefName baseRefOid isCrossRepository
        headRepository { databaseId nameWithOwner } author { login avatarUrl }
      }
    }
  }
}
"""


def ask(client: GitHub, query: str, **variables: object) -> dict[str, Any]:
    answer = client.request("POST", "/graphql", json={"query": query, "variables": variables})
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture
def opened(hosted: Hosted, developer: Developer, pushed: str) -> str:
    """Two pull requests from `feature` and `other`."""
    sha = developer.commit("feature.py", "f")
    assert sha != pushed
    for number, branch in enumerate(("feature", "other"), 1):
        developer.push(f"HEAD:refs/heads/{branch}")
        hosted.github.open_pull_request(hosted.repository.id, branch, title=f"Number {number}", author="ann")
    return sha


def test_a_batch_is_answered_in_pages(hosted: Hosted, pushed: str, opened: str) -> None:
    told = ask(hosted.installed, _QUERY, owner="acme", branch="refs/heads/main")["data"]
    found = told["r0"]
    assert (found["databaseId"], found["nameWithOwner"], found["defaultBranchRef"]) == (
        hosted.repository.id,
        "acme/shop",
        {"name": "main"},
    )
    target = {"oid": pushed, "message": "Begin", "author": {"name": "Ada"}}
    assert (found["b0"], found["b1"]) == ({"name": "main", "target": target}, None)
    (first,) = found["pullRequests"]["nodes"]
    assert (first["number"], first["headRefOid"], first["state"], first["author"]["login"]) == (
        1,
        opened,
        "OPEN",
        "ann",
    )
    page = found["pullRequests"]["pageInfo"]
    assert page["hasNextPage"] is True
    rest = ask(hosted.installed, _QUERY, owner="acme", branch="main", after=page["endCursor"])["data"]["r0"]
    assert [p["number"] for p in rest["pullRequests"]["nodes"]] == [2]
    assert rest["pullRequests"]["pageInfo"]["hasNextPage"] is False


def test_the_addresses_of_clients_are_answered(hosted: Hosted, pushed: str) -> None:
    assert hosted.installed.graphql.request('{ repository(owner: "acme", name: "shop") { name } }') == {
        "repository": {"name": "shop"}
    }
    assert hosted.github.graphql_url.endswith("/api/graphql")
    assert pushed


def test_a_fork_and_a_deleted_one(hosted: Hosted, developer: Developer, pushed: str) -> None:
    fork = hosted.github.fork_repository(hosted.repository.id, "mallory")
    assert pushed != developer.commit("evil.py", "e")
    developer.git("push", "--quiet", hosted.github.push_url(fork.full_name), "HEAD:refs/heads/patch")
    hosted.github.open_pull_request(hosted.repository.id, "patch", head_repository_id=fork.id)

    def head() -> dict[str, Any]:
        told = ask(hosted.installed, _QUERY, owner="acme", branch="main")
        node: dict[str, Any] = told["data"]["r0"]["pullRequests"]["nodes"][0]
        return node

    assert (head()["isCrossRepository"], head()["headRepository"]["nameWithOwner"]) == (True, "mallory/shop")
    hosted.github.simulation.delete_repository(fork.id)
    assert (head()["isCrossRepository"], head()["headRepository"]) == (True, None)


def test_what_is_not_there_leaves_the_rest(hosted: Hosted) -> None:
    query = '{ a: repository(owner: "acme", name: "shop") { name } b: repository(owner: "x", name: "y") { name } }'
    told = ask(hosted.installed, query)
    assert told["data"] == {"a": {"name": "shop"}, "b": None}
    (error,) = told["errors"]
    message = "Could not resolve to a Repository with the name 'x/y'."
    assert (error["type"], error["path"], error["message"]) == ("NOT_FOUND", ["b"], message)


@pytest.mark.usefixtures("opened")
def test_a_repository_is_found_by_its_former_name_and_by_its_id(hosted: Hosted) -> None:
    hosted.github.simulation.move_repository(hosted.repository.id, name="store")
    told = ask(hosted.installed, '{ repository(owner: "acme", name: "shop") { id pullRequest(number: 1) { id } } }')
    found = told["data"]["repository"]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name } ... on PullRequest { number } } }"
    ids = [found["id"], found["pullRequest"]["id"]]
    assert ask(hosted.installed, query, ids=ids)["data"]["nodes"] == [{"name": "store"}, {"number": 1}]
    assert ask(hosted.installed, '{ node(id: "x") { id } }')["errors"][0]["type"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("pullRequests { totalCount }", "MISSING_PAGINATION_BOUNDARIES"),
        ("pullRequests(first: 101) { totalCount }", "EXCESSIVE_PAGINATION"),
        ('pullRequests(first: 1, after: "x") { totalCount }', "INVALID_CURSOR_ARGUMENTS"),
        ("pullRequest(number: 9) { title }", "NOT_FOUND"),
    ],
)
def test_pages_that_github_does_not_give(hosted: Hosted, field: str, kind: str) -> None:
    query = f'{{ repository(owner: "acme", name: "shop") {{ {field} }} }}'
    assert ask(hosted.installed, query)["errors"][0]["type"] == kind


@pytest.mark.parametrize(
    ("permission", "field"),
    [("contents", "pullRequests(first: 1) { totalCount }"), ("pull_requests", 'ref(qualifiedName: "main") { name }')],
)
@pytest.mark.usefixtures("pushed")
def test_fields_need_permissions(hosted: Hosted, permission: str, field: str) -> None:
    weak = hosted.scoped(**{permission: "read"})
    (error,) = ask(weak, f'{{ repository(owner: "acme", name: "shop") {{ {field} }} }}')["errors"]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")


@pytest.mark.usefixtures("opened")
def test_other_fields(hosted: Hosted, developer: Developer) -> None:
    developer.git("tag", "--annotate", "--message=First", "v1")
    developer.push("refs/tags/v1")
    hosted.github.change_pull_request(hosted.repository.id, 2, labels=["preview"], state="closed")
    query = """{ repository(owner: "acme", name: "shop") {
      refs(refPrefix: "refs/heads/", first: 10) { totalCount nodes { name } }
      tag: ref(qualifiedName: "refs/tags/v1") { prefix target { __typename ... on Tag { target { __typename } } } }
      pullRequests(first: 5, states: [CLOSED, MERGED]) { nodes { state labels(first: 5) { nodes { name } } } }
    } }"""
    told = ask(hosted.installed, query)["data"]["repository"]
    assert [ref["name"] for ref in told["refs"]["nodes"]] == ["feature", "main", "other"]
    assert told["tag"]["target"] == {"__typename": "Tag", "target": {"__typename": "Commit"}}
    assert told["pullRequests"]["nodes"] == [{"state": "CLOSED", "labels": {"nodes": [{"name": "preview"}]}}]


def test_a_query_that_does_not_fit_has_errors_and_no_data(hosted: Hosted) -> None:
    told = ask(hosted.installed, "{ repository { colour } }")
    assert ("data" in told, bool(told["errors"])) == (False, True)


def test_the_budget_is_of_its_own(hosted: Hosted) -> None:
    answer = hosted.installed.request("POST", "/graphql", json={"query": "{ rateLimit { used } }"})
    assert (answer.headers["x-ratelimit-resource"], answer.headers["x-ratelimit-used"]) == ("graphql", "1")
    assert [e.kind for e in hosted.github.requests if e.path == "/graphql"] == ["graphql"]


def test_the_schema_says_what_it_has() -> None:
    assert "type PullRequest implements Node" in TEXT
