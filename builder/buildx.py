"""`docker buildx`, through python-on-whales: the only import of it.

It writes the command lines; who runs a build is `builder.child`, because python-on-whales can neither end a build it
began nor give it an environment.
"""

import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from python_on_whales import DockerClient, Image
from python_on_whales.exceptions import DockerException

from builder.invocation import Invocation
from builder.settings import BuilderSettings
from domain.errors import TemporarilyUnavailable

_PROBE_SECONDS: Final = 3.0
_RECORDER: Final = ["printf", r"%s\0"]
"""Stands in for docker where only the arguments are wanted: prints them and does nothing."""


@dataclass(frozen=True, slots=True)
class Buildx:
    """The docker command with a private buildx configuration."""

    settings: BuilderSettings

    @property
    def environment(self) -> dict[str, str]:
        """The environment every docker command gets."""
        own = {
            "BUILDX_CONFIG": str(self.settings.scratch / "buildx"),
            # buildx would run git in the repository, and a repository's git configuration names programs.
            "BUILDX_GIT_INFO": "0",
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
            # Otherwise buildx asks BuildKit, after each push, for a provenance that nobody here reads.
            "BUILDX_METADATA_PROVENANCE": "disabled",
        }
        if self.settings.buildx_plugin_dir is not None:
            own["DOCKER_CONFIG"] = str(self.settings.buildx_plugin_dir)
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", **self.settings.environment, **own}

    def prepare(self) -> str:
        """Make sure that the builder answers and is known to buildx; return its name, empty for docker's own.

        Raises:
            TemporarilyUnavailable: `builder_unavailable`.
        """
        address = self.settings.buildkit_address
        if not address:
            return ""
        self.probe()
        name = f"pushwright-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
        if not self._knows(name):
            self._create(name, address)
        return name

    def probe(self) -> None:
        """Raise `TemporarilyUnavailable` (`builder_unavailable`) unless somebody listens at the builder's address."""
        address = self.settings.buildkit_address
        if not address:
            return
        try:
            _connect(address)
        except (OSError, ValueError) as error:
            raise TemporarilyUnavailable(
                "builder_unavailable",
                f"BuildKit does not answer at {address} ({error}). Start it, or correct PUSHWRIGHT_BUILDKIT_ADDRESS.",
            ) from error

    def command_line(self, invocation: Invocation, builder: str) -> tuple[str, ...]:
        """Return the command that does what the invocation says."""
        arguments = build_arguments(invocation, builder)
        directory = self.settings.buildx_plugin_dir
        if directory is None:
            return (self.settings.docker, *arguments)
        # The plugin works alone too, and docker in front of it costs 35 ms and a process.
        return (str(directory / "cli-plugins" / "docker-buildx"), *arguments[1:])

    def _knows(self, name: str) -> bool:
        return (self.settings.scratch / "buildx" / "instances" / name).is_file()

    def _create(self, name: str, address: str) -> None:
        variables = [f"{key}={value}" for key, value in self.environment.items()]
        client = DockerClient(client_call=["env", *variables, self.settings.docker])
        try:
            client.buildx.create(address, name=name, driver="remote")
        except DockerException as error:
            if self._knows(name):
                return  # another worker was first
            raise TemporarilyUnavailable(
                "builder_unavailable",
                f"docker buildx cannot be set up ({error.stderr or error}). Check PUSHWRIGHT_DOCKER and "
                "PUSHWRIGHT_BUILDX_PLUGIN_DIR.",
            ) from error


def build_arguments(invocation: Invocation, builder: str) -> tuple[str, ...]:
    """Return the arguments python-on-whales gives docker for the build."""
    recorder = DockerClient(client_call=list(_RECORDER))
    recorded = recorder.buildx.build(
        invocation.tree,
        build_contexts=dict(invocation.contexts),
        builder=builder or None,
        cache=invocation.use_cache,
        file=invocation.containerfile,
        labels=dict(invocation.labels),
        metadata_file=invocation.metadata_file,
        output=dict(invocation.output),
        progress="rawjson",  # type: ignore[arg-type]  # works, the annotation of 0.81 is older
        provenance=False,
        sbom=False,
        secrets=list(invocation.secrets),
        target=invocation.target,
        stream_logs=True,
    )
    if recorded is None or isinstance(recorded, Image):
        raise TypeError("python-on-whales streams when asked to")
    text = "".join(recorded)
    return tuple(text.removesuffix("\0").split("\0"))


def _connect(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_PROBE_SECONDS)
            probe.connect(str(Path(parts.path)))
        return
    if parts.hostname is None or parts.port is None:
        raise ValueError("it is neither unix://PATH nor tcp://HOST:PORT")
    socket.create_connection((parts.hostname, parts.port), timeout=_PROBE_SECONDS).close()
