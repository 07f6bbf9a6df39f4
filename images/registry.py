"""The registry images are kept in, over the OCI distribution API."""

from typing import Final

import httpx

from domain.errors import TemporarilyUnavailable
from images.reference import ImageReference

_ACCEPTED: Final = (
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json"
)


class Registry:
    """One registry without login, as the single-machine set-up runs it."""

    def __init__(self, host: str, *, insecure: bool = False, timeout_seconds: float = 5.0) -> None:
        scheme = "http" if insecure or host.partition(":")[0] in {"localhost", "127.0.0.1"} else "https"
        self._host = host
        self._client = httpx.Client(base_url=f"{scheme}://{host}/v2/", timeout=timeout_seconds, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def find_digest(self, reference: ImageReference) -> str | None:
        """Return the digest the reference has in the registry, None when the registry does not have it.

        Raises:
            TemporarilyUnavailable: `registry_unavailable`.
        """
        response = self._ask("HEAD", reference)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return response.headers.get("Docker-Content-Digest") or None

    def delete(self, reference: ImageReference) -> None:
        """Delete the manifest the reference's digest names; nothing happens when it is gone already.

        Raises:
            TemporarilyUnavailable: `registry_unavailable`.
        """
        self._ask("DELETE", reference)

    def _ask(self, method: str, reference: ImageReference) -> httpx.Response:
        address = f"{reference.name}/manifests/{reference.digest or reference.tag}"
        try:
            response = self._client.request(method, address, headers={"Accept": _ACCEPTED})
        except httpx.TransportError as error:
            raise self._unavailable("it does not answer") from error
        if response.status_code >= httpx.codes.BAD_REQUEST and response.status_code != httpx.codes.NOT_FOUND:
            raise self._unavailable(f"it answered {response.status_code}")
        return response

    def _unavailable(self, reason: str) -> TemporarilyUnavailable:
        return TemporarilyUnavailable(
            "registry_unavailable",
            f"The registry {self._host} cannot be used: {reason}. Check that it runs (PUSHWRIGHT_REGISTRY).",
        )
