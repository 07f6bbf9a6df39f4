"""buildx, buildkitd and the plugins of its network, compiled from the Go modules pinned in tools/go.mod."""

import hashlib
import re
from pathlib import Path

from tools.machine.programs import Step, get_program, run_step
from tools.machine.report import SetupError, say
from tools.machine.surroundings import Machine

_COMMANDS = {
    "buildx": ("github.com/docker/buildx", "cmd/buildx"),
    "buildkitd": ("github.com/moby/buildkit", "cmd/buildkitd"),
    "buildctl": ("github.com/moby/buildkit", "cmd/buildctl"),
    "bridge": ("github.com/containernetworking/plugins", "plugins/main/bridge"),
    "host-local": ("github.com/containernetworking/plugins", "plugins/ipam/host-local"),
    "loopback": ("github.com/containernetworking/plugins", "plugins/main/loopback"),
}
_ADVICE = "install Go 1.26, or a docker with buildx whose BuildKit is 0.18 or newer"


def ensure_go_tools(machine: Machine) -> bool:
    """Compile the tools unless they stand for the present go.mod; True when they were compiled."""
    module = machine.checkout / "tools"
    wanted = _fingerprint(module)
    stamp = machine.programs / "go.stamp"
    if _is_complete(machine.programs) and stamp.exists() and stamp.read_text() == wanted:
        return False
    go = get_program("go", _ADVICE)
    versions = parse_versions((module / "go.mod").read_text())
    say(
        "BuildKit",
        f"no current one found; building buildkitd {versions['buildkitd']} and buildx {versions['buildx']} "
        "from their Go modules (once, about 3 minutes)",
    )
    _compile(machine, go, versions)
    stamp.write_text(wanted)
    return True


def parse_versions(go_mod: str) -> dict[str, str]:
    """Read the pinned version of each of our commands from the text of a go.mod."""
    versions = {}
    for command, (module, folder) in _COMMANDS.items():
        found = re.search(rf"^\s*(?:require\s+)?{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
        if found is None:
            raise SetupError(f"tools/go.mod pins no {module}: run `go get -tool {module}/{folder}` in tools/")
        versions[command] = found[1]
    return versions


def _compile(machine: Machine, go: str, versions: dict[str, str]) -> None:
    flags = "-s -w " + " ".join(
        f"-X {_COMMANDS[command][0]}/version.Version={versions[command]}" for command in ("buildx", "buildkitd")
    )
    packages = (f"{module}/{folder}" for module, folder in _COMMANDS.values())
    argv = (go, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags)
    run_step(
        Step(
            (*argv, "-o", f"{machine.programs}/", *packages),
            machine.logs / "go-build.log",
            machine.checkout / "tools",
            {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"},
        )
    )


def _is_complete(programs: Path) -> bool:
    return all((programs / command).is_file() for command in _COMMANDS)


def _fingerprint(module: Path) -> str:
    pins = (module / "go.mod").read_bytes() + (module / "go.sum").read_bytes()
    return hashlib.sha256(pins).hexdigest()
