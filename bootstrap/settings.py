"""Settings: read once, from the environment and from settings files, checked by name.

Every field is documented in `docs/reference/settings.md`, by test.
"""

import base64
import binascii
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import OperatorError

PREFIX: Final = "PUSHWRIGHT_"
FILES_VARIABLE: Final = "PUSHWRIGHT_SETTINGS_FILES"
DEFAULT_FILES: Final = (Path(".pushwright/machine.env"), Path(".pushwright/service.env"))
_KEY_BYTES: Final = 32


def _decode_key(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64 of 32 random bytes: openssl rand -base64 32") from error
    if len(key) != _KEY_BYTES:
        raise ValueError(f"must be base64 of 32 random bytes, not of {len(key)}: openssl rand -base64 32")
    return value


def _check_public_url(url: str) -> str:
    parts = urlsplit(url)
    plain = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}
    if url and (not plain or parts.query or parts.fragment or parts.username is not None):
        raise ValueError("must be a plain http(s) URL with a host and no path, such as https://push.example.com")
    return url.rstrip("/")


def _check_mirror(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"https?://[A-Za-z0-9@:.\[\]/_%+~-]+", value):
        raise ValueError("must be a plain http(s) URL, such as http://mirror.example/debian")
    return value.rstrip("/") if isinstance(value, str) else value


KeyText = Annotated[SecretStr, BeforeValidator(_decode_key)]
MirrorText = Annotated[SecretStr, BeforeValidator(_check_mirror)]
PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
_APP_FIELDS: Final = ("github_app_id", "github_app_private_key_file", "github_webhook_secret")
_MORE_APP_FIELDS: Final = ("github_client_id", "github_client_secret", "github_app_slug")


class Settings(BaseSettings):
    """Everything that can be set. A variable is the field's name in capitals after `PUSHWRIGHT_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path(".pushwright/data"), description="where the service keeps its files")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use; without it an embedded one is started in data_dir"
    )
    encryption_key: KeyText = Field(description="base64 of 32 random bytes; encrypts variables at rest")

    host: str = Field(default="127.0.0.1", description="address the HTTP server listens on")
    port: int = Field(default=8787, ge=0, le=65535, description="port the HTTP server listens on")
    public_url: PublicUrl = Field(
        default="", description="where GitHub and browsers reach the service; empty: http://127.0.0.1:PORT"
    )
    api_token: SecretStr | None = Field(
        default=None, min_length=16, description="bearer token of the API; without it the API is closed"
    )

    github_app_id: int | None = Field(
        default=None, gt=0, description="the App's numeric id; without it the App is created from here"
    )
    github_app_private_key_file: Path | None = Field(default=None, description="the App's private key, a PEM file")
    github_webhook_secret: SecretStr | None = Field(default=None, min_length=1, description="the App's webhook secret")
    github_client_id: str = Field(default="", description="the App's client id, for signing in")
    github_client_secret: SecretStr | None = Field(
        default=None, min_length=1, description="the App's client secret, for signing in"
    )
    github_app_slug: str = Field(default="", description="the App's name in URLs")
    github_webhook_previous_secret: SecretStr | None = Field(
        default=None, min_length=1, description="the webhook secret before the last rotation, accepted as well"
    )
    github_api_url: str = Field(
        default="https://api.github.com", description="GitHub's API; https://HOST/api/v3 for Enterprise Server"
    )
    github_web_url: str = Field(default="https://github.com", description="where repositories are cloned from")
    github_ca_bundle: Path | None = Field(default=None, description="CA certificates to trust for GitHub instead")
    github_proxy: SecretStr | None = Field(default=None, description="HTTP(S) proxy on the way to GitHub")

    docker: str = Field(default="docker", description="the docker command")
    buildx_plugin_dir: Path | None = Field(
        default=None, description="DOCKER_CONFIG directory whose cli-plugins holds docker-buildx; unset: docker's own"
    )
    buildkit_address: str = Field(default="", description="buildkitd to use; empty: the builder docker has")
    registry: str = Field(default="", description="host of the registry images go to; empty: the local engine")
    base_image: str = Field(description="base of every image: an image reference or oci-layout://PATH@DIGEST")
    build_ca_bundle: Path | None = Field(default=None, description="CA certificates package clients in a build trust")
    build_proxy: SecretStr | None = Field(default=None, description="HTTP(S) proxy of package clients in a build")
    build_index_url: SecretStr | None = Field(default=None, description="Python package index of builds")
    build_npm_registry: SecretStr | None = Field(default=None, description="npm registry of builds")
    build_debian_mirror: MirrorText | None = Field(
        default=None, description="Debian mirror of builds, such as http://mirror.example/debian"
    )
    build_memory: str = Field(default="4GiB", description="read by make setup: memory of a build step; 0: no limit")
    build_processes: int = Field(
        default=4096, ge=0, description="read by make setup: processes of a build step; 0: no limit"
    )
    build_disk: str = Field(default="10GiB", description="read by make setup: what a build step may write; 0: no limit")
    build_cpus: float = Field(default=0, ge=0, description="read by make setup: CPUs of a build step; 0: no limit")
    build_network: str = Field(
        default="", description="read by make setup: the IPv4 network of build steps, or `host`; empty: a free one"
    )
    build_network_open: str = Field(
        default="", description="read by make setup: closed addresses that build steps may reach, HOST:PORT with commas"
    )

    preview_limit: int = Field(default=20, ge=0, description="living previews a project may have")
    preview_idle_days: int = Field(
        default=14, ge=1, description="days without activity after which a preview is archived"
    )
    builds_per_node: int = Field(default=2, ge=1, description="builds at the same time")
    install_minutes: float = Field(default=20, gt=0, description="time limit of the install phase")
    build_minutes: float = Field(default=20, gt=0, description="time limit of the build phase")
    publish_minutes: float = Field(default=20, gt=0, description="time limit of the publish phase")
    heartbeat_seconds: float = Field(default=5, gt=0, description="how often a worker says that it lives")
    stalled_after_seconds: float = Field(
        default=20, gt=0, description="silence after which a worker's jobs are taken over"
    )
    log_format: Literal["console", "json"] = Field(default="console", description="how the service's log is written")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")

    @model_validator(mode="after")
    def _require_whole_app(self) -> Self:
        """An App is set whole or not at all: half of one would be neither used nor created."""
        given = {name for name in (*_APP_FIELDS, *_MORE_APP_FIELDS) if getattr(self, name)}
        missing = [name for name in _APP_FIELDS if name not in given]
        if given and missing:
            names = " and ".join(f"{PREFIX}{name.upper()}" for name in missing)
            raise ValueError(f"{names}: missing; the GitHub App is set whole, or not at all to create it from here")
        return self

    @property
    def public_base(self) -> str:
        """Where GitHub and browsers reach the service, without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"


def read_settings() -> Settings:
    """Return the settings of this process.

    Files named in `PUSHWRIGHT_SETTINGS_FILES` (separated like PATH), by default `.pushwright/machine.env` and
    `.pushwright/service.env` where they exist; the environment is stronger than the files.

    Raises:
        OperatorError: `settings_invalid`, one line per setting that is missing, unknown or wrong.
    """
    files = _settings_files(os.environ)  # noqa: TID251 - this is where the environment is read
    unknown = unknown_names(os.environ)  # noqa: TID251 - see above
    problems = [f"{name}: there is no such setting; see docs/reference/settings.md" for name in unknown]
    try:
        settings = Settings(_env_file=files)
    except ValidationError as error:
        problems += [_sentence(detail["loc"], detail["msg"]) for detail in error.errors(include_input=False)]
    else:
        if not problems:
            return settings
    raise OperatorError("settings_invalid", "The settings do not fit:\n  " + "\n  ".join(problems))


def program_environment() -> dict[str, str]:
    """Return what the programs the service starts need of its environment, and nothing that could be a secret."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}  # noqa: TID251 - read here only


def find_variable(name: str) -> str | None:
    """Return a variable somebody named on the command line, None when it is not set."""
    return os.environ.get(name)  # noqa: TID251 - read here only


def unknown_names(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that start like ours and are none."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {FILES_VARIABLE}
    return tuple(sorted(name for name in environment if name.startswith(PREFIX) and name not in known))


def _settings_files(environment: Mapping[str, str]) -> Sequence[Path]:
    named = environment.get(FILES_VARIABLE)
    if named is None:
        return [path for path in DEFAULT_FILES if path.is_file()]
    files = [Path(part) for part in named.split(os.pathsep) if part]
    for path in files:
        if not path.is_file():
            raise OperatorError("settings_invalid", f"{FILES_VARIABLE} names {path}, which is not a file.")
    return files


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    name = str(location[0])
    variable = name.upper() if name.lower().startswith(PREFIX.lower()) else f"{PREFIX}{name.upper()}"
    if message == "Extra inputs are not permitted":
        return f"{variable}: there is no such setting; see docs/reference/settings.md"
    if message == "Field required":
        return f"{variable}: missing; set it in the environment or in a settings file"
    return f"{variable}: {message.removeprefix('Value error, ')}"
