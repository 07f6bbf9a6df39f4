"""A simulated GitHub with a receiver of its deliveries; every exchange is judged by GitHub's own description."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from githubkit.utils import UNSET

from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle
from tests.integration.simulator.world import SECRET, Developer, Hosted, Receiver

_ROOT = Path(__file__).parents[3]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.calls.append((dict(self.headers), body))
            self.send_response(seen.status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        seen.url = f"http://127.0.0.1:{server.server_port}/webhooks/github"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver, private_key: str) -> SimulatorSettings:
    return SimulatorSettings(
        root=tmp_path / "github", webhook_url=receiver.url, webhook_secret=SECRET, private_key_pem=private_key
    )


@pytest.fixture
def hosted(settings: SimulatorSettings, oracle: OpenApiOracle) -> Iterator[Hosted]:
    github = SimulatedGitHub(settings, on_exchange=oracle.judge)
    repository = github.create_repository("acme", "shop")
    with github.serve():
        yield Hosted(github, repository, github.install("acme"))
    assert github.complaints == ()


@pytest.fixture
def developer(tmp_path: Path, hosted: Hosted) -> Developer:
    return Developer(tmp_path / "work", hosted.github.push_url("acme/shop"))


@pytest.fixture
def pushed(developer: Developer) -> str:
    """The commit on `main`, and nothing else."""
    sha = developer.commit("trigger.config.py", message="Begin")
    developer.push()
    return sha


@pytest.fixture
def run_refused() -> Callable[..., str]:
    """Run git, which must fail; returns what it says."""

    def run(developer: Developer, *arguments: str) -> str:
        with pytest.raises(AssertionError) as caught:
            developer.git(*arguments)
        return str(caught.value)

    return run


@pytest.fixture
def new_token(hosted: Hosted) -> Callable[..., str]:
    """Ask for an installation token as the App does."""

    def ask(**scope: object) -> str:
        response = hosted.app.rest.apps.create_installation_access_token(hosted.installation.id, data=scope or UNSET)
        return response.parsed_data.token

    return ask
