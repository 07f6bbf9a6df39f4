"""One builder against the machine's BuildKit and registry, and a small reader of what is in the registry."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from tests.integration.builder.building import ROOT, machine_settings
from tests.integration.builder.neighbourhood import find_network
from tests.integration.builder.reading import RegistryReader

# They are about the BuildKit that `make setup` starts; another one has the network its operator gave it.
collect_ignore = [] if find_network() else ["test_network.py", "test_limits.py"]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> BuilderSettings:
    environment = {name: os.environ[name] for name in ("PATH", "HOME")}  # noqa: TID251 - a test is a composition root
    return machine_settings(tmp_path_factory.mktemp("scratch"), environment)


@pytest.fixture(scope="session")
def builder(settings: BuilderSettings) -> BuildKitBuilder:
    return BuildKitBuilder(settings)


@pytest.fixture
def registry(settings: BuilderSettings) -> Iterator[RegistryReader]:
    with httpx.Client(base_url=f"http://{settings.registry}/v2/", trust_env=False) as client:
        yield RegistryReader(client)


@pytest.fixture(scope="session")
def examples() -> Path:
    return ROOT / "examples"
