"""The real service on a port, the simulated GitHub on another, and browsers that go between them."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from bootstrap.settings import Settings
from bootstrap.wiring import Service, migrate_database, open_service
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.edges.browsing import Browser, listen, serving

API_TOKEN = "the token of the API"
WEBHOOK_SECRET = "the webhook secret"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


@pytest.fixture
def stranger() -> Iterator[Browser]:
    """Another browser, with cookies of its own."""
    with Browser() as another:
        yield another


@pytest.fixture
def github(tmp_path: Path, private_key: str, oracle: OpenApiOracle, public_url: str) -> Iterator[SimulatedGitHub]:
    """GitHub with the organisations `acme` of `ann` and `rival` of `eve`; `bob` is a mere member of `acme`."""
    settings = SimulatorSettings(
        root=tmp_path / "github",
        webhook_url=f"{public_url}/webhooks/github",
        webhook_secret=WEBHOOK_SECRET,
        private_key_pem=private_key,
        callback_url=f"{public_url}/github/callback",
        setup_url=f"{public_url}/github/setup",
        request_oauth_on_install=True,
    )
    simulated = SimulatedGitHub(settings, on_exchange=oracle.judge)
    for name in ("shop", "site", "secret-sauce"):
        simulated.create_repository("acme", name)
    simulated.create_repository("rival", "copy")
    simulated.set_members("acme", {"ann": "admin", "bob": "member"})
    simulated.set_members("rival", {"eve": "admin"})
    with simulated.serve():
        yield simulated
    assert simulated.complaints == ()


@pytest.fixture
def port() -> int:
    with listen() as probe:
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def public_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def app_settings(tmp_path: Path, github: SimulatedGitHub) -> dict[str, Any]:
    """What the settings say about the App; a module whose App comes from a manifest says nothing."""
    key = tmp_path / "app-key.pem"
    key.write_text(github.settings.private_key_pem)
    return {
        "github_app_id": 1,
        "github_app_private_key_file": key,
        "github_webhook_secret": WEBHOOK_SECRET,
        "github_client_id": github.settings.client_id,
        "github_client_secret": github.settings.client_secret,
    }


@pytest.fixture
def service(
    tmp_path: Path, port: int, github: SimulatedGitHub, postgres_url: str, app_settings: dict[str, Any]
) -> Iterator[Service]:
    """The service as it is wired, answering HTTP; no worker runs."""
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path / "data",
        database_url=postgres_url,
        encryption_key=base64.b64encode(bytes(range(32))).decode(),
        port=port,
        api_token=API_TOKEN,
        github_api_url=github.base_url.rstrip("/"),
        github_web_url=github.page_url.rstrip("/"),
        base_image="python:3.11-slim",
        **app_settings,
    )
    migrate_database(postgres_url)
    with ExitStack() as resources:
        opened = resources.enter_context(open_service(settings))
        resources.enter_context(serving(create_app(opened.api_services()), port))
        yield opened


@pytest.fixture
def site(service: Service, public_url: str) -> str:
    """Where the service answers."""
    assert service.settings.public_base == public_url
    return public_url
