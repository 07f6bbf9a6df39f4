"""The webhook endpoint on a real database: what is stored, what is refused, and with which answer."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.routes.webhooks import MAX_BODY_BYTES
from domain.errors import TemporarilyUnavailable
from domain.identifiers import DeliveryId
from domain.secrets import Secret
from github_app.webhook import sign
from store.unit_of_work import PostgresStore
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.services import app_with, services_with

pytestmark = pytest.mark.postgres

CURRENT, PREVIOUS = Secret("the current secret"), Secret("the previous secret")
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
BODY = b'{"zen": "Keep it logically awesome."}'


@pytest.fixture
def client(store: PostgresStore) -> TestClient:
    services = services_with(store, app=app_with(CURRENT, PREVIOUS))
    return TestClient(create_app(services), raise_server_exceptions=False)


def headers(body: bytes = BODY, *, secret: Secret = CURRENT, guid: str = GUID, event: str = "push") -> dict[str, str]:
    return {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": sign(body, secret),
        "Content-Type": "application/json",
    }


def stored(store: PostgresStore) -> list[tuple[str, str]]:
    with store.transaction() as work:
        return [(record.id, record.event_name) for record in work.deliveries.list_recent(1000)]


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS])
def test_a_signed_delivery_is_stored_with_its_job_and_acknowledged(
    client: TestClient, store: PostgresStore, queue: RecordingJobQueue, secret: Secret
) -> None:
    answer = client.post("/webhooks/github", content=BODY, headers=headers(secret=secret))

    assert (answer.status_code, answer.json()) == (202, {"delivery": GUID, "status": "accepted"})
    assert stored(store) == [(GUID, "push")]
    assert [job.key for job in queue.of_kind("delivery")] == [GUID]


def test_the_same_delivery_again_is_acknowledged_and_not_stored_twice(
    client: TestClient, queue: RecordingJobQueue
) -> None:
    client.post("/webhooks/github", content=BODY, headers=headers())
    answer = client.post("/webhooks/github", content=BODY, headers=headers())

    assert (answer.status_code, answer.json()["status"]) == (202, "known")
    assert len(queue.of_kind("delivery")) == 1


def test_one_delivery_a_hundred_times_at_once_is_one(client: TestClient, queue: RecordingJobQueue) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post("/webhooks/github", content=BODY, headers=headers()), range(100)))

    assert [answer.status_code for answer in answers] == [202] * 100
    assert [answer.json()["status"] for answer in answers].count("accepted") == 1
    assert len(queue.of_kind("delivery")) == 1


def test_an_unknown_event_and_a_body_that_is_no_json_are_stored_for_their_decision(
    client: TestClient, store: PostgresStore
) -> None:
    body = b"not json"
    answer = client.post("/webhooks/github", content=body, headers=headers(body, event="sponsorship"))

    assert answer.status_code == 202
    assert stored(store) == [(GUID, "sponsorship")]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"X-Hub-Signature-256": ""}, 401, "signature_missing"),
        ({"X-Hub-Signature-256": sign(b"another body", CURRENT)}, 401, "signature_mismatch"),
        ({"X-Hub-Signature-256": sign(BODY, Secret("a stranger's"))}, 401, "signature_mismatch"),
        ({"X-Hub-Signature-256": "sha1=" + "a" * 40}, 401, "signature_mismatch"),
        ({"X-GitHub-Delivery": ""}, 400, "delivery_header_missing"),
        ({"X-GitHub-Delivery": "../../etc/passwd"}, 400, "delivery_header_missing"),
        ({"X-GitHub-Event": ""}, 400, "delivery_header_missing"),
    ],
)
def test_what_github_would_not_send_is_refused_and_not_stored(
    client: TestClient, store: PostgresStore, changes: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/webhooks/github", content=BODY, headers=headers() | changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert CURRENT.reveal() not in answer.text
    assert sign(BODY, CURRENT) not in answer.text
    assert stored(store) == []


def test_a_body_of_26_megabytes_is_refused_before_it_is_held(client: TestClient, store: PostgresStore) -> None:
    body = b"x" * (26 * 1024 * 1024)
    answer = client.post("/webhooks/github", content=body, headers=headers(body))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert stored(store) == []


def test_a_long_body_without_a_declared_length_is_cut_off_too(client: TestClient) -> None:
    part = b"x" * (1024 * 1024)

    answer = client.post("/webhooks/github", content=(part for _ in range(26)), headers=headers())

    assert answer.status_code == 413


def test_a_body_of_the_largest_size_is_taken(client: TestClient) -> None:
    body = json.dumps({"x": "y" * (MAX_BODY_BYTES - 9)}).encode()
    assert len(body) == MAX_BODY_BYTES

    assert client.post("/webhooks/github", content=body, headers=headers(body)).status_code == 202


def test_a_compressed_body_is_what_its_bytes_are(client: TestClient, store: PostgresStore) -> None:
    """GitHub sends none; a bomb would stay as small as it came."""
    body = gzip.compress(bytes(20_000_000))
    encoding = {"Content-Encoding": "gzip"}

    signed_before = client.post("/webhooks/github", content=body, headers=headers(bytes(20_000_000)) | encoding)
    assert (signed_before.status_code, stored(store)) == (401, [])
    signed_as_sent = client.post("/webhooks/github", content=body, headers=headers(body) | encoding)
    assert signed_as_sent.status_code == 202
    with store.transaction() as work:
        assert work.deliveries.get(DeliveryId(GUID)).body == body


def test_two_signature_headers_are_none(client: TestClient, store: PostgresStore) -> None:
    twice = [*headers().items(), ("X-Hub-Signature-256", sign(BODY, CURRENT))]

    answer = client.post("/webhooks/github", content=BODY, headers=twice)

    assert (answer.status_code, answer.json()["code"], stored(store)) == (401, "signature_missing", [])


def test_get_is_not_allowed(client: TestClient) -> None:
    assert client.get("/webhooks/github").status_code == 405


class BrokenStore:
    """A store whose database is away."""

    def transaction(self) -> None:
        raise TemporarilyUnavailable("database_unavailable", "PostgreSQL does not answer.")

    def ping(self) -> None:
        self.transaction()


def test_without_a_database_the_delivery_is_not_acknowledged() -> None:
    services = services_with(BrokenStore(), app=app_with(CURRENT))  # type: ignore[arg-type]  # raises before it matters
    client = TestClient(create_app(services), raise_server_exceptions=False)

    answer = client.post("/webhooks/github", content=BODY, headers=headers())

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_before_there_is_an_app_deliveries_are_refused_with_what_to_do(store: PostgresStore) -> None:
    client = TestClient(create_app(services_with(store, app=None)), raise_server_exceptions=False)

    answer = client.post("/webhooks/github", content=BODY, headers=headers())

    assert (answer.status_code, answer.json()["code"]) == (503, "github_app_missing")
    assert "pushwright github app" in answer.json()["detail"]
    assert stored(store) == []


def test_an_app_that_is_created_while_the_service_runs_is_heard_at_once(store: PostgresStore) -> None:
    client = TestClient(create_app(services_with(store, app=None)), raise_server_exceptions=False)
    client.post("/webhooks/github", content=BODY, headers=headers())

    with store.transaction() as work:
        work.credentials.save_app(app_with(CURRENT))

    assert client.post("/webhooks/github", content=BODY, headers=headers()).status_code == 202
