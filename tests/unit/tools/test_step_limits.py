import json
import os
import subprocess
import sys
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


class Disk:
    """How full the disk is, as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used = 10**9
        monkeypatch.setattr(step_limits, "_read_used", lambda _path: self.used)


def test_files_are_counted_when_the_disk_grew_by_as_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    use = DiskUse([str(tmp_path)], 2**20, list)
    assert not use.is_reached(lambda: False)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(os.urandom(2**20 + 4096))
    assert not use.is_reached(lambda: False)
    disk.used += 2**21
    assert use.is_reached(lambda: False)


def test_what_others_write_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    use = DiskUse([str(tmp_path)], 2**20, list)
    assert not use.is_reached(lambda: False)
    disk.used += 2**30
    assert not use.is_reached(lambda: False)


def test_an_open_file_without_a_name_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    use = DiskUse([str(tmp_path)], 2**20, lambda: [str(os.getpid())])
    assert not use.is_reached(lambda: False)
    (tmp_path / "seen").touch()
    with (tmp_path / "hidden").open("wb") as hidden:
        (tmp_path / "hidden").unlink()
        hidden.write(os.urandom(2**20 + 4096))
        hidden.flush()
        disk.used += 2**21
        assert use.is_reached(lambda: False)


def test_the_root_and_what_is_mounted_to_be_written_count(tmp_path: Path) -> None:
    spec = container(tmp_path)
    spec["mounts"] = [
        {"type": "bind", "source": str(tmp_path), "options": ["rbind"]},
        {"type": "bind", "source": str(tmp_path), "options": ["rbind", "ro"]},
        {"type": "tmpfs", "source": "tmpfs"},
    ]
    assert list_writable(spec) == [str(tmp_path / "root"), str(tmp_path)]


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
