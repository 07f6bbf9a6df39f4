"""Make this machine ready: `python3 -m tools.setup_machine start` (or `python`, or `stop`).

Standard library only: it runs before there is a Python environment.
"""

import argparse
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from tools.machine.base_image import Wish, prepare_base
from tools.machine.build_network import remove_network
from tools.machine.build_settings import find_build_settings
from tools.machine.builder import Builder, prepare_builder
from tools.machine.daemons import DaemonFiles, stop_daemon
from tools.machine.machine_file import write_settings
from tools.machine.npm_packages import prepare_test_data
from tools.machine.python_environment import prepare_python
from tools.machine.registry import prepare_registry
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

_DAEMONS = ("buildkitd", "docker-registry", "dockerd")


def main() -> int:
    """Run the wished action; a failure is one sentence and a non-zero exit."""
    arguments = _parse_arguments()
    machine = _look_around()
    machine.make_directories()
    try:
        with _one_at_a_time(machine):
            _ACTIONS[arguments.action](machine, cast("Wish", arguments.base))
    except SetupError as error:
        print(f"Set-up failed: {error}", file=sys.stderr)
        return 1
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", choices=sorted(_ACTIONS))
    parser.add_argument("--base", choices=("auto", "official", "debian"), default="auto", help="source of the base")
    return parser.parse_args()


def _look_around() -> Machine:
    return Machine(
        checkout=Path(__file__).resolve().parent.parent,
        environment=dict(os.environ),  # noqa: TID251 - the set-up derives settings from the usual variables
        is_root=os.geteuid() == 0,
        has_apt=shutil.which("apt-get") is not None,
    )


@contextmanager
def _one_at_a_time(machine: Machine) -> Iterator[None]:
    with (machine.run / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _set_up(machine: Machine, wish: Wish) -> None:
    prepare_python(machine)
    registry = prepare_registry(machine)
    builder = prepare_builder(machine, registry)
    base = prepare_base(machine, builder, wish)
    prepare_test_data(machine)
    path = machine.state / "machine.env"
    if write_settings(path, _list_settings(machine, builder, registry, base)):
        say("Settings", f"written to {path.relative_to(machine.checkout)}")


def _list_settings(machine: Machine, builder: Builder, registry: str, base: str) -> dict[str, str]:
    return {
        "PUSHWRIGHT_BUILDKIT_ADDRESS": builder.address,
        "PUSHWRIGHT_DOCKER": builder.docker,
        "PUSHWRIGHT_BUILDX_PLUGIN_DIR": str(builder.plugin_directory),
        "PUSHWRIGHT_REGISTRY": registry,
        "PUSHWRIGHT_BASE_IMAGE": base,
        **find_build_settings(machine.environment, lambda path: Path(path).is_file()),
    }


def _prepare_python_only(machine: Machine, _wish: Wish) -> None:
    prepare_python(machine)


def _stop(machine: Machine, _wish: Wish) -> None:
    files = DaemonFiles(machine.run, machine.logs)
    for name in _DAEMONS:
        if stop_daemon(files, name):
            say("Stopped", name)
    if remove_network(machine):
        say("Removed", "the network of build steps")


_ACTIONS = {"start": _set_up, "python": _prepare_python_only, "stop": _stop}


if __name__ == "__main__":
    sys.exit(main())
