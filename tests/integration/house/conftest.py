"""Two projects on one repository, in a service whose builds are played."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from operations.projects import connect_repository, create_project
from tests.acceptance.service import free_port
from tests.fakes.house import House, open_house
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.github_app.hosting import Developer


@pytest.fixture
def github(tmp_path: Path, private_key: str, oracle: OpenApiOracle) -> Iterator[SimulatedGitHub]:
    settings = SimulatorSettings(
        root=tmp_path / "github",
        webhook_url=f"http://127.0.0.1:{free_port()}/webhooks/github",
        webhook_secret="secret",
        private_key_pem=private_key,
    )
    with SimulatedGitHub(settings, on_exchange=oracle.judge).serve() as github:
        yield github
        assert not github.complaints


@pytest.fixture
def house(github: SimulatedGitHub, engine: Engine, tmp_path: Path) -> Iterator[House]:
    github.create_repository("acme", "shop")
    github.install("acme")
    with open_house(github, engine, tmp_path) as house:
        yield house


@pytest.fixture
def developer(house: House, tmp_path: Path) -> Developer:
    """A developer whose repository deploys two projects."""
    developer = Developer(tmp_path / "work", house.github.push_url("acme/shop"))
    developer.publish()
    house.wait_until_quiet()
    name = house.github.simulation.state.find_repository("acme", "shop")
    assert name is not None
    for slug in ("shop", "stock"):
        create_project(house.store, slug)
        connect_repository(house.store, house.forge, slug=slug, name=name.full_name)
    house.wait_until_quiet()
    return developer
