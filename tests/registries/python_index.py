"""A private Python package index with a password, on a port of this machine: pypiserver."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile, ZipInfo

from tests.registries.addresses import address_for_steps, free_port, open_port_to_steps, wait_for_server

_PROGRAM: Final = Path(__file__).with_name("pypiserver_process.py")


@dataclass(frozen=True)
class PythonIndex:
    """A running index.

    Attributes:
        packages: put wheels there to have them served.
    """

    port: int
    user: str
    password: str
    packages: Path

    @property
    def host(self) -> str:
        """Host and port as a step of a build reaches them."""
        return f"{address_for_steps()}:{self.port}"

    @property
    def url(self) -> str:
        """The index without credentials."""
        return f"http://{self.host}/simple/"

    @property
    def url_with_password(self) -> str:
        return f"http://{self.user}:{self.password}@{self.host}/simple/"

    def add(self, name: str, version: str = "1.0") -> str:
        """Serve a wheel with one module of the package's name, and return the file's SHA-256."""
        module = name.replace("-", "_")
        metadata = f"{module}-{version}.dist-info"
        contents = {
            f"{module}.py": f"VERSION = {version!r}\n",
            f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{metadata}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{metadata}/RECORD": f"{module}.py,,\n{metadata}/METADATA,,\n{metadata}/WHEEL,,\n{metadata}/RECORD,,\n",
        }
        path = self.packages / f"{module}-{version}-py3-none-any.whl"
        with ZipFile(path, "w") as wheel:
            for place, text in contents.items():
                wheel.writestr(ZipInfo(place), text)
        return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def serve_python_index(packages: Path, user: str, password: str) -> Iterator[PythonIndex]:
    """Serve the wheels in a directory to who knows the password, and nothing to others."""
    port = free_port()
    argv = [sys.executable, "-W", "ignore", str(_PROGRAM), str(packages), str(port)]
    login = {"PYTHON_INDEX_LOGIN": f"{user}:{password}"}
    with subprocess.Popen(argv, env=login, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_server(process, f"http://127.0.0.1:{port}/health")
            with open_port_to_steps(port):
                yield PythonIndex(port, user, password, packages)
        finally:
            process.terminate()
