"""Who is around a build's steps: the network they have, and a host of the test's own behind this machine."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.builder.building import read_machine
from tools.machine.build_network import BuildNetwork, find_kept

PORT: Final = 8080
_NETWORKS: Final = ("198.51.100", "10.222.222", "169.254.222")
_HOSTS: Final = 64
_UNIX: Final = "unix://"
_SERVE: Final = f"""
import socket
with socket.create_server(("", {PORT})) as server:
    while True:
        server.accept()[0].close()
"""


@dataclass(frozen=True)
class Stranger:
    """A host in a network namespace of the test's own; it listens on PORT of each of its addresses.

    Attributes:
        public: an address that anybody may reach; the documentation range stands for the internet.
        private: one of a private network.
        link_local: one where clouds keep their metadata.
        beside: this machine's own public address on the way there.
    """

    public: str
    private: str
    link_local: str
    beside: str


def find_network() -> BuildNetwork | None:
    """Return the network that `make setup` gave the steps; None where BuildKit is another or shares the host's."""
    try:
        address = read_machine()["PUSHWRIGHT_BUILDKIT_ADDRESS"]
    except OSError:
        return None
    return find_kept(Path(address.removeprefix(_UNIX)).parent.parent)


def get_network() -> BuildNetwork:
    """Return the network of this machine's build steps."""
    network = find_network()
    assert network is not None, "the BuildKit of this machine has no network for steps: run make setup"
    return network


@contextmanager
def run_stranger() -> Iterator[Stranger]:
    """Make the host, and take it away at the end."""
    number = _find_free()
    name, near, far = f"pwtest{number}", f"pwtn{number}", f"pwtf{number}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        for network in _NETWORKS:
            _ip("address", "add", f"{network}.{4 * number + 1}/30", "dev", near)
            _ip("-n", name, "address", "add", f"{network}.{4 * number + 2}/30", "dev", far)
        _ip("link", "set", near, "up")
        _ip("-n", name, "link", "set", far, "up")
        addresses = [f"{network}.{4 * number + 2}" for network in _NETWORKS]
        with _serve_in(name, addresses):
            yield Stranger(*addresses, beside=f"{_NETWORKS[0]}.{4 * number + 1}")
    finally:
        _ip("netns", "delete", name)


@contextmanager
def listen_here() -> Iterator[int]:
    """Listen on every address of this machine; yields the port."""
    with socket.create_server(("", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def open_to_steps(address: str, port: int) -> Iterator[None]:
    """Let steps reach one port, as `PUSHWRIGHT_BUILD_NETWORK_OPEN` does."""
    element = ("element", "inet", get_network().bridge, "open", f"{{ {address} . tcp . {port} }}")
    subprocess.run(("nft", "add", *element), check=True)
    try:
        yield
    finally:
        subprocess.run(("nft", "delete", *element), check=True)


@contextmanager
def _serve_in(namespace: str, addresses: Sequence[str]) -> Iterator[None]:
    argv = ("ip", "netns", "exec", namespace, "python3", "-c", _SERVE)
    with subprocess.Popen(argv) as server:
        try:
            # This machine reaches all of them: a step that does not was kept from it.
            for address in addresses:
                _wait_for(address)
            yield
        finally:
            server.kill()


def _find_free() -> int:
    taken = subprocess.run(("ip", "-4", "-o", "address"), check=True, capture_output=True, text=True).stdout
    numbers = (number % _HOSTS for number in range(os.getpid(), os.getpid() + _HOSTS))
    return next(number for number in numbers if f" {_NETWORKS[0]}.{4 * number + 1}/" not in taken)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((address, PORT), timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on {address}"
            time.sleep(0.05)
        else:
            return


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True)
