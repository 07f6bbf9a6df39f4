"""A buildkitd of a test's own, whose steps have small limits: what abuses it is noticed quickly and harms nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from builder.settings import BuilderSettings
from tests.integration.builder.building import ROOT
from tools.machine.build_limits import StepLimits, write_runtime
from tools.machine.builder import NAME, DaemonSettings, describe_configuration, is_listening
from tools.machine.daemons import Daemon, DaemonFiles, start_daemon, stop_daemon
from tools.machine.programs import get_program

LIMITS: Final = StepLimits(memory=256 * 2**20, processes=128, disk=100 * 2**20, cpus=1)


@contextmanager
def run_small_node(settings: BuilderSettings) -> Iterator[BuilderSettings]:
    """Start it; yields the settings of a builder that uses it. Its steps have the host's network and need none."""
    with TemporaryDirectory(prefix="pw-node-") as directory:
        home = Path(directory)
        socket = home / "b.sock"
        runtime = home / "runc"
        write_runtime(runtime, get_program("runc", "run make setup"), LIMITS)
        daemon = DaemonSettings(home / "root", socket, settings.registry, 'networkMode = "host"', runtime)
        (home / "buildkitd.toml").write_text(describe_configuration(daemon))
        argv = (str(ROOT / ".tools" / "bin" / NAME), "--config", str(home / "buildkitd.toml"))
        files = DaemonFiles(home, home)
        start_daemon(files, Daemon(NAME, argv, lambda: is_listening(socket)))
        try:
            yield replace(settings, buildkit_address=f"unix://{socket}", scratch=home / "scratch")
        finally:
            stop_daemon(files, NAME)
