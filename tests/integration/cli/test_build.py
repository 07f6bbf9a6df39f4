"""`pushwright build` as a program of its own: BuildKit and the registry, no database, no GitHub."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.integration.builder.building import CONFIG, read_machine, write_tree

pytestmark = pytest.mark.engine

PUSHWRIGHT = Path(sys.executable).parent / "pushwright"
TASK = "from pushwright import task\n\n\n@task(id='{name}')\ndef one(payload):\n    return payload\n"


def run_build(directory: Path, *arguments: str) -> str:
    """Run the command where no database is and no GitHub, and return what it printed."""
    nowhere = {
        "PUSHWRIGHT_SETTINGS_FILES": "",
        "PUSHWRIGHT_DATA_DIR": str(directory / "data"),
        "PUSHWRIGHT_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
        "PUSHWRIGHT_ENCRYPTION_KEY": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
        "PUSHWRIGHT_GITHUB_API_URL": "http://127.0.0.1:1",
        "CANARY": "a-very-secret-value",
    }
    shell = os.environ  # noqa: TID251 - the test is an operator here
    plain = {name: value for name, value in shell.items() if not name.startswith("PUSHWRIGHT_")}
    done = subprocess.run(
        [str(PUSHWRIGHT), "build", *arguments],
        env=plain | read_machine() | nowhere,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def list_tags(name: str) -> int:
    """Ask the registry for the tags of a name and return the status of its answer."""
    registry = read_machine()["PUSHWRIGHT_REGISTRY"]
    return httpx.get(f"http://{registry}/v2/{name}/tags/list", trust_env=False).status_code


def test_a_directory_is_tried_out_without_leaving_an_image_and_then_built(tmp_path: Path) -> None:
    name = f"tried-{secrets.token_hex(6)}"
    tree = write_tree(tmp_path / name, {"trigger.config.py": CONFIG, "trigger/one.py": TASK.format(name=name)})
    options = (str(tree), "--variable", "CANARY", "--pre-build-command", 'echo "canary is $CANARY" && touch made')

    tried = run_build(tmp_path, "--dry-run", *options)
    assert "FROM base AS code" in tried
    assert "canary is [secret]" in tried
    assert f"the tasks {name}. No image was written." in tried
    assert "a-very-secret-value" not in tried
    assert (list_tags(name), sorted(path.name for path in tree.iterdir())) == (404, ["trigger", "trigger.config.py"])

    image = run_build(tmp_path, *options).splitlines()[-1]
    assert f"/{name}:local@sha256:" in image
    assert list_tags(name) == 200
    assert not (tmp_path / "data" / "postgres").exists()
