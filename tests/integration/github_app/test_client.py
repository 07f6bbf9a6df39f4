"""The client against a server that says exactly what the test wants: limits, ETags, pages."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.secrets import Secret
from github_app.client import AppIdentity, Call, GitHubClient, GitHubHost

TOKEN = Secret("ghs_token")
ACME, OTHER = InstallationId(3), InstallationId(4)
HEAD = Call("GET", "/repos/acme/shop/git/ref/heads/main")


@dataclass
class Said:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass
class Scripted:
    """Answers in the order given, the last one for ever; keeps what it was asked."""

    answers: list[Said]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def next_answer(self) -> Said:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def github() -> Iterator[Scripted]:
    scripted = Scripted([])

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            scripted.asked.append((self.command, self.path, self.headers.get("if-none-match", "")))
            said = scripted.next_answer()
            self.send_response(said.status)
            for name, value in {**said.headers, "content-length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield scripted
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(github: Scripted, private_key: str) -> Iterator[GitHubClient]:
    client = GitHubClient(GitHubHost(api_url=github.url, timeout_seconds=5), AppIdentity(1, Secret(private_key)))
    yield client
    client.close()


def limited(client: GitHubClient, call: Call = HEAD, installation: InstallationId = ACME) -> timedelta:
    with pytest.raises(TemporarilyUnavailable) as caught:
        client.send(call, TOKEN, installation)
    assert caught.value.code == "github_rate_limited"
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_nobody_asks_again_before_a_limit_ends(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(403, {"retry-after": "600"}), Said(200)]
    assert limited(client) == timedelta(minutes=10)
    assert timedelta(minutes=9) < limited(client) < timedelta(minutes=10)
    assert len(github.asked) == 1


def test_one_installations_limit_does_not_stop_another(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(403, {"retry-after": "600"}), Said(200)]
    limited(client)
    assert client.send(HEAD, TOKEN, OTHER).status == 200
    assert client.send(Call("POST", "/graphql", {}), TOKEN, ACME).status == 200
    assert client.send_as_app(Call("GET", "/app/installations")).status == 200


def test_the_last_request_of_the_hour_is_answered_and_none_sent_after_it(
    github: Scripted, client: GitHubClient
) -> None:
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}
    github.answers = [Said(200, spent)]
    assert client.send(HEAD, TOKEN, ACME).status == 200
    assert timedelta(minutes=59) < limited(client) <= timedelta(hours=1)
    assert len(github.asked) == 1


def test_a_secondary_limit_told_in_words_only_lasts_a_minute(github: Scripted, client: GitHubClient) -> None:
    words = b'{"message": "You have exceeded a secondary rate limit."}'
    github.answers = [Said(403, {"x-ratelimit-remaining": "4000"}, words)]
    assert limited(client) == timedelta(minutes=1)


def test_a_missing_permission_is_no_limit(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(403, {}, b'{"message": "Resource not accessible by integration"}')]
    assert client.send(HEAD, TOKEN, ACME).status == 403


def test_a_write_refused_for_a_short_limit_is_sent_once_more(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(403, {"retry-after": "1"}), Said(201)]
    assert client.send(Call("POST", "/repos/acme/shop/check-runs", {}), TOKEN, ACME).status == 201
    assert len(github.asked) == 2


@pytest.mark.parametrize(
    ("call", "times"),
    [
        (HEAD, 3),
        (Call("PATCH", "/repos/acme/shop/check-runs/1", {}), 3),
        (Call("POST", "/graphql", {}), 3),
        (Call("PATCH", "/repos/acme/shop/check-runs/1", {}, adds=True), 1),
        (Call("POST", "/repos/acme/shop/check-runs", {}), 1),
    ],
)
def test_only_what_does_no_harm_is_sent_again(github: Scripted, client: GitHubClient, call: Call, times: int) -> None:
    github.answers = [Said(502)]
    with pytest.raises(TemporarilyUnavailable):
        client.send(call, TOKEN, ACME)
    assert len(github.asked) == times


def test_an_unchanged_document_is_not_sent_again(github: Scripted, client: GitHubClient) -> None:
    next_page = '<https://api.github.com/x?page=2>; rel="next"'
    github.answers = [Said(200, {"etag": 'W/"1"', "link": next_page}, b'{"sha": "a"}'), Said(304, body=b"")]
    first, second = (client.send(HEAD, TOKEN, ACME) for _ in range(2))
    assert first == second
    assert (second.status, second.document, second.next_page) == (200, {"sha": "a"}, {"page": "2"})
    assert [etag for _, _, etag in github.asked] == ["", 'W/"1"']


def test_a_changed_document_takes_the_place_of_the_old_one(github: Scripted, client: GitHubClient) -> None:
    github.answers = [
        Said(200, {"etag": "1"}, b"[1]"),
        Said(200, {"etag": "2"}, b"[2]"),
        Said(304, body=b""),
    ]
    assert [client.send(HEAD, TOKEN, ACME).document for _ in range(3)] == [[1], [2], [2]]
    assert [etag for _, _, etag in github.asked] == ["", "1", "2"]


def test_a_document_is_kept_for_who_asked_what(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(200, {"etag": "1"}, b"[1]")]
    client.send(HEAD, TOKEN, ACME)
    client.send(HEAD, TOKEN, OTHER)
    client.send(Call("GET", HEAD.path, query={"page": 2}), TOKEN, ACME)
    client.send(Call("POST", HEAD.path), TOKEN, ACME)
    assert [etag for _, _, etag in github.asked] == ["", "", "", ""]


def test_an_error_is_not_kept(github: Scripted, client: GitHubClient) -> None:
    github.answers = [Said(404, {"etag": "1"}), Said(200)]
    assert [client.send(HEAD, TOKEN, ACME).status for _ in range(2)] == [404, 200]
    assert [etag for _, _, etag in github.asked] == ["", ""]
