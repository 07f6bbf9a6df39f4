"""The whole house on real parts: simulated GitHub with real git, real PostgreSQL, real BuildKit, real registry."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from github_app.simulator.keys import generate_private_key
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from store.embedded import EmbeddedPostgres
from store.encryption import KEY_BYTES, Cipher
from store.engine import create_engine
from store.unit_of_work import PostgresStore
from tests.acceptance.project import ProjectFactory
from tests.acceptance.service import RunningService, free_port
from tests.conftest import server_directory
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.openapi_oracle import OpenApiOracle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def machine() -> dict[str, str]:
    """What `make setup` found on this machine."""
    found = ROOT / ".pushwright" / "machine.env"
    assert found.exists(), "Run `make setup` first: it installs what these tests need."
    lines = found.read_text().splitlines()
    return {
        name.removeprefix("PUSHWRIGHT_"): value for name, _, value in (line.partition("=") for line in lines) if value
    }


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    with server_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def settings(machine: dict[str, str], directory: Path) -> dict[str, str]:
    """The service's settings, but for where GitHub is."""
    key = directory / "app-key.pem"
    key.write_text(generate_private_key())
    return machine | {
        "DATA_DIR": str(directory / "data"),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "PORT": str(free_port()),
        "GITHUB_APP_ID": "1",
        "GITHUB_APP_PRIVATE_KEY_FILE": str(key),
        "GITHUB_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "HEARTBEAT_SECONDS": "0.5",
        "STALLED_AFTER_SECONDS": "3",
    }


@pytest.fixture(scope="session")
def github(settings: dict[str, str], directory: Path, oracle: OpenApiOracle) -> Iterator[SimulatedGitHub]:
    """A GitHub whose every exchange is checked against GitHub's own description."""
    simulator = SimulatorSettings(
        root=directory / "github",
        webhook_url=f"http://127.0.0.1:{settings['PORT']}/webhooks/github",
        webhook_secret=settings["GITHUB_WEBHOOK_SECRET"],
        private_key_pem=Path(settings["GITHUB_APP_PRIVATE_KEY_FILE"]).read_text(),
    )
    with SimulatedGitHub(simulator, on_exchange=oracle.judge).serve() as github:
        yield github
        assert not [complaint for complaint in github.complaints if not _was_cut_off(complaint)]


def _was_cut_off(complaint: str) -> bool:
    """Whether its body never arrived: tests of this tier kill the service, also in the middle of a request.

    That every request has its body is shown where nothing is killed, by the contracts and in `tests/integration`.
    """
    return complaint.endswith("Missing required request body")


@pytest.fixture(scope="session")
def service(settings: dict[str, str], directory: Path, github: SimulatedGitHub) -> Iterator[RunningService]:
    """The service, started."""
    addresses = {"GITHUB_API_URL": github.base_url.rstrip("/"), "GITHUB_WEB_URL": github.page_url.rstrip("/")}
    running = RunningService(settings | addresses, directory)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def records(settings: dict[str, str]) -> Iterator[PostgresStore]:
    """The service's database, read beside it: a command for each look would take a second."""
    with EmbeddedPostgres(Path(settings["DATA_DIR"]) / "postgres") as database:
        engine = create_engine(database.url)
        yield PostgresStore(engine, RecordingJobQueue(), Cipher(bytes(KEY_BYTES)))
        engine.dispose()


@pytest.fixture(scope="session")
def projects(
    github: SimulatedGitHub, service: RunningService, records: PostgresStore, directory: Path
) -> ProjectFactory:
    return ProjectFactory(github, service, records, directory)
