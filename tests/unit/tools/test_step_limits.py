import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.machine import step_limits
from tools.machine.step_limits import DiskUse, Step, limit, list_writable

LIMITS = {"memory": 2**30, "processes": 64, "disk": 2**20, "cpus": 1.5}
NONE = dict.fromkeys(LIMITS, 0.0)


@pytest.fixture(params=["version 1", "version 2"])
def cgroups(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory like /sys/fs/cgroup with one container, `/buildkit/one`."""
    if request.param == "version 1":
        for name in ("memory", "pids", "cpu"):
            (tmp_path / name / "buildkit" / "one").mkdir(parents=True)
        (tmp_path / "memory" / "memory.memsw.limit_in_bytes").touch()
    else:
        (tmp_path / "buildkit" / "one").mkdir(parents=True)
        (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    monkeypatch.setattr(step_limits, "CGROUPS", str(tmp_path))
    return tmp_path


def group(cgroups: Path, controller: str) -> Path:
    own = cgroups / controller
    return (own if own.is_dir() else cgroups) / "buildkit" / "one"


def container(tmp_path: Path) -> dict[str, Any]:
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    return {"root": {"path": str(root)}, "linux": {"cgroupsPath": "/buildkit/one"}}


def reached(tmp_path: Path) -> str | None:
    return Step(container(tmp_path), LIMITS).find_reached(lambda: False)


def test_the_kernels_limits_are_written_into_the_configuration(cgroups: Path, tmp_path: Path) -> None:
    resources = limit(container(tmp_path), LIMITS)["linux"]["resources"]
    assert resources["memory"]["limit"] == 2**30
    assert resources["memory"].get("swap", 2**30) == 2**30
    assert resources["pids"] == {"limit": 64}
    assert resources["cpu"] == {"period": 100_000, "quota": 150_000}
    assert cgroups.exists()


def test_zero_is_no_limit(cgroups: Path, tmp_path: Path) -> None:
    assert limit(container(tmp_path), NONE)["linux"]["resources"] == {}
    assert cgroups.exists()


def test_what_the_kernel_cannot_limit_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_limits, "CGROUPS", str(tmp_path))
    assert limit(container(tmp_path), LIMITS)["linux"]["resources"] == {}


def test_a_quiet_step_has_reached_nothing(cgroups: Path, tmp_path: Path) -> None:
    (group(cgroups, "pids") / "pids.events").write_text("max 0\n")
    (group(cgroups, "memory") / "memory.events").write_text("low 0\nmax 3\noom 0\noom_kill 0\n")
    assert reached(tmp_path) is None


def test_a_refused_process_is_noticed(cgroups: Path, tmp_path: Path) -> None:
    (group(cgroups, "pids") / "pids.events").write_text("max 7\n")
    assert reached(tmp_path) == "processes"


@pytest.mark.parametrize("name", ["memory.events", "memory.oom_control"])
def test_a_process_killed_for_memory_is_noticed(cgroups: Path, tmp_path: Path, name: str) -> None:
    (group(cgroups, "memory") / name).write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    assert reached(tmp_path) == "memory"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The watcher's clock; the test moves it."""
    now = [100.0]
    monkeypatch.setattr(step_limits.time, "monotonic", lambda: now[0])
    yield now
    monkeypatch.undo()


def write(path: Path, size: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(os.urandom(size + 4096))


def test_what_a_step_writes_is_counted(tmp_path: Path, clock: list[float]) -> None:
    use = DiskUse([str(tmp_path)], 2**20, list)
    write(tmp_path / "deep" / "file", 2**19)
    clock[0] += 10
    assert not use.is_reached(lambda: False)
    write(tmp_path / "deep" / "other", 2**19)
    clock[0] += 10
    assert use.is_reached(lambda: False)


def test_files_are_not_looked_at_all_the_time(tmp_path: Path, clock: list[float]) -> None:
    use = DiskUse([str(tmp_path)], 2**20, list)
    write(tmp_path / "file", 2**20)
    assert not use.is_reached(lambda: False)
    clock[0] += 10
    assert use.is_reached(lambda: False)


def test_what_was_there_before_is_not_counted(tmp_path: Path, clock: list[float]) -> None:
    write(tmp_path / "file", 2**20)
    use = DiskUse([str(tmp_path)], 2**20, list)
    use._began_at += 60
    clock[0] += 10
    assert not use.is_reached(lambda: False)


def test_an_open_file_without_a_name_is_counted(tmp_path: Path, clock: list[float]) -> None:
    use = DiskUse([str(tmp_path)], 2**20, lambda: [str(os.getpid())])
    (tmp_path / "seen").touch()
    with (tmp_path / "hidden").open("wb") as hidden:
        (tmp_path / "hidden").unlink()
        hidden.write(os.urandom(2**20 + 4096))
        hidden.flush()
        clock[0] += 10
        assert use.is_reached(lambda: False)


def test_a_step_that_is_over_is_not_looked_at_to_the_end(tmp_path: Path, clock: list[float]) -> None:
    use = DiskUse([str(tmp_path)], 2**20, list)
    write(tmp_path / "file", 2**20)
    clock[0] += 10
    assert not use.is_reached(lambda: True)


def test_the_roots_own_layer_and_what_is_mounted_to_be_written_count(tmp_path: Path) -> None:
    spec = container(tmp_path)
    spec["mounts"] = [
        {"type": "bind", "source": str(tmp_path), "options": ["rbind"]},
        {"type": "bind", "source": str(tmp_path), "options": ["rbind", "ro"]},
        {"type": "tmpfs", "source": "tmpfs"},
    ]
    root = tmp_path / "root"
    line = f"9 1 0:50 / {root} rw - overlay overlay rw,lowerdir=/a:/b,upperdir=/some\\040where/fs,workdir=/c\n"
    assert list_writable(spec, line) == ["/some where/fs", str(tmp_path)]
    assert list_writable(spec, "8 1 0:5 / /other rw - ext4 /dev/a rw\n") == [str(root), str(tmp_path)]


def test_the_program_becomes_runc_and_keeps_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(container(tmp_path)))
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho $$ "$@"\nexit 7\n')
    runc.chmod(0o755)
    argv = (json.dumps(NONE), str(runc), "run", "--bundle", str(tmp_path), "one")
    with subprocess.Popen(
        (sys.executable, "-I", "-S", step_limits.__file__, *argv), stdout=subprocess.PIPE, text=True
    ) as started:
        printed, _ = started.communicate()
    assert (started.returncode, printed) == (7, f"{started.pid} run --bundle {tmp_path} one\n")
