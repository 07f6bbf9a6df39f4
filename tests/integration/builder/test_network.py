"""Which addresses a build's steps reach: every target here listens, and this machine reaches it."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from domain.builds import BuildOutcome
from domain.environments import BuildSettings
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree
from tests.integration.builder.neighbourhood import (
    PORT,
    Stranger,
    get_network,
    listen_here,
    open_to_steps,
    run_stranger,
)

pytestmark = pytest.mark.engine

# Said once per address, in a step.
_PROBE = """\
import socket, sys
for target in sys.argv[1:]:
    host, _, port = target.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        print("closed", target, error, flush=True)
    else:
        print("reached", target, flush=True)
"""
_ADMINISTRATORS = {"NET_ADMIN": 12, "SYS_MODULE": 16, "SYS_PTRACE": 19, "SYS_ADMIN": 21}
_BOUND = re.compile(r"^CapBnd:\s+([0-9a-f]+)", re.MULTILINE)
_SAID = re.compile(r"^(reached|closed) (\S+)", re.MULTILINE)
_SERVE = f"""\
import socket
server = socket.create_server(("", {PORT}))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect(("198.51.100.1", 9))
    print("listening on", probe.getsockname()[0], flush=True)
while True:
    server.accept()[0].close()
"""


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    with run_stranger() as host:
        yield host


def reached_by_a_step(builder: BuildKitBuilder, tmp_path: Path, *targets: str) -> list[str]:
    """Return those of the targets (`address:port`) that a step connects to."""
    # What comes after the probe is other tests' business.
    listener = RememberingListener(stop_when=lambda me: len(_SAID.findall(me.text)) == len(targets))
    tree = write_tree(tmp_path, {**PLAIN, "probe.py": _PROBE})
    wanted = " ".join(targets)
    # The comment makes each run a step of its own: one from the cache has asked nobody.
    settings = BuildSettings(install_command=f"python3 probe.py {wanted} # {time.time_ns()}")
    builder.build(request(tree, settings=settings), listener)
    said = _SAID.findall(listener.text)
    assert sorted(target for _, target in said) == sorted(targets), listener.text
    return [target for word, target in said if word == "reached"]


def test_a_step_reaches_public_addresses_alone(builder: BuildKitBuilder, stranger: Stranger, tmp_path: Path) -> None:
    public, private, link_local = (
        f"{each}:{PORT}" for each in (stranger.public, stranger.private, stranger.link_local)
    )
    assert reached_by_a_step(builder, tmp_path, public, private, link_local) == [public]


def test_a_step_reaches_no_address_of_this_machine(
    builder: BuildKitBuilder, stranger: Stranger, tmp_path: Path
) -> None:
    with listen_here() as port:
        here = [f"{each}:{port}" for each in ("127.0.0.1", str(get_network().gateway), stranger.beside)]
        for address in here:
            socket.create_connection((address.partition(":")[0], port), timeout=5).close()
        assert reached_by_a_step(builder, tmp_path, *here) == []


def test_a_step_reaches_the_one_port_that_is_opened(
    builder: BuildKitBuilder, stranger: Stranger, tmp_path: Path
) -> None:
    gateway = str(get_network().gateway)
    with (
        listen_here() as port,
        listen_here() as other,
        open_to_steps(gateway, port),
        open_to_steps(stranger.private, PORT),
    ):
        targets = (f"{gateway}:{port}", f"{gateway}:{other}", f"{stranger.private}:{PORT}")
        assert reached_by_a_step(builder, tmp_path, *targets) == [f"{gateway}:{port}", f"{stranger.private}:{PORT}"]


def test_a_step_reaches_no_step_of_another_build(builder: BuildKitBuilder, tmp_path: Path) -> None:
    found: list[str] = []
    with ThreadPoolExecutor() as threads:
        neighbour = RememberingListener(stop_when=lambda _: bool(found))
        build = threads.submit(_serve_in_a_step, builder, neighbour, tmp_path / "neighbour")
        try:
            address = _wait_for_address(neighbour)
            socket.create_connection((address, PORT), timeout=5).close()
            reached = reached_by_a_step(builder, tmp_path / "tree", f"{address}:{PORT}")
        finally:
            found.append("asked")
        build.result()
    assert reached == []


def test_a_step_has_no_rights_over_network_or_machine(builder: BuildKitBuilder, tmp_path: Path) -> None:
    listener = RememberingListener(stop_when=lambda me: _BOUND.search(me.text) is not None)
    settings = BuildSettings(install_command=f"grep CapBnd /proc/self/status # {time.time_ns()}")
    builder.build(request(write_tree(tmp_path, PLAIN), settings=settings), listener)
    found = _BOUND.search(listener.text)
    assert found is not None, listener.text
    assert [name for name, bit in _ADMINISTRATORS.items() if int(found[1], 16) >> bit & 1] == []


def _serve_in_a_step(builder: BuildKitBuilder, listener: RememberingListener, tree: Path) -> BuildOutcome:
    settings = BuildSettings(install_command=f"python3 serve.py # {time.time_ns()}")
    return builder.build(request(write_tree(tree, {**PLAIN, "serve.py": _SERVE}), settings=settings), listener)


def _wait_for_address(listener: RememberingListener) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(r"^listening on (\S+)", listener.text, re.MULTILINE)
        if found is not None:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"the neighbour does not listen: {listener.text}")
