"""Small trees, and the real program of the image run on them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.unit.inside.program import CONFIG, Ended, Index, Repository, Run, Start, call, command
from tests.unit.inside.serving import Serve, Server


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Write a tree; a configuration is added when the files have none."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "app"
        for name, text in {"trigger.config.py": CONFIG, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


@pytest.fixture
def index(repository: Repository) -> Index:
    """Write a tree and index it."""

    def run_index(files: Mapping[str, str], *arguments: str) -> Ended:
        return call(repository(files), "index", *arguments)

    return run_index


@pytest.fixture
def start(repository: Repository, tmp_path: Path) -> Start:
    """Write and index a tree; the answer is the command that runs its tasks, to be started in `app`."""

    def prepare(files: Mapping[str, str]) -> list[str]:
        indexed = call(repository(files), "index", "--output", str(tmp_path / "manifest.json"))
        assert indexed.exit_code == 0, indexed.stdout
        return command("run", "--manifest", str(tmp_path / "manifest.json"), "--grace", "1")

    return prepare


@pytest.fixture
def run(repository: Repository, tmp_path: Path) -> Run:
    """Write and index a tree and run one of its tasks; `stdin` overrides the request."""

    def run_task(code: str, payload: object = None, *, stdin: bytes | None = None, **context: object) -> Ended:
        root = repository({"trigger/tasks.py": f"from pushwright import *\n{code}"})
        manifest = str(tmp_path / "manifest.json")
        indexed = call(root, "index", "--output", manifest)
        assert indexed.exit_code == 0, indexed.stdout
        request = json.dumps({"task": "t", "payload": payload, "context": context}).encode()
        return call(root, "run", "--manifest", manifest, "--grace", "1", stdin=request if stdin is None else stdin)

    return run_task


@pytest.fixture
def serve(repository: Repository, tmp_path: Path) -> Iterator[Serve]:
    """Write and index a tree and serve its tasks; each file begins with the import of everything of the SDK.

    Files of the directory `late` are written after indexing, in place of those in `trigger`.
    """
    servers: list[Server] = []

    def start_server(files: Mapping[str, str], *options: str) -> Server:
        root = repository({name: f"from pushwright import *\n{text}" for name, text in files.items()})
        manifest = str(tmp_path / "manifest.json")
        indexed = call(root, "index", "--output", manifest)
        assert indexed.exit_code == 0, indexed.stdout
        for late in root.glob("late/*.py"):
            late.replace(root / "trigger" / late.name)
        servers.append(Server(root, "--manifest", manifest, "--grace", "20", *options))
        return servers[-1]

    yield start_server
    for server in servers:
        server.clear_away()
