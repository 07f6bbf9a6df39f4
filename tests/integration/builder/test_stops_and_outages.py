import socket
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from builder.buildkit import BuildKitBuilder
from builder.settings import BuilderSettings
from domain.builds import BuildStopped, Built
from domain.environments import BuildSettings
from domain.errors import TemporarilyUnavailable
from images.reference import ImageReference
from images.registry import Registry
from tests.integration.builder.building import PLAIN, RememberingListener, request, write_tree

pytestmark = pytest.mark.engine


def processes_with(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mark in line:
            found.append(line)
    return found


@pytest.mark.parametrize("first", ["echo begun", "trap '' TERM INT HUP; echo begun"])
def test_a_stop_ends_every_process_within_a_second(builder: BuildKitBuilder, tmp_path: Path, first: str) -> None:
    mark = f"59{time.time_ns() % 10**9}"
    listener = RememberingListener(stop_when=lambda me: "\nbegun" in me.text)
    settings = BuildSettings(install_command=f"{first}; sleep {mark}")
    outcome = builder.build(request(write_tree(tmp_path, PLAIN), settings=settings), listener)
    assert isinstance(outcome, BuildStopped)
    assert time.monotonic() - listener.stopped_at < 1.0
    deadline = time.monotonic() + 4
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_with(mark) == []


def test_a_stop_before_publishing_publishes_nothing(
    builder: BuildKitBuilder, settings: BuilderSettings, tmp_path: Path
) -> None:
    listener = RememberingListener(stop_when=lambda me: any(step.startswith("publish:") for step in me.started))
    wanted = request(write_tree(tmp_path, PLAIN), image_name=f"tests/stopped-{time.time_ns()}")
    assert isinstance(builder.build(wanted, listener), BuildStopped)
    registry = Registry(settings.registry)
    assert registry.find_digest(ImageReference(settings.registry, wanted.image_name, wanted.tag)) is None
    registry.close()


def test_a_silent_build_is_asked_about_every_second(builder: BuildKitBuilder, tmp_path: Path) -> None:
    listener = RememberingListener()
    settings = BuildSettings(install_command=f"sleep 2.5 # {tmp_path}")
    builder.build(request(write_tree(tmp_path, PLAIN), settings=settings), listener)
    gaps = [after - before for before, after in pairwise(listener.asked_at)]
    assert max(gaps) < 1.0


def test_nothing_of_a_build_stays_on_the_host(settings: BuilderSettings, tmp_path: Path) -> None:
    own = BuildKitBuilder(replace(settings, scratch=tmp_path / "scratch"))
    outcome = own.build(request(write_tree(tmp_path / "tree", PLAIN)), RememberingListener())
    assert isinstance(outcome, Built), outcome
    left = sorted(path.name.split("-")[0] for path in (tmp_path / "scratch").iterdir())
    assert left == ["bases", "buildx", "kit"]


@pytest.mark.parametrize("address", ["unix:///nowhere/buildkitd.sock", "tcp://127.0.0.1:9", "nonsense"])
def test_buildkit_down_is_not_the_users_failure(settings: BuilderSettings, tmp_path: Path, address: str) -> None:
    scratch = tmp_path / "scratch"
    away = BuildKitBuilder(replace(settings, buildkit_address=address, scratch=scratch))
    with pytest.raises(TemporarilyUnavailable) as caught:
        away.build(request(write_tree(tmp_path / "tree", PLAIN)), RememberingListener())
    assert caught.value.code == "builder_unavailable"
    assert not (scratch / "buildx" / "instances").exists()


def test_buildkit_dying_in_the_middle_is_not_the_users_failure(settings: BuilderSettings, tmp_path: Path) -> None:
    with closing(Gate(settings.buildkit_address.removeprefix("unix://"), tmp_path / "gate.sock")) as gate:
        behind = BuildKitBuilder(
            replace(settings, buildkit_address=f"unix://{gate.path}", scratch=tmp_path / "scratch")
        )
        listener = RememberingListener(stop_when=lambda me: gate.close_when("begun" in me.text))
        install = BuildSettings(install_command=f"echo begun; sleep 30 # {tmp_path}")
        with pytest.raises(TemporarilyUnavailable) as caught:
            behind.build(request(write_tree(tmp_path / "tree", PLAIN), settings=install), listener)
    assert caught.value.code == "builder_unavailable"


def test_registry_down_is_not_the_users_failure(settings: BuilderSettings, tmp_path: Path) -> None:
    away = BuildKitBuilder(replace(settings, registry="localhost:9"))
    with pytest.raises(TemporarilyUnavailable) as caught:
        away.build(request(write_tree(tmp_path, PLAIN)), RememberingListener())
    assert caught.value.code == "registry_unavailable"
    assert "localhost:9" in caught.value.sentence


class Gate:
    """Stands between buildx and BuildKit and can fall shut."""

    def __init__(self, target: str, path: Path) -> None:
        self.path = path
        self._target = target
        self._sockets: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close_when(self, now: bool) -> bool:  # noqa: FBT001 - reads as the sentence it is used in
        if now:
            self.close()
        return False

    def close(self) -> None:
        self.path.unlink(missing_ok=True)
        for each in [self._listening, *self._sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in [self._listening, *self._sockets]:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._target)
            self._sockets += [near, far]
            for ends in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=_pump, args=ends, daemon=True))
                self._threads[-1].start()


def _pump(origin: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := origin.recv(1 << 16):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_RDWR)
