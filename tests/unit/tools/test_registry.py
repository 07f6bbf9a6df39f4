import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tools.machine.registry import describe_configuration, is_registry, prepare_registry
from tools.machine.report import SetupError
from tools.machine.surroundings import Machine


class Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Registry(Stranger):
    def end_headers(self) -> None:
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        super().end_headers()


@contextmanager
def serve(answers: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_registry_is_recognised() -> None:
    with serve(Registry) as address:
        assert is_registry(address)


def test_another_program_on_the_port_is_an_error() -> None:
    with serve(Stranger) as address, pytest.raises(SetupError, match="another program"):
        is_registry(address)


def test_nobody_there_is_no_registry() -> None:
    with serve(Registry) as address:
        pass
    assert not is_registry(address)


def test_an_address_that_cannot_be_reached_is_no_registry() -> None:
    assert not is_registry("no-such-host.invalid:5055")


def test_a_named_registry_is_used_as_it_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {"PUSHWRIGHT_REGISTRY": "r.example/team"}, is_root=False, has_apt=False)
    assert prepare_registry(machine) == "r.example/team"


def test_our_registry_listens_on_loopback_and_allows_deletion() -> None:
    configuration = json.loads(describe_configuration(Path("/c"), "localhost:5055"))
    assert configuration["http"]["addr"] == "127.0.0.1:5055"
    assert configuration["storage"]["delete"]["enabled"]
