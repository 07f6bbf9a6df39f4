"""The registry images are pushed to: the one that is named, otherwise Debian's docker-registry on loopback."""

import http.client
import json
from pathlib import Path

from tools.machine.daemons import Daemon, DaemonFiles, find_running, start_daemon
from tools.machine.debian_packages import ensure_programs
from tools.machine.programs import get_program
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

NAME = "docker-registry"
OWN_ADDRESS = "localhost:5055"
_TIMEOUT_SECONDS = 2


def prepare_registry(machine: Machine) -> str:
    """Return the address of a registry; start one on loopback unless a setting names it."""
    named = machine.find_setting("PUSHWRIGHT_REGISTRY")
    if named and named != OWN_ADDRESS:
        say("Registry", f"using {named}, which PUSHWRIGHT_REGISTRY names")
        return named
    if is_registry(OWN_ADDRESS):
        say("Registry", f"using the one that runs on {OWN_ADDRESS}")
    else:
        _start(machine)
    return OWN_ADDRESS


def describe_configuration(storage: Path, address: str) -> str:
    """Write the registry's configuration; JSON is YAML."""
    port = address.rpartition(":")[2]
    return json.dumps(
        {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{port}"},
        },
        indent=2,
    )


def is_registry(address: str) -> bool:
    """Whether a registry answers at the address; another program there is an error."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_TIMEOUT_SECONDS)
    try:
        connection.connect()
    except OSError:
        return False
    try:
        connection.request("GET", "/v2/")
        version = connection.getresponse().headers.get("Docker-Distribution-Api-Version")
    except (OSError, http.client.HTTPException) as error:
        raise SetupError(_describe_stranger(address)) from error
    finally:
        connection.close()
    if version is None:
        raise SetupError(_describe_stranger(address))
    return True


def _describe_stranger(address: str) -> str:
    return f"another program than a registry listens on {address}: stop it, or name a registry in PUSHWRIGHT_REGISTRY"


def _start(machine: Machine) -> None:
    ensure_programs(machine, {NAME: NAME})
    files = DaemonFiles(machine.run, machine.logs)
    storage = machine.state / "registry"
    config_file = machine.state / "registry.yml"
    config_file.write_text(describe_configuration(storage, OWN_ADDRESS))
    say("Registry", f"starting Debian's docker-registry on {OWN_ADDRESS} ({files.log(NAME)})")
    argv = (get_program(NAME, "install Debian's docker-registry"), "serve", str(config_file))
    start_daemon(files, Daemon(NAME, argv, lambda: find_running(files, NAME) is not None and is_registry(OWN_ADDRESS)))
