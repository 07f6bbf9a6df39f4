"""Steps that take what is not theirs: each ends with an error of its own, and whoever builds beside them goes on."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildOutcome, BuildRejected, BuildStopped
from domain.environments import BuildSettings
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree
from tests.integration.builder.small_node import run_small_node

pytestmark = pytest.mark.engine

_FORKS = "bomb() { bomb | bomb & }; bomb; sleep 600"
_FILLS = "head -c 200M /dev/zero > /filling; sleep 600"
_FILLS_UNSEEN = "exec 3> /filling; rm /filling; head -c 200M /dev/zero >&3; sleep 600"
_FILLS_AFTER_HALF_A_LINE = f"printf half; {_FILLS}"
_ALLOCATES = """python3 -c 'x = bytearray(400 * 2**20)'; sleep 600"""
_TICKS = "while true; do echo tick; sleep 0.2; done"
_IGNORES_SIGNALS = "trap '' TERM INT HUP; echo begun; while true; do sleep 600; done"


@pytest.fixture(scope="module")
def node(settings: BuilderSettings) -> Iterator[BuildKitBuilder]:
    with run_small_node(settings) as small:
        yield BuildKitBuilder(small)


def run(builder: BuildKitBuilder, tree: Path, command: str, listener: RememberingListener) -> BuildOutcome:
    # The comment makes each run a step of its own.
    settings = BuildSettings(install_command=f"{command} # {time.time_ns()}")
    return builder.build(request(write_tree(tree, PLAIN), settings=settings), listener)


@contextmanager
def neighbour(builder: BuildKitBuilder, tree: Path) -> Iterator[RememberingListener]:
    """Run a build that prints until the block is left."""
    left: list[bool] = []
    listener = RememberingListener(stop_when=lambda _: bool(left))
    with ThreadPoolExecutor() as threads:
        build = threads.submit(run, builder, tree, _TICKS, listener)
        try:
            wait_for_ticks(listener, 1)
            yield listener
        finally:
            left.append(True)
        assert isinstance(build.result(), BuildStopped)


def wait_for_ticks(listener: RememberingListener, more: int) -> None:
    wanted = len(re.findall(r"^tick$", listener.text, re.MULTILINE)) + more
    deadline = time.monotonic() + 60
    while len(re.findall(r"^tick$", listener.text, re.MULTILINE)) < wanted:
        assert time.monotonic() < deadline, listener.text
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(_FORKS, "processes_exceeded", id="forks"),
        pytest.param(_FILLS, "disk_exceeded", id="fills"),
        pytest.param(_FILLS_UNSEEN, "disk_exceeded", id="fills-unseen"),
        pytest.param(_FILLS_AFTER_HALF_A_LINE, "disk_exceeded", id="fills-after-half-a-line"),
        pytest.param(_ALLOCATES, "memory_exceeded", id="allocates"),
    ],
)
def test_a_step_that_reaches_a_limit_ends_and_its_neighbour_goes_on(
    node: BuildKitBuilder, tmp_path: Path, command: str, code: str
) -> None:
    with neighbour(node, tmp_path / "neighbour") as other:
        give_up_at = time.monotonic() + 90
        listener = RememberingListener(stop_when=lambda _: time.monotonic() > give_up_at)
        outcome = run(node, tmp_path / "tree", command, listener)
        assert isinstance(outcome, BuildRejected), outcome
        assert outcome.code == code
        wait_for_ticks(other, 2)


def test_a_stop_ends_a_step_that_ignores_signals_and_no_other(node: BuildKitBuilder, tmp_path: Path) -> None:
    with neighbour(node, tmp_path / "neighbour") as other:
        listener = RememberingListener(stop_when=lambda me: "\nbegun" in me.text)
        outcome = run(node, tmp_path / "tree", _IGNORES_SIGNALS, listener)
        assert isinstance(outcome, BuildStopped)
        wait_for_ticks(other, 2)
