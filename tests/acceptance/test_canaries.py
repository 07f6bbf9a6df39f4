"""A distinct secret in every place for one; after builds that print, fail, use the cache and crash, none is out.

`pytest -s` prints the report: what was looked for, in which encodings, where, how many bytes, what was found.
"""

import base64
import json
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import psycopg
import pytest
from psycopg import sql

from builder.buildkit import BuildKitBuilder
from builder.buildx import Buildx
from builder.invocation import Invocation
from domain.builds import Built
from domain.environments import BuildSettings, EnvironmentKind
from domain.secrets import Secret
from github_app.simulator.keys import generate_private_key
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from store.embedded import EmbeddedPostgres
from store.encryption import Cipher
from store.engine import create_engine, libpq_url
from store.unit_of_work import PostgresStore
from tests.acceptance.project import ConnectedProject, ProjectFactory
from tests.acceptance.service import RunningService, free_port, wait_until
from tests.canaries.image import ImageContents, unpack_layer
from tests.canaries.scanner import Scanner
from tests.conftest import server_directory
from tests.fakes.job_queue import RecordingJobQueue
from tests.integration.builder.building import PLAIN, RememberingListener, machine_settings, request, write_tree

pytestmark = [pytest.mark.postgres, pytest.mark.engine]

_LEAK: Final = """
import base64, json, os, pathlib, sys, time, urllib.parse

names = sorted(name for name in os.environ if name.startswith(("CANARY", "UV_", "PIP_", "NPM_", "HTTP", "POETRY")))
texts = [os.environ[name] for name in names]
home = pathlib.Path.home()
for name in (".npmrc", ".netrc", ".config/pip/pip.conf", ".config/uv/uv.toml"):
    texts.append((home / name).read_text())
texts.append(pathlib.Path(".npmrc").read_text())
for text in texts:
    raw = text.encode()
    print(text, repr(text), json.dumps(text), raw.hex(), raw.hex().upper(), sep="\\n")
    print(urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text), sep="\\n")
    for offset in range(3):
        print(base64.b64encode(b"x" * offset + raw).decode(), base64.urlsafe_b64encode(b"x" * offset + raw).decode())
    print(base64.encodebytes(raw).decode())
    for start in range(0, len(text), 9):
        sys.stdout.write(text[start : start + 9])
        sys.stdout.flush()
    print()
mode = pathlib.Path("mode").read_text()
if mode == "fail":
    sys.exit("failed with " + os.environ["CANARY"])
if mode == "wait":
    time.sleep(3)
"""
"""Prints all it can get, in every spelling that is masked."""


def make_canary(name: str) -> str:
    """Return a value with characters that the encodings write differently."""
    return f"{name}-{secrets.token_hex(8)}/{secrets.token_hex(4)}+Vw"


@dataclass(frozen=True)
class Planted:
    """The canaries, and the settings and build variables they are in."""

    canaries: dict[str, str]

    @classmethod
    def make(cls) -> "Planted":
        names = ("variable", "uv", "poetry", "pip", "npm", "conf", "toml", "netrc", "proxy", "index", "registry")
        others = ("api", "webhook", "rotated")
        return cls({name: make_canary(name) for name in (*names, *others)})

    def __getitem__(self, name: str) -> str:
        return self.canaries[name]

    @property
    def service(self) -> dict[str, str]:
        """Settings whose values hold one."""
        return {
            "BUILD_PROXY": f"http://reader:{quote(self['proxy'], safe='')}@proxy.invalid:3128",
            "BUILD_INDEX_URL": f"http://reader:{quote(self['index'], safe='')}@index.invalid/simple",
            "BUILD_NPM_REGISTRY": f"http://reader:{quote(self['registry'], safe='')}@npm.invalid/",
            "API_TOKEN": self["api"],
            "GITHUB_WEBHOOK_SECRET": self["webhook"],
            "GITHUB_WEBHOOK_PREVIOUS_SECRET": self["rotated"],
        }

    @property
    def variables(self) -> dict[str, str]:
        """Build variables, without their prefix."""
        url = "http://reader:{}@index.example/simple".format
        files = {
            "NPM_RC": f"//npm.example/:_authToken={self['npm']}\n",
            "PIP_CONF": f"[global]\nextra-index-url = {url(quote(self['conf'], safe=''))}\n",
            "UV_TOML": f'[[index]]\nurl = "{url(quote(self["toml"], safe=""))}"\n',
            "NETRC": f"machine index.example login reader password {self['netrc']}\n",
        }
        encoded = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
        return encoded | {
            "CANARY": f'first line\n"{self["variable"]}"\n',
            "UV_INDEX_HOUSE_PASSWORD": self["uv"],
            "POETRY_HTTP_BASIC_HOUSE_PASSWORD": self["poetry"],
            "PIP_EXTRA_INDEX_URL": url(quote(self["pip"], safe="")),
        }


@dataclass
class House:
    """A service of this file's own, with a canary in each of its settings."""

    planted: Planted
    service: RunningService
    github: SimulatedGitHub
    directory: Path
    database_url: str
    store: PostgresStore
    tokens: dict[str, Any]

    def connect(self, slug: str) -> ConnectedProject:
        project = ProjectFactory(self.github, self.service, self.store, self.directory).make(slug)
        with self.store.transaction() as work:
            environments = work.projects.list_environments(work.projects.get_by_slug(slug).id)
            production = next(each for each in environments if each.kind is EnvironmentKind.PRODUCTION)
            for name, value in self.planted.variables.items():
                work.variables.set(production.id, f"TRIGGER_BUILD_{name}", Secret(value))
        # It needs nothing: the proxy and the indexes it is given are nowhere.
        for name in ("uv.lock", "pyproject.toml"):
            (project.clone / name).unlink()
        shutil.rmtree(project.clone / "trigger")
        project.write({**PLAIN, "leak.py": _LEAK, "mode": "wait"})
        project.change_settings("--pre-build-command", f"python3 leak.py && echo {secrets.token_hex(4)}")
        return project


class ServiceWithItsOwnTemporaryDirectory(RunningService):
    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"TMPDIR": str(self.directory / "tmp")}


@pytest.fixture
def house(machine: dict[str, str]) -> Iterator[House]:
    planted = Planted.make()
    with server_directory() as directory:
        for name in ("tmp", "data"):
            (directory / name).mkdir()
        (directory / "tmp").chmod(0o1777)
        key = directory / "app-key.pem"
        key.write_text(generate_private_key())
        settings = machine | {
            "DATA_DIR": str(directory / "data"),
            "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "PORT": str(free_port()),
            "GITHUB_APP_ID": "1",
            "GITHUB_APP_PRIVATE_KEY_FILE": str(key),
            "HEARTBEAT_SECONDS": "0.5",
            "STALLED_AFTER_SECONDS": "2",
            "LOG_LEVEL": "debug",
            **planted.service,
        }
        planted.canaries["encryption"] = settings["ENCRYPTION_KEY"]
        # The first lines of two keys are much alike.
        planted.canaries["app-key"] = key.read_text().splitlines()[5]
        simulator = SimulatorSettings(
            root=directory / "github",
            webhook_url=f"http://127.0.0.1:{settings['PORT']}/webhooks/github",
            webhook_secret=planted["webhook"],
            private_key_pem=key.read_text(),
        )
        simulated = SimulatedGitHub(simulator)
        issued = RememberedTokens()
        simulated.simulation.tokens._grants = issued
        with simulated.serve() as github:
            where = {"GITHUB_API_URL": github.base_url.rstrip("/"), "GITHUB_WEB_URL": github.page_url.rstrip("/")}
            service = ServiceWithItsOwnTemporaryDirectory(settings | where, directory)
            service.start()
            with EmbeddedPostgres(directory / "data" / "postgres") as database:
                engine = create_engine(database.url)
                cipher = Cipher(base64.b64decode(settings["ENCRYPTION_KEY"]))
                store = PostgresStore(engine, RecordingJobQueue(), cipher)
                yield House(planted, service, github, directory, database.url, store, issued.every)
                engine.dispose()
            service.stop()


class RememberedTokens(dict[str, Any]):
    """The simulator forgets a token that ends."""

    def __init__(self) -> None:
        super().__init__()
        self.every: dict[str, Any] = {}

    def __setitem__(self, token: str, grant: object) -> None:
        self.every[token] = grant
        super().__setitem__(token, grant)


def test_no_canary_gets_out_of_the_service(house: House, machine: dict[str, str]) -> None:
    project = house.connect(f"canaries-{secrets.token_hex(4)}")
    images = run_builds(project, house)

    tokens = {f"token-{number}": token for number, token in enumerate(sorted(house.tokens))}
    assert tokens
    scanner = Scanner({**house.planted.canaries, **tokens})
    base_layers = read_base_layers(machine["BASE_IMAGE"])
    with httpx.Client(base_url=f"http://{machine['REGISTRY']}/v2/", trust_env=False) as client:
        for image in images:
            for name, content in ImageContents(client, base_layers).read(image):
                scanner.scan(f"image: {name}", content)
    for exchange in house.github.requests:
        told = f"{exchange.method} {exchange.path}?{exchange.query}\n".encode() + exchange.request_body
        scanner.scan(f"GitHub: {exchange.method} {exchange.path}", told)
    scanner.scan("service log: all of it", house.service.log().encode())
    scan_database(scanner, house.database_url)
    scan_data(scanner, house.directory)

    sys.stdout.write(f"\n{scanner.report()}\n")
    assert "[secret]" in project.log(project.git("rev-parse", "HEAD").strip())
    assert not scanner.findings
    # The same look finds what is no secret.
    control = Scanner({"slug": project.slug})
    scan_database(control, house.database_url)
    assert {"database row: projects"} <= {finding.place for finding in control.findings}
    assert {"image", "GitHub", "service log", "database row", "build log", "data directory"} <= set(scanner.sizes)


def run_builds(project: ConnectedProject, house: House) -> list[str]:
    """Build and be killed, go on, build from the cache, and fail; return the images."""
    sha = project.push_commit()
    wait_until(lambda: project.statuses() == ["BUILDING"], "the build runs")
    wait_until(lambda: "[secret]" in project.log(sha), "the build has printed", seconds=60)
    house.service.kill()
    left = Scanner(house.planted.canaries)
    scan_data(left, house.directory)
    assert not left.findings
    house.service.start()
    resumed = project.deploy(sha)
    cached = project.deploy(project.push_commit("The same again"))
    project.write({"mode": "fail"})
    failed = project.deploy(project.push_commit())
    ended = [each.status.value for each in (resumed, cached, failed)]
    assert ended == ["DEPLOYED", "DEPLOYED", "FAILED"], project.log(sha)[-2000:]
    return [each.image for each in (resumed, cached) if each.image is not None]


def scan_data(scanner: Scanner, directory: Path) -> None:
    """Look through what the service wrote: its data but for the database, which is looked at by rows, and its tmp."""
    for place in sorted((directory / "data").iterdir()):
        if place.name != "postgres":
            scanner.scan_files(f"data directory: {place.name}", place)
    scanner.scan_files("temporary directory", directory / "tmp")


def scan_database(scanner: Scanner, url: str) -> None:
    """Look through every row of every table, and through the lines of the log one after the other."""
    with psycopg.connect(libpq_url(url)) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert tables
        for schema, table in tables:
            name = sql.Identifier(schema, table)
            for row in connection.execute(sql.SQL("SELECT * FROM {}").format(name)):
                scanner.scan(f"database row: {table}", b"\n".join(map(as_bytes, row)))
    scanner.scan_pieces("build log: all lines as one", read_log(url))


def read_log(url: str) -> Iterator[bytes]:
    with psycopg.connect(libpq_url(url)) as connection:
        for (lines,) in connection.execute("SELECT lines FROM log_chunks ORDER BY deployment_id, first_line"):
            yield from (str(line[-1]).encode() for line in lines)


def as_bytes(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case dict() | list():
            return json.dumps(value, ensure_ascii=False).encode()
        case _:
            return str(value).encode()


def read_base_layers(base_image: str) -> frozenset[str]:
    """Return the layers that were there before; none when the base is in a registry: then they are looked at too."""
    kind, _, place = base_image.partition("://")
    if kind != "oci-layout":
        return frozenset()
    layout, _, digest = place.partition("@")
    manifest = Path(layout) / "blobs" / digest.replace(":", "/")
    return frozenset(layer["digest"] for layer in json.loads(manifest.read_bytes())["layers"])


@dataclass(frozen=True)
class CacheExportingBuildx(Buildx):
    """buildx that also exports what it has in its cache of the build: every stage, not the image's alone."""

    export: Path

    def command_line(self, invocation: Invocation, builder: str) -> tuple[str, ...]:
        *before, tree = super().command_line(invocation, builder)
        return (*before, "--cache-to", f"type=local,dest={self.export},mode=max", tree)


def test_no_canary_is_in_an_exported_cache(machine: dict[str, str], tmp_path: Path) -> None:
    planted = Planted.make()
    settings = machine_settings(tmp_path / "scratch", {"PATH": "/usr/local/bin:/usr/bin:/bin"})
    settings = replace(settings, npm_registry=Secret(planted.service["BUILD_NPM_REGISTRY"]))
    builder = BuildKitBuilder(settings)
    builder._buildx = CacheExportingBuildx(settings, tmp_path / "cache")
    tree = write_tree(tmp_path / "tree", {**PLAIN, "leak.py": _LEAK, "mode": "print", ".npmrc": "save-exact=true\n"})
    command = f"python3 leak.py && echo {secrets.token_hex(4)}"
    listener = RememberingListener()
    outcome = builder.build(
        request(tree, settings=BuildSettings(pre_build_command=command), variables=planted.variables), listener
    )
    assert isinstance(outcome, Built), (outcome, listener.text)
    scanner = Scanner(planted.canaries)
    scanner.scan_pieces("build log: all lines as one", (line.encode() for line in listener.text.splitlines()))
    known = read_base_layers(machine["BASE_IMAGE"])
    blobs = [path for path in (tmp_path / "cache" / "blobs" / "sha256").iterdir() if f"sha256:{path.name}" not in known]
    for blob in blobs:
        scanner.scan(f"exported cache: {blob.name[:12]}", unpack_layer(blob.read_bytes()))
    sys.stdout.write(f"\n{scanner.report()}\n")
    assert not scanner.findings
    assert len(blobs) > 3
