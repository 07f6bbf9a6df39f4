"""The program itself, before there is an App: it starts, answers, and says where the App is created."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.postgres

PUSHWRIGHT = str(Path(sys.executable).parent / "pushwright")


@pytest.fixture
def environment(tmp_path: Path, port: int, postgres_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],  # noqa: TID251 - the test is an operator here
        "PUSHWRIGHT_SETTINGS_FILES": "",
        "PUSHWRIGHT_DATA_DIR": str(tmp_path / "data"),
        "PUSHWRIGHT_DATABASE_URL": postgres_url,
        "PUSHWRIGHT_ENCRYPTION_KEY": base64.b64encode(bytes(range(32))).decode(),
        "PUSHWRIGHT_BASE_IMAGE": "python:3.11-slim",
        "PUSHWRIGHT_PORT": str(port),
        "PUSHWRIGHT_LOG_FORMAT": "json",
    }


@pytest.fixture
def log(tmp_path: Path, environment: dict[str, str], public_url: str) -> Iterator[Path]:
    """The log of a service that answers."""
    path = tmp_path / "service.log"
    with path.open("wb") as sink:
        process = subprocess.Popen(
            [PUSHWRIGHT, "serve", "--no-worker"], env=environment, cwd=tmp_path, stdout=sink, stderr=sink
        )
    try:
        give_up_at = time.monotonic() + 60
        while not _answers(public_url):
            assert process.poll() is None, path.read_text()
            assert time.monotonic() < give_up_at, path.read_text()
            time.sleep(0.1)
        yield path
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_service_without_an_app_starts_and_says_where_to_create_it(
    log: Path, tmp_path: Path, environment: dict[str, str], public_url: str
) -> None:
    said = subprocess.run(
        [PUSHWRIGHT, "github", "app"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    link = next(word for word in said.split() if word.startswith(f"{public_url}/github/app/new?key="))

    assert log.read_text().count("github_app_missing") == 1
    assert link in log.read_text()
    assert httpx.get(link, trust_env=False).status_code == 200
    assert httpx.post(f"{public_url}/webhooks/github", trust_env=False).json()["code"] == "github_app_missing"
    assert httpx.get(f"{public_url}/api/v1/projects", trust_env=False).json()["code"] == "api_disabled"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
