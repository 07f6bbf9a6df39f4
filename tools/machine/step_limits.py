"""Stands where buildkitd looks for runc: gives each step its limits, and says which one it reached.

BuildKit has no limits for whatever a node builds. Started as `step_limits.py LIMITS RUNC ARGUMENTS…`, this program
writes memory, processes and CPU into the configuration of the container that `runc run` is to start, starts a watcher,
and becomes runc. The watcher ends a step that reaches a limit; its last word in the step's log says which one.

It starts with every step: the standard library only, and of that only what is quick to load.
"""

from __future__ import annotations

import errno
import json
import os
import select
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

CGROUPS = "/sys/fs/cgroup"
_PAUSE_MILLISECONDS = 250
_CPU_PERIOD = 100_000  # microseconds
_BLOCK = 512
_LOOK_UP_EVERY = 256
# Files are looked at this often, and for one part in so many of the time.
_LOOK_SECONDS = 1
_REST = 20
_COUNTERS = (
    ("memory", "memory", ("memory.oom_control", "memory.events"), "oom_kill"),
    ("processes", "pids", ("pids.events",), "max"),
)


def main(argv: list[str]) -> None:
    """Become runc; a container that it starts is limited and watched."""
    limits, runc, arguments = json.loads(argv[1]), argv[2], argv[3:]
    if "run" in arguments and "--bundle" in arguments:
        path = os.path.join(arguments[arguments.index("--bundle") + 1], "config.json")
        with open(path, "rb") as config:
            spec = json.load(config)
        with open(path, "w", encoding="utf-8") as config:
            json.dump(limit(spec, limits), config)
        _start_watcher(spec, limits, (runc, "kill", arguments[-1], "KILL"))
    os.execv(runc, (runc, *arguments))


def limit(spec: dict[str, Any], limits: dict[str, float]) -> dict[str, Any]:
    """Write the limits that the kernel keeps into a container's configuration; 0 is none."""
    resources = spec.setdefault("linux", {}).setdefault("resources", {})
    if limits["memory"] and has_controller("memory"):
        memory = {"limit": int(limits["memory"])}
        if _counts_swap():
            memory["swap"] = memory["limit"]
        resources["memory"] = memory
    if limits["processes"] and has_controller("pids"):
        resources["pids"] = {"limit": int(limits["processes"])}
    if limits["cpus"] and has_controller("cpu"):
        resources["cpu"] = {
            **resources.get("cpu", {}),
            "period": _CPU_PERIOD,
            "quota": int(limits["cpus"] * _CPU_PERIOD),
        }
    return spec


def has_controller(name: str) -> bool:
    """Whether the kernel can limit this, with the cgroups of the first or of the second version."""
    return os.path.isdir(f"{CGROUPS}/{name}") or name in _read(f"{CGROUPS}/cgroup.controllers").split()


class Step:
    """A running container."""

    def __init__(self, spec: dict[str, Any], limits: dict[str, float]) -> None:
        self._cgroup = spec["linux"].get("cgroupsPath", "")
        places = list_writable(spec, _read("/proc/self/mountinfo"))
        self._disk = DiskUse(places, int(limits["disk"]), self._list_processes)
        # An open file without a name is on the overlay, not in its layer.
        self._disk.devices.append(spec["root"]["path"])

    def find_reached(self, is_over: Callable[[], bool]) -> str | None:
        """Return which limit it has reached: memory, processes or disk."""
        for name, controller, files, counter in _COUNTERS:
            if self._count(controller, files, counter):
                return name
        return "disk" if self._disk.is_reached(is_over) else None

    def _count(self, controller: str, files: tuple[str, ...], counter: str) -> int:
        for name in files:
            words = self._read(controller, name).split()
            if counter in words:
                return int(words[words.index(counter) + 1])
        return 0

    def _list_processes(self) -> list[str]:
        return self._read("pids", "cgroup.procs").split()

    def _read(self, controller: str, name: str) -> str:
        own = f"{CGROUPS}/{controller}"
        return _read(f"{own if os.path.isdir(own) else CGROUPS}{self._cgroup}/{name}")


class DiskUse:
    """What a step has written so far.

    Attributes:
        devices: directories on the devices whose open files count, also when no directory names the file any more.
    """

    def __init__(self, places: list[str], most: int, list_processes: Callable[[], list[str]]) -> None:
        self._places = places
        self.devices = list(places)
        self._most = most
        self._list_processes = list_processes
        self._began_at = time.time() - 1
        self._look_at = time.monotonic() + _LOOK_SECONDS

    def is_reached(self, is_over: Callable[[], bool]) -> bool:
        """Whether it wrote more than it may, as far as is known: looking takes at most a small part of the time."""
        began_at = time.monotonic()
        if not self._most or began_at < self._look_at:
            return False
        written = self._sum_written(is_over)
        ended_at = time.monotonic()
        self._look_at = ended_at + max(_LOOK_SECONDS, _REST * (ended_at - began_at))
        return written >= self._most

    def _sum_written(self, is_over: Callable[[], bool]) -> int:
        total = 0
        for number, found in enumerate(_walk(self._places)):
            if number % _LOOK_UP_EVERY == 0 and (is_over() or total >= self._most):
                break
            if found is None:
                return self._most  # deeper than a path can name: nobody needs that but to hide
            if found.st_ctime >= self._began_at:
                total += found.st_blocks * _BLOCK
        devices = {os.stat(place).st_dev for place in self.devices if os.path.isdir(place)}
        unlinked = _list_unlinked(self._list_processes())
        return total + sum(found.st_blocks * _BLOCK for found in unlinked if found.st_dev in devices)


def list_writable(spec: dict[str, Any], mountinfo: str) -> list[str]:
    """Return the directories that a container changes: its root's own layer, then what is mounted from the host."""
    mounts = (mount for mount in spec.get("mounts", ()) if "ro" not in mount.get("options", ()))
    sources = (mount["source"] for mount in mounts if mount.get("type") == "bind" and os.path.isdir(mount["source"]))
    return [_find_layer(spec["root"]["path"], mountinfo), *sources]


def watch(runc: int, step: Step, end: Callable[[], None]) -> str | None:
    """Wait for runc (a pidfd) to end, and end the step when it reaches a limit; returns which one it reached."""
    poller = select.poll()
    poller.register(runc, select.POLLIN)
    reached = None
    while not poller.poll(_PAUSE_MILLISECONDS):
        reached = reached or step.find_reached(lambda: bool(poller.poll(0)))
        if reached:
            end()
    return reached or step.find_reached(lambda: True)


def _start_watcher(spec: dict[str, Any], limits: dict[str, float], kill: tuple[str, ...]) -> None:
    runc = os.pidfd_open(os.getpid())
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    # A child of nobody: runc would find one of its own where it expects the container alone.
    if os.fork() == 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        reached = watch(runc, Step(spec, limits), lambda: _run(kill))
        if reached:
            # The step may have left a line unfinished.
            os.write(2, f"\npushwright: this step reached its limit of {reached}: {limits[reached]:.0f}\n".encode())
    os._exit(0)


def _run(argv: tuple[str, ...]) -> None:
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 0, 2)])  # noqa: TID251 - runc's own
    os.waitpid(pid, 0)


def _walk(places: list[str]) -> Iterator[os.stat_result | None]:
    """Go through all files; None stands for a directory whose path is too long."""
    waiting = list(places)
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    yield entry.stat(follow_symlinks=False)
        except OSError as error:
            # What has gone meanwhile takes no room.
            if error.errno == errno.ENAMETOOLONG:
                yield None


def _list_unlinked(processes: list[str]) -> list[os.stat_result]:
    """Return the open files that no directory names any more."""
    found = {}
    for process in processes:
        try:
            for descriptor in os.scandir(f"/proc/{process}/fd"):
                file = descriptor.stat()
                if not file.st_nlink and stat.S_ISREG(file.st_mode):
                    found[file.st_dev, file.st_ino] = file
        except OSError:
            continue
    return list(found.values())


def _find_layer(root: str, mountinfo: str) -> str:
    """Return the directory that an overlay at the root writes to; the root itself when it is none."""
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if fields[4].replace("\\040", " ") == root:
            for option in fields[-1].split(","):
                if option.startswith("upperdir="):
                    return option.removeprefix("upperdir=").replace("\\040", " ")
    return root


def _counts_swap() -> bool:
    if os.path.isdir(f"{CGROUPS}/memory"):
        return os.path.exists(f"{CGROUPS}/memory/memory.memsw.limit_in_bytes")
    return "SwapTotal:              0 kB" not in _read("/proc/meminfo")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main(sys.argv)
