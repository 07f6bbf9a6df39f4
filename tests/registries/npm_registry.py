"""A private npm registry with a token, on a port of this machine: verdaccio."""

import base64
import hashlib
import io
import json
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.registries.addresses import address_for_steps, free_port, open_port_to_steps, wait_for_server

_MODULES: Final = Path(__file__).parents[2] / "tools" / "npm" / "node_modules"
_PROGRAM: Final = _MODULES / "verdaccio" / "bin" / "verdaccio"
_SETTINGS: Final = """\
storage: ./storage
auth: {htpasswd: {file: ./htpasswd, max_users: 1}}
packages: {'**': {access: $authenticated, publish: $authenticated}}
log: {type: stdout, format: json, level: warn}
"""


@dataclass(frozen=True)
class NpmRegistry:
    """A running registry.

    Attributes:
        token: what npm has to send.
    """

    port: int
    token: str

    @property
    def host(self) -> str:
        """Host and port as a step of a build reaches them."""
        return f"{address_for_steps()}:{self.port}"

    @property
    def settings(self) -> str:
        """An .npmrc that leads here and has the token."""
        return f"registry=http://{self.host}/\n//{self.host}/:_authToken={self.token}\n"

    def add(self, name: str, version: str = "1.0.0") -> None:
        """Publish a package that says its version."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            description = json.dumps({"name": name, "version": version, "main": "index.js"})
            for path, text in {"package.json": description, "index.js": f"module.exports = '{version}'\n"}.items():
                entry = tarfile.TarInfo(f"package/{path}")
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text.encode()))
        tarball, content = f"{name}-{version}.tgz", packed.getvalue()
        dist = {
            "tarball": f"http://{self.host}/{name}/-/{tarball}",
            "shasum": hashlib.sha1(content).hexdigest(),  # noqa: S324 - the format's own
        }
        document = {
            "_id": name,
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {"name": name, "version": version, "dist": dist}},
            "_attachments": {
                tarball: {
                    "content_type": "application/octet-stream",
                    "data": base64.b64encode(content).decode(),
                    "length": len(content),
                }
            },
        }
        answer = httpx.put(
            f"http://127.0.0.1:{self.port}/{name}",
            json=document,
            headers={"Authorization": f"Bearer {self.token}"},
            trust_env=False,
        )
        assert answer.is_success, answer.text


@contextmanager
def serve_npm_registry(directory: Path) -> Iterator[NpmRegistry]:
    """Serve npm packages to who has the token, and nothing to others."""
    assert _PROGRAM.exists(), "Run `make setup` first: it installs what these tests need."
    (directory / "config.yaml").write_text(_SETTINGS)
    node = shutil.which("node")
    assert node is not None
    port = free_port()
    argv = [node, str(_PROGRAM), "--config", str(directory / "config.yaml"), "--listen", f"0.0.0.0:{port}"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_for_server(process, f"http://127.0.0.1:{port}/-/ping")
        with open_port_to_steps(port):
            yield NpmRegistry(port, _register(port))
    finally:
        process.terminate()
        process.wait()


def _register(port: int) -> str:
    user = {"name": "reader", "password": secrets.token_urlsafe(24)}
    answer = httpx.put(f"http://127.0.0.1:{port}/-/user/org.couchdb.user:reader", json=user, trust_env=False)
    return str(answer.raise_for_status().json()["token"])
