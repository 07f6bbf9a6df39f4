"""What whoever runs the service decides about builds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from builder.wheels.base_python import BasePython
from domain.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderSettings:
    """Where builds run, what they stand on and where images go.

    Attributes:
        scratch: a directory of the builder's own; it is created when it is missing.
        base_image: an image reference, or `oci-layout://PATH@DIGEST`.
        key: keys the hashes by which a build notices a changed variable; any long random text that stays the same.
        docker: the docker command.
        buildx_plugin_dir: the DOCKER_CONFIG directory that holds the buildx plugin; None: docker's own.
        buildkit_address: `unix://…` or `tcp://…` of a buildkitd; empty: the builder docker has.
        registry: host of the registry; empty: images are loaded into the local engine.
        ca_bundle: certificates that package clients trust during install and pre-build.
        proxy: HTTP(S) proxy of package clients.
        index_url: Python package index for installs that no lock ties to an index.
        npm_registry: npm registry.
        debian_mirror: where Debian packages come from instead of Debian's own servers.
        environment: what the docker command needs of the service's environment, such as PATH and HOME.
        use_cache: False makes every step run anew.
        python: what Python the base image has; None: not known, so dependencies are installed in one step.
    """

    scratch: Path
    base_image: str
    key: Secret
    docker: str = "docker"
    buildx_plugin_dir: Path | None = None
    buildkit_address: str = ""
    registry: str = ""
    ca_bundle: Path | None = None
    proxy: Secret | None = None
    index_url: Secret | None = None
    npm_registry: Secret | None = None
    debian_mirror: Secret | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    use_cache: bool = True
    python: BasePython | None = None
