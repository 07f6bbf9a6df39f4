"""Fetching what a deployment is of: its commit, and for what strangers wrote the base branch's configuration."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from domain.deployments import Deployment
from domain.environments import Project
from domain.errors import NotFound
from domain.ports.forge import FetchOptions, Forge, Overlay, SourceFetcher
from domain.ports.store import Store
from domain.source import CloneAccess, FullName, RepositoryAddress

_DEFAULT_CONFIG: Final = "trigger.config.py"
CONFIGURATION: Final = (".npmrc", ".netrc", "pip.conf", "uv.toml", ".pypirc")
"""Files of the repository root that tell package clients where to fetch from.

In a build of what a stranger wrote they come from the base branch, like the config file: whoever writes them decides
whose packages are installed and whom the build talks to before any code of the pull request runs.
"""


@dataclass(frozen=True, slots=True)
class FetchPorts:
    """What fetching needs of the world."""

    store: Store
    forge: Forge
    fetcher: SourceFetcher


@contextmanager
def borrow_access(ports: FetchPorts, address: RepositoryAddress, options: FetchOptions) -> Iterator[CloneAccess]:
    """Give the right to read the repository; it ends with the context, like those to read submodules."""
    access = ports.forge.grant_clone(address)
    try:
        yield access
    finally:
        for granted in (access, *options.grants.values()):
            ports.forge.revoke_clone(granted)


def fetch_options(
    ports: FetchPorts, deployment: Deployment, project: Project, address: RepositoryAddress
) -> FetchOptions:
    """Return how the deployment's commit is fetched.

    What strangers wrote gets no submodules: naming one would be enough to read another private repository.
    """
    pull_request = deployment.pull_request
    if pull_request is not None and not pull_request.trusted:
        config = project.settings.config_path or _DEFAULT_CONFIG
        return FetchOptions(overlay=Overlay(pull_request.base_sha, (config, *CONFIGURATION)))
    if project.git.submodules:
        return FetchOptions(submodules=True, grants=_Grants(ports, address))
    return FetchOptions()


@dataclass
class _Grants(Mapping[str, CloneAccess]):
    """The right to read repositories of the same installation, asked for when a submodule names one."""

    ports: FetchPorts
    address: RepositoryAddress
    _granted: dict[str, CloneAccess] = field(default_factory=dict)

    def __getitem__(self, name: str) -> CloneAccess:
        if name not in self._granted:
            with self.ports.store.transaction() as work:
                stored = work.installations.find_repository(FullName(name))
            if stored is None or stored.address.installation_id != self.address.installation_id:
                raise KeyError(name)
            try:
                self._granted[name] = self.ports.forge.grant_clone(stored.address)
            except NotFound:
                raise KeyError(name) from None
        return self._granted[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._granted)

    def __len__(self) -> int:
        return len(self._granted)
