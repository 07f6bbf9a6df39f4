"""Which BuildKit builds: docker's own when it is current, otherwise a buildkitd of this checkout."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path

from tools.machine.build_limits import read_limits, say_limits, write_runtime
from tools.machine.build_network import BuildNetwork, NetworkFiles, prepare_network, remove_bridge, write_plugins
from tools.machine.daemons import Daemon, DaemonFiles, find_running, start_daemon, stop_daemon
from tools.machine.debian_packages import ensure_programs
from tools.machine.docker_engine import ensure_engine, find_docker_builder, get_docker_with_plugin
from tools.machine.go_tools import ensure_go_tools, parse_versions
from tools.machine.programs import get_program
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

NAME = "buildkitd"
_DEBIAN = {"dockerd": "docker.io", "runc": "docker.io"}
_LONGEST_SOCKET_PATH = 107
# Network namespaces that wait for steps: making one costs more than starting the step.
_NAMESPACES_KEPT = 16


@dataclass(frozen=True)
class Builder:
    """How builds reach BuildKit: the docker command, its DOCKER_CONFIG, and a remote address or none."""

    docker: str
    plugin_directory: Path
    address: str


def prepare_builder(machine: Machine, registry: str) -> Builder:
    """Find or make a BuildKit that answers."""
    named = machine.find_setting("PUSHWRIGHT_BUILDKIT_ADDRESS")
    if named is None and not _has_own_builder(machine):
        found = find_docker_builder()
        if found is not None:
            say("Build network", "that of docker's containers; docs/how-to/build-network.md says what to close there")
            return Builder(found.docker, _find_docker_config(machine), "")
    is_rebuilt = _prepare_programs(machine)
    if named is not None:
        say("BuildKit", f"using the one that PUSHWRIGHT_BUILDKIT_ADDRESS names, {named}")
        say("Build network", "that of this BuildKit; docs/how-to/build-network.md says what to close there")
    address = named or _prepare_daemon(machine, registry, is_rebuilt=is_rebuilt)
    return Builder(get_docker_with_plugin(machine), machine.docker_config, address)


@dataclass(frozen=True)
class DaemonSettings:
    """What buildkitd is told.

    Attributes:
        network: the lines that say which network steps have.
        runtime: the program that starts a step's container.
    """

    root: Path
    socket: Path
    registry: str
    network: str
    runtime: Path


def describe_configuration(settings: DaemonSettings) -> str:
    """Write buildkitd's configuration: runc worker, the steps' network, a bounded cache, our registry."""
    registry = settings.registry
    is_local = registry.partition(":")[0] in {"localhost", "127.0.0.1"}
    plain = "true" if is_local else "false"
    return f"""\
root = {json.dumps(str(settings.root))}

[grpc]
  address = [{json.dumps("unix://" + str(settings.socket))}]

[worker.oci]
  enabled = true
  binary = {json.dumps(str(settings.runtime))}
  {settings.network}
  gc = true
  reservedSpace = "2GB"
  maxUsedSpace = "20GB"
  minFreeSpace = "5GB"

[worker.containerd]
  enabled = false

[registry.{json.dumps(registry)}]
  http = {plain}
  insecure = {plain}
"""


def describe_network_mode(machine: Machine, network: BuildNetwork | None) -> str:
    """Write the worker's lines about the network; with None steps share the host's."""
    if network is None:
        return 'networkMode = "host"'
    return f"""\
networkMode = "cni"
  cniConfigPath = {json.dumps(str(NetworkFiles(machine.state).plugins))}
  cniBinaryPath = {json.dumps(str(machine.programs))}
  cniPoolSize = {_NAMESPACES_KEPT}"""


def prepare_runtime(machine: Machine) -> Path:
    """Write the program that gives steps their limits; buildkitd finds the new limits at its next step."""
    limits = read_limits(machine.read_settings())
    runtime = machine.state / "limited-runc"
    write_runtime(runtime, get_program("runc", "install runc"), limits)
    say_limits(limits)
    return runtime


def is_listening(socket_path: Path) -> bool:
    """Whether somebody answers on the unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(socket_path))
        except OSError:
            return False
    return True


def _has_own_builder(machine: Machine) -> bool:
    return find_running(DaemonFiles(machine.run, machine.logs), NAME) is not None


def _find_docker_config(machine: Machine) -> Path:
    named = machine.find_setting("DOCKER_CONFIG")
    return Path(named) if named else Path.home() / ".docker"


def _prepare_programs(machine: Machine) -> bool:
    if not machine.is_root:
        raise SetupError(
            "no docker buildx with BuildKit 0.18 or newer answers, and a buildkitd of our own needs root: start a "
            "current docker engine that this user may use, or run `make setup` as root"
        )
    ensure_programs(machine, _DEBIAN)
    is_rebuilt = ensure_go_tools(machine)
    _link_plugin(machine)
    ensure_engine(machine)
    return is_rebuilt


def _link_plugin(machine: Machine) -> None:
    plugin = machine.docker_config / "cli-plugins" / "docker-buildx"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    if not plugin.is_symlink() or plugin.readlink() != machine.programs / "buildx":
        plugin.unlink(missing_ok=True)
        plugin.symlink_to(machine.programs / "buildx")


def _prepare_daemon(machine: Machine, registry: str, *, is_rebuilt: bool) -> str:
    socket_path = _find_socket_path(machine)
    files = DaemonFiles(machine.run, machine.logs)
    network = prepare_network(machine)
    mode = describe_network_mode(machine, network)
    runtime = prepare_runtime(machine)
    configuration = describe_configuration(
        DaemonSettings(machine.state / "buildkit", socket_path, registry, mode, runtime)
    )
    config_file = machine.state / "buildkitd.toml"
    is_changed = not config_file.exists() or config_file.read_text() != configuration
    is_changed = (network is not None and write_plugins(machine, network)) or is_changed
    version = parse_versions((machine.checkout / "tools" / "go.mod").read_text())["buildkitd"]
    if is_rebuilt or is_changed or not is_listening(socket_path):
        stop_daemon(files, NAME)
        if network is not None:
            remove_bridge(network.bridge)
        config_file.write_text(configuration)
        say("BuildKit", f"starting buildkitd {version} ({files.log(NAME)})")
        argv = (str(machine.programs / NAME), "--config", str(config_file))
        start_daemon(files, Daemon(NAME, argv, lambda: is_listening(socket_path)))
    else:
        say("BuildKit", f"using buildkitd {version} that runs")
    return f"unix://{socket_path}"


def _find_socket_path(machine: Machine) -> Path:
    path = machine.run / "buildkitd.sock"
    if len(str(path).encode()) > _LONGEST_SOCKET_PATH:
        raise SetupError(f"the path {path} is too long for a unix socket: move the checkout to a shorter path")
    return path
