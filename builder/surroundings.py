"""What the commands of a build meet besides the repository: variables, certificates, the service's addresses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from builder import debian, scripts
from builder.credentials import Credentials, find_credentials, is_file_alone, uv_secret
from builder.install import Install
from builder.plan import Bind, Cache, Mount, SecretFile, SecretVariable
from builder.settings import BuilderSettings
from builder.source_tree import SourceTree
from domain.builds import BUILD_VARIABLE_PREFIX, BuildRequest
from domain.errors import InvalidInput
from domain.secrets import Secret, keyed_hash

CA: Final = "ca"
PROXY: Final = "proxy"
INDEX_URL: Final = "index-url"
NPM_REGISTRY: Final = "npm-registry"
DEBIAN_MIRROR: Final = "debian-mirror"
_PROXY_NAMES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_INDEX_NAMES: Final = ("UV_DEFAULT_INDEX", "PIP_INDEX_URL")
_NPM_NAMES: Final = ("NPM_CONFIG_REGISTRY",)
_VARIABLE: Final = re.compile(r"[A-Za-z0-9_]+")
_FINGERPRINT_DIGITS: Final = 32
UV: Final = Bind("/usr/local/bin/uv", "uv", "kit")
UV_CACHE: Final = Cache("pushwright-uv", scripts.UV_CACHE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command meets besides the repository.

    Attributes:
        variables: those that are seen as variables.
        fingerprints: keyed hashes of the variables and of what was made of them, by name.
        credentials: files and variables made of the build variables.
    """

    variables: Mapping[str, Secret]
    fingerprints: Mapping[str, str]
    settings: BuilderSettings
    credentials: Credentials

    @property
    def given(self) -> scripts.Given:
        """What the scripts have to know of it."""
        return scripts.Given(self.settings.ca_bundle is not None, self.fingerprints, self.credentials.links)

    @property
    def has_mirror(self) -> bool:
        """Whether Debian packages come from elsewhere than Debian's own servers."""
        return self.settings.debian_mirror is not None

    def list_secrets(self, *, with_index: bool, for_uv: bool = False) -> tuple[Mount, ...]:
        """Return the mounts that give a step its secrets.

        Args:
            with_index: adds the service's package index.
            for_uv: adds pip's settings in uv's words.
        """
        settings = self.settings
        service = self._find_proxies()
        if settings.index_url is not None and with_index:
            service |= dict.fromkeys(_INDEX_NAMES, INDEX_URL)
        if settings.npm_registry is not None:
            service |= dict.fromkeys(_NPM_NAMES, NPM_REGISTRY)
        # A project's own variable is stronger than the service's setting.
        by_name = {name: secret for name, secret in service.items() if name not in self.credentials.outranked}
        by_name |= {name: variable_secret(name) for name in self.variables}
        by_name |= {name: uv_secret(name) for name in self.credentials.for_uv if for_uv}
        files = (SecretFile(file.secret, file.target) for file in self.credentials.files)
        return (*self._list_ca(), *files, *_list_variables(by_name))

    def list_variables(self) -> tuple[Mount, ...]:
        """Return the mounts that give a step the project's variables and nothing of the service's."""
        return _list_variables({name: variable_secret(name) for name in self.variables})

    def list_service_secrets(self) -> tuple[Mount, ...]:
        """Return the mounts that a download from a public place needs, in which no project has a part."""
        return (*self._list_ca(), *_list_variables(self._find_proxies()))

    def list_debian_secrets(self) -> tuple[Mount, ...]:
        """Return the mounts with which a step of ours reaches Debian packages."""
        mirror = {debian.MIRROR: DEBIAN_MIRROR} if self.has_mirror else {}
        return (*self._list_ca(), *_list_variables(self._find_proxies() | mirror))

    def _find_proxies(self) -> dict[str, str]:
        return dict.fromkeys(_PROXY_NAMES if self.settings.proxy is not None else (), PROXY)

    def _list_ca(self) -> tuple[Mount, ...]:
        return (SecretFile(CA, scripts.CA_FILE),) if self.settings.ca_bundle is not None else ()


def find_surroundings(
    request: BuildRequest, tree: SourceTree, install: Install, settings: BuilderSettings
) -> Surroundings:
    """Return what the commands of a build meet.

    Raises:
        InvalidInput: `build_variable_invalid`, `registry_file_invalid`, `source_path_invalid`.
    """
    _check_variables(request.variables)
    credentials = find_credentials(request.variables, tree, install)
    # Files too: what the repository adds to them is in no variable.
    values = {**request.variables, **credentials.values}
    fingerprints = {name: _fingerprint(settings.key, name, value) for name, value in values.items()}
    variables = {name: value for name, value in request.variables.items() if not is_file_alone(name)}
    return Surroundings(variables, fingerprints, settings, credentials)


def _list_variables(by_name: Mapping[str, str]) -> tuple[Mount, ...]:
    return tuple(SecretVariable(by_name[name], name) for name in sorted(by_name))


def variable_secret(name: str) -> str:
    """Return what the secret behind a build variable is called."""
    return f"variable-{name}"


def _check_variables(variables: Mapping[str, Secret]) -> None:
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            raise _invalid_variable(name, "use A-Z, a-z, 0-9 and _ only")
        if "\0" in value.reveal():
            raise _invalid_variable(name, "its value has a NUL character, which no environment can hold")


def _invalid_variable(name: str, reason: str) -> InvalidInput:
    return InvalidInput(
        "build_variable_invalid", f"{BUILD_VARIABLE_PREFIX}{name[:80]} cannot be a variable of a build: {reason}."
    )


def _fingerprint(key: Secret, name: str, value: Secret) -> str:
    return keyed_hash(key, f"{name}\0{value.reveal()}")[:_FINGERPRINT_DIGITS]
