"""Where a step of a build finds servers of this machine."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

import httpx

from tests.integration.builder.neighbourhood import find_network, open_to_steps

_START_SECONDS: Final = 60


def address_for_steps() -> str:
    """Return the host under which the steps of a build reach what listens on this machine."""
    network = find_network()
    return "localhost" if network is None else str(network.gateway)


@contextmanager
def open_port_to_steps(port: int) -> Iterator[None]:
    """Let the steps of a build reach one port of this machine: theirs is a network of their own."""
    network = find_network()
    with nullcontext() if network is None else open_to_steps(str(network.gateway), port):
        yield


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_server(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until the server answers, whatever it says; fail when it ends instead."""
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at:
        assert process.poll() is None, f"The server for {url} ended at start with code {process.returncode}."
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"No server answered at {url} in {_START_SECONDS} s.")
