"""The main job, once, on this machine: a real git push goes in, an image that runs its tasks comes out.

`python tools/demo.py` starts the GitHub simulator and the service, pushes, streams the build log, runs one task of
the image, and stops what it started. With `--keep` both stay until Ctrl-C (`make serve`).
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".pushwright"
SERVICE_ENV = STATE / "service.env"
SIMULATOR = "http://127.0.0.1:8788"
SERVICE = "http://127.0.0.1:8787"
PUSHWRIGHT = str(Path(sys.executable).parent / "pushwright")
PROJECT = "hello-tasks"
REPOSITORY = "acme/hello-tasks"
START_SECONDS = 60


def main() -> None:
    """Run the demonstration, or keep its services running."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="start the services and keep them, push nothing")
    options = parser.parse_args()
    os.chdir(ROOT)
    # Whatever ends the demonstration, what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    write_service_settings()
    with running_services():
        prepare_project()
        if options.keep:
            keep_running()
        else:
            push_and_run()


def write_service_settings() -> None:
    """Make the secrets of this machine's service, once."""
    if SERVICE_ENV.exists():
        return
    STATE.mkdir(exist_ok=True)
    settings = {
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "API_TOKEN": secrets.token_urlsafe(32),
        "GITHUB_APP_ID": "1",
        "GITHUB_APP_PRIVATE_KEY_FILE": str(STATE / "simulator" / "app-key.pem"),
        "GITHUB_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "GITHUB_CLIENT_ID": f"Iv23li{secrets.token_hex(7)}",
        "GITHUB_CLIENT_SECRET": secrets.token_hex(20),
        "GITHUB_API_URL": f"{SIMULATOR}/api/v3",
        "GITHUB_WEB_URL": SIMULATOR,
    }
    lines = "".join(f"PUSHWRIGHT_{name}={value}\n" for name, value in settings.items())
    with os.fdopen(os.open(SERVICE_ENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(lines)


@contextmanager
def running_services() -> Iterator[None]:
    """Run the simulator and the service; those that run already are used and left alone."""
    started = []
    try:
        for name, arguments, url in (
            ("simulate-github", ["simulate-github"], f"{SIMULATOR}/"),
            ("serve", ["serve"], f"{SERVICE}/readyz"),
        ):
            if answers(url):
                say(f"pushwright {name}: running already")
                continue
            started.append(start(name, arguments))
            wait_for(url, started[-1], name)
            say(f"pushwright {name}: started, log in .pushwright/log/{name}.log")
        yield
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def start(name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start a pushwright program whose output goes to a log file."""
    log_directory = STATE / "log"
    log_directory.mkdir(parents=True, exist_ok=True)
    with (log_directory / f"{name}.log").open("ab") as log:
        return subprocess.Popen([PUSHWRIGHT, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def wait_for(url: str, process: subprocess.Popen[bytes], name: str) -> None:
    """Wait until the program answers, or end with its log."""
    give_up_at = time.monotonic() + START_SECONDS
    while not answers(url):
        if process.poll() is not None or time.monotonic() > give_up_at:
            sys.exit(f"pushwright {name} did not start:\n{(STATE / 'log' / f'{name}.log').read_text()[-4000:]}")
        time.sleep(0.1)


def prepare_project() -> None:
    """Host the sample repository, install the App on it, and connect a project; what is there stays."""
    state = ask("GET", "/_simulator/state")
    names = {repository["full_name"] for repository in state["repositories"]}
    owner, _, name = REPOSITORY.partition("/")
    if REPOSITORY not in names:
        ask("POST", "/_simulator/repositories", {"owner": owner, "name": name})
        ask("POST", "/_simulator/installations", {"account": owner})
    if subprocess.run([PUSHWRIGHT, "project", "show", PROJECT], capture_output=True, check=False).returncode == 0:
        return
    pushwright("project", "create", PROJECT)
    pushwright("project", "connect", PROJECT, "--repo", REPOSITORY)


def push_and_run() -> None:
    """Push a commit, watch its deployment, and run one task of its image."""
    sha = push()
    say(f"git push: {sha[:7]} to {REPOSITORY}, now the build log:")
    pushwright("deployments", "logs", sha, "--follow")
    shown = pushwright("deployments", "show", sha, "--json", quiet=True)
    deployment = json.loads(shown)
    if deployment["status"] != "DEPLOYED":
        sys.exit(f"The deployment is {deployment['status']}: {deployment['failure']}")
    say(f"image: {deployment['image']}")
    run_task(deployment["image"])


def push() -> str:
    """Commit to the sample repository's clone, push it with git over HTTP, and return the commit id."""
    clone = STATE / "demo" / PROJECT
    if not clone.exists():
        shutil.copytree(ROOT / "examples" / PROJECT, clone)
        git(clone, "init", "--quiet", "--initial-branch=main")
    (clone / "NOTES.md").write_text(f"Pushed by make demo at {time.strftime('%Y-%m-%d %H:%M:%S')}.\n")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "Say when the demo ran")
    password = (STATE / "simulator" / "developer-password").read_text()
    address = f"{SIMULATOR.replace('://', f'://developer:{password}@')}/{REPOSITORY}.git"
    # Force: the clone may be newer than a simulator whose files were removed, or the other way round.
    git(clone, "push", "--quiet", "--force", address, "HEAD:refs/heads/main")
    return git(clone, "rev-parse", "HEAD").strip()


def run_task(image: str) -> None:
    """Run one task of the image with Docker and print its events."""
    request = {"task": "greet", "payload": {"name": "Ada"}, "context": {}}
    say(f"docker run, task {request['task']} with {json.dumps(request['payload'])}:")
    docker = machine_settings().get("PUSHWRIGHT_DOCKER", "docker")
    if "PUSHWRIGHT_REGISTRY" in machine_settings():
        subprocess.run([docker, "pull", "--quiet", image], stdout=subprocess.DEVNULL, check=True)
    done = subprocess.run(
        [docker, "run", "--rm", "--interactive", image], input=json.dumps(request), text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"The task ended with exit code {done.returncode}.")


def keep_running() -> None:
    """Stay until Ctrl-C."""
    password = (STATE / "simulator" / "developer-password").read_text()
    say(f"service: {SERVICE}   simulated GitHub: {SIMULATOR} (git user developer, password {password})")
    say("Ctrl-C stops both.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("stopping")


def pushwright(*arguments: str, quiet: bool = False) -> str:
    """Run a pushwright command; a failure ends the demonstration with its sentence."""
    done = subprocess.run([PUSHWRIGHT, *arguments], stdout=subprocess.PIPE if quiet else None, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"pushwright {' '.join(arguments)} ended with exit code {done.returncode}.")
    return done.stdout or ""


def git(directory: Path, *arguments: str) -> str:
    """Run git in the sample repository's clone, as a developer called Ada."""
    identity = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com"]
    done = subprocess.run(
        ["git", "-C", str(directory), *identity, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"git {arguments[0]} failed with exit code {done.returncode}.")
    return done.stdout


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON is anything
    """Send a request to the simulator's control API and return its JSON."""
    request = urllib.request.Request(  # noqa: S310 - an address on this machine
        f"{SIMULATOR}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - see above
        return json.load(answer)


def answers(url: str) -> bool:
    """Say whether the address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - an address on this machine
            return True
    except (urllib.error.URLError, OSError):
        return False


def machine_settings() -> dict[str, str]:
    """Return what the set-up found on this machine."""
    lines = (STATE / "machine.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def say(text: str) -> None:
    """Print one line of the demonstration's own."""
    print(f"▸ {text}", flush=True)


if __name__ == "__main__":
    main()
