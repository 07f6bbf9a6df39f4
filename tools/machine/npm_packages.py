"""What the tests need of npm: GitHub's API description and example payloads, a private registry, and npm itself."""

import hashlib
import shutil
from pathlib import Path

from tools.machine.programs import Step, get_program, run_step
from tools.machine.report import say
from tools.machine.surroundings import Machine

_KEPT = "api.github.com.json"


def prepare_test_data(machine: Machine) -> None:
    """Install the locked npm packages once, and keep only what the tests read."""
    folder = machine.checkout / "tools" / "npm"
    installed = folder / "node_modules"
    stamp = installed / ".complete"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("Test data", "fetching GitHub's API description, example payloads and a registry from npm (once)")
    npm = get_program("npm", "install Node.js 20 or newer with npm")
    argv = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    run_step(Step(argv, machine.logs / "npm-ci.log", folder))
    prune_descriptions(installed / "@octokit" / "openapi" / "generated")
    stamp.write_text(wanted)


def prune_descriptions(generated: Path) -> None:
    """Delete all but the one description that is used: 13 of 385 MB."""
    for path in generated.iterdir():
        if path.name != _KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
