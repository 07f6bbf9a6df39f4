"""Real registries with passwords: each form of credentials, with each tool it is meant for."""

import base64
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from builder.buildkit import BuildKitBuilder
from domain.builds import BuildRejected, Built
from domain.environments import BuildSettings
from tests.integration.builder.building import PLAIN, ROOT, RememberingListener, request, write_tree
from tests.integration.builder.reading import RegistryReader
from tests.registries.locked import Wanted, lock_with_pdm, lock_with_pipenv, lock_with_poetry, lock_with_uv
from tests.registries.npm_registry import serve_npm_registry
from tests.registries.python_index import PythonIndex, serve_python_index

pytestmark = pytest.mark.engine

_LIBC: Final = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "ld-linux")
"""The base image's own: node asks for older ones than it has."""
Form = tuple[dict[str, str], dict[str, str]]
"""The repository's files, and the build variables."""
_NPM: Final = ROOT / "tools" / "npm" / "node_modules" / "npm"


@dataclass(frozen=True)
class House:
    """A private index with a package, and another whose package of that name is newer and somebody else's."""

    index: PythonIndex
    public: PythonIndex
    wanted: Wanted

    @property
    def task(self) -> str:
        """A task that is only listed when the package was installed from this index."""
        module = self.wanted.name.replace("-", "_")
        return f"import {module}\n\nassert {module}.VERSION == '1.0'\n{PLAIN['trigger/one.py']}"

    @property
    def netrc(self) -> str:
        host = self.index.host.partition(":")[0]
        return f"machine {host} login {self.index.user} password {self.index.password}\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # A name of its own each time: uv keeps what it downloaded, and asks for no password then.
    name = f"house-{secrets.token_hex(6)}"
    password = secrets.token_hex(12)
    with (
        serve_python_index(tmp_path_factory.mktemp("house"), "reader", password) as index,
        serve_python_index(tmp_path_factory.mktemp("public"), "anybody", "welcome-everybody") as public,
    ):
        sha256 = index.add(name)
        public.add(name, "9.9")
        with_variables = index.url.replace("://", "://${HOUSE_USER}:${HOUSE_PASSWORD}@")
        yield House(index, public, Wanted(name, "1.0", sha256, index.url, with_variables))


def build(
    builder: BuildKitBuilder, tree: Path, variables: Mapping[str, str], settings: BuildSettings | None = None
) -> tuple[object, RememberingListener]:
    listener = RememberingListener()
    wanted = request(tree, variables=variables, settings=settings, image_name="tests/private")
    return builder.build(wanted, listener), listener


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def requirements(house: House, *options: str) -> dict[str, str]:
    return {"requirements.txt": "\n".join([*options, house.wanted.name]) + "\n"}


def of_uv(house: House) -> Form:
    login = {"UV_INDEX_HOUSE_USERNAME": house.index.user, "UV_INDEX_HOUSE_PASSWORD": house.index.password}
    return lock_with_uv(house.wanted), login


def of_poetry(house: House) -> Form:
    names = ("POETRY_HTTP_BASIC_HOUSE_USERNAME", "POETRY_HTTP_BASIC_HOUSE_PASSWORD")
    return lock_with_poetry(house.wanted), dict(zip(names, (house.index.user, house.index.password), strict=True))


def of_pdm(house: House) -> Form:
    return lock_with_pdm(house.wanted), {"HOUSE_USER": house.index.user, "HOUSE_PASSWORD": house.index.password}


def of_pipenv(house: House) -> Form:
    # Both of the spellings that Pipenv knows.
    url = house.wanted.index_with_variables.replace("${HOUSE_USER}", "$HOUSE_USER")
    _, login = of_pdm(house)
    return lock_with_pipenv(replace(house.wanted, index_with_variables=url)), login


def of_pip_variables(house: House) -> Form:
    indexes = {"PIP_INDEX_URL": house.public, "PIP_EXTRA_INDEX_URL": house.index}
    return requirements(house), {name: index.url_with_password for name, index in indexes.items()}


def of_pip_conf(house: House) -> Form:
    own = {"pip.conf": f"[global]\nindex-url = {house.public.url_with_password}\n"}
    conf = f"[global]\nextra-index-url = {house.index.url_with_password}\n"
    return requirements(house) | own, {"PIP_CONF": encode(conf)}


def of_uv_toml(house: House) -> Form:
    conf = f'[[index]]\nurl = "{house.index.url_with_password}"\n'
    return {**requirements(house), "uv.toml": "no-build = true\n"}, {"UV_TOML": encode(conf)}


def of_netrc(house: House) -> Form:
    return requirements(house, f"--index-url {house.index.url}"), {"NETRC": encode(house.netrc)}


def of_url(house: House) -> Form:
    root = house.wanted.index_with_variables.removesuffix("simple/")
    _, login = of_pdm(house)
    return {"requirements.txt": f"{house.wanted.name} @ {root}packages/{house.wanted.file}\n"}, login


@pytest.mark.parametrize(
    "form",
    [
        of_url,
        of_uv,
        of_poetry,
        of_pdm,
        of_pipenv,
        of_pip_variables,
        of_pip_conf,
        of_uv_toml,
        of_netrc,
    ],
    ids=lambda form: form.__name__,
)
def test_a_private_package_is_installed(
    builder: BuildKitBuilder, registry: RegistryReader, house: House, tmp_path: Path, form: Callable[[House], Form]
) -> None:
    files, variables = form(house)
    tree = write_tree(tmp_path, {**PLAIN, **files, "trigger/one.py": house.task})
    outcome, listener = build(builder, tree, variables)
    assert isinstance(outcome, Built), (outcome, listener.text)
    for trace in (house.index.password, encode(f"{house.index.user}:{house.index.password}")):
        assert trace not in repr(listener.heard)
        assert trace.encode() not in registry.everything_after_the_base(outcome.image)


def test_without_the_password_nothing_is_installed(builder: BuildKitBuilder, house: House, tmp_path: Path) -> None:
    never_fetched = replace(house.wanted, name=f"other-{secrets.token_hex(6)}")
    tree = write_tree(tmp_path, {**PLAIN, **lock_with_uv(never_fetched)})
    outcome, _ = build(builder, tree, {})
    assert isinstance(outcome, BuildRejected), outcome
    assert outcome.code == "install_failed"


def test_pip_in_a_command_reads_its_file(builder: BuildKitBuilder, house: House, tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {**PLAIN, "trigger/one.py": house.task})
    host = house.index.host.partition(":")[0]
    conf = f"[global]\nindex-url = {house.index.url_with_password}\ntrusted-host = {host}\n"
    command = BuildSettings(install_command=f"pip install {house.wanted.name}")
    outcome, listener = build(builder, tree, {"PIP_CONF": encode(conf)}, command)
    assert isinstance(outcome, Built), (outcome, listener.text)
    assert house.index.password not in repr(listener.heard)


def test_npm_in_a_command_reads_its_file_and_the_repositorys(
    builder: BuildKitBuilder, registry: RegistryReader, tmp_path: Path
) -> None:
    with serve_npm_registry(_make(tmp_path / "registry")) as house:
        house.add("house")
        own = f"# of the repository\nsave-prefix=~{secrets.token_hex(4)}\n"
        package = '{"dependencies": {"house": "1.0.0"}}'
        files = {".npmrc": own, "package.json": package, "web/package.json": package}
        tree = write_tree(_make(tmp_path / "tree"), {**PLAIN, **files})
        _add_node(tree / "node")
        npm = "node/run /tmp/npm/bin/npm-cli.js install --no-package-lock"
        command = (
            f'tar xf node/npm.tar -C /tmp && test "$(node/run /tmp/npm/bin/npm-cli.js config get save-prefix)" = '
            f"{own.rpartition('=')[2].strip()} && {npm} && {npm} --prefix web && "
            "grep 1.0.0 node_modules/house/index.js web/node_modules/house/index.js && rm -r node"
        )
        outcome, listener = build(
            builder, tree, {"NPM_RC": encode(house.settings)}, BuildSettings(pre_build_command=command)
        )
        assert isinstance(outcome, Built), (outcome, listener.text)
        content = registry.everything_after_the_base(outcome.image)
        assert house.token not in repr(listener.heard)
        assert house.token.encode() not in content
        assert own.encode() in content


def _make(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _add_node(directory: Path) -> None:
    """Bring this machine's node and a whole npm: the base image has neither."""
    directory.mkdir()
    found = shutil.which("node")
    assert found is not None
    node = Path(found).resolve()
    shutil.copy(node, directory / "node")
    needed = subprocess.run(["ldd", str(node)], capture_output=True, text=True, check=True).stdout
    for line in needed.splitlines():
        name, _, path = line.partition(" => ")
        if path and not name.strip().startswith(_LIBC):
            shutil.copy(path.split()[0], directory / name.strip())
    (directory / "run").write_text('#!/bin/sh\nexec env LD_LIBRARY_PATH="${0%/*}" "${0%/*}/node" "$@"\n')
    (directory / "run").chmod(0o755)
    with tarfile.open(directory / "npm.tar", "w") as archive:
        archive.add(_NPM, "npm")
