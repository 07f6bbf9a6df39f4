"""The docker command line and the engine (dockerd) behind it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tools.machine.daemons import Daemon, DaemonFiles, start_daemon
from tools.machine.programs import find_program, get_program, probe_program
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

OLDEST_BUILDKIT = (0, 18)


@dataclass(frozen=True)
class DockerBuilder:
    """A docker whose own builder is current enough to be used as it is."""

    docker: str
    buildx_version: str
    buildkit_version: str


def find_docker_builder() -> DockerBuilder | None:
    """Find a docker command whose buildx works with a current BuildKit inside the engine."""
    for docker in list_docker_programs():
        builder = probe_docker_builder(docker)
        if builder is not None:
            say(
                "BuildKit",
                f"using docker buildx {builder.buildx_version} with BuildKit {builder.buildkit_version} "
                "of docker's own builder",
            )
            return builder
    return None


def list_docker_programs() -> tuple[str, ...]:
    """Return the docker commands of this machine: the one on PATH, then Debian's."""
    candidates = (find_program("docker"), "/usr/bin/docker")
    return tuple(dict.fromkeys(path for path in candidates if path and Path(path).is_file()))


def probe_docker_builder(docker: str) -> DockerBuilder | None:
    """Ask for the engine's own builder; None when there is none or when it is too old."""
    inspected = probe_program((docker, "buildx", "inspect", "default", "--bootstrap"), timeout_seconds=30)
    buildkit = parse_buildkit_version(inspected or "")
    if buildkit is None or not is_current(buildkit):
        return None
    buildx = probe_program((docker, "buildx", "version")) or ""
    return DockerBuilder(docker, _find_version(buildx), buildkit)


def parse_buildkit_version(inspected: str) -> str | None:
    """Read the version from the text of `docker buildx inspect`."""
    found = re.search(r"^BuildKit(?: version)?:\s*v?(\d+\.\d+\S*)", inspected, re.MULTILINE)
    return found[1] if found else None


def is_current(version: str) -> bool:
    """Whether this BuildKit is new enough for the builds we write."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    return numbers >= OLDEST_BUILDKIT


def ensure_engine(machine: Machine) -> None:
    """See to it that an engine answers; start Debian's dockerd when none does."""
    version = find_engine_version()
    if version is not None:
        say("Engine", f"using the docker engine {version} that runs")
        return
    say("Engine", f"none answers; starting dockerd ({machine.logs / 'dockerd.log'})")
    _start_dockerd(machine)


def find_engine_version() -> str | None:
    """Return the version of the engine that answers."""
    for docker in list_docker_programs():
        answer = probe_program((docker, "version", "--format", "{{json .Server}}"))
        server = json.loads(answer) if answer and answer.strip().startswith("{") else None
        if server:
            return str(server["Version"])
    return None


def get_docker_with_plugin(machine: Machine) -> str:
    """Return the first docker command that runs our buildx and reaches the engine."""
    variables = {"DOCKER_CONFIG": str(machine.docker_config)}
    for docker in list_docker_programs():
        runs_buildx = probe_program((docker, "buildx", "version"), variables=variables)
        if runs_buildx and probe_program((docker, "version"), variables=variables):
            return docker
    raise SetupError(
        f"no docker command works with the buildx in {machine.docker_config}: run `docker version`, and install "
        "Debian's docker.io if the command itself is broken"
    )


def _start_dockerd(machine: Machine) -> None:
    files = DaemonFiles(machine.run, machine.logs)
    dockerd = get_program("dockerd", "install Debian's docker.io")
    # Inside some virtual machines overlay file systems cannot be stacked; vfs works everywhere.
    try:
        start_daemon(files, Daemon("dockerd", (dockerd,), _answers))
    except SetupError:
        say("Engine", "dockerd does not start by itself; trying the storage driver vfs")
        start_daemon(files, Daemon("dockerd", (dockerd, "--storage-driver=vfs"), _answers))


def _answers() -> bool:
    return Path("/var/run/docker.sock").exists() and find_engine_version() is not None


def _find_version(text: str) -> str:
    found = re.search(r"v?(\d+\.\d+\.\d+\S*)", text)
    return found[1] if found else "of unknown version"
