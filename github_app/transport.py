"""The connections to GitHub: one pool for all requests."""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from domain.errors import OperatorError
from domain.secrets import Secret


class SharedTransport(httpx.BaseTransport):
    """One connection pool for all requests; githubkit would otherwise open and close one for each."""

    def __init__(self, ca_bundle: Path | None, proxy: Secret | None) -> None:
        context = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True
        self._pool = httpx.HTTPTransport(verify=context, proxy=proxy.reveal() if proxy else None)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request over a connection of the pool."""
        return self._pool.handle_request(request)

    def close(self) -> None:
        """Keep the pool: the client that closes it lives for one request only."""

    def shut(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


def check_base_url(name: str, url: str) -> None:
    """Raise `OperatorError` (`github_url_invalid`) unless the setting is a plain URL of a host."""
    parts = urlsplit(url)
    strange = parts.username or parts.password or parts.query or parts.fragment
    if parts.scheme not in {"https", "http"} or not parts.hostname or strange:
        raise OperatorError(
            "github_url_invalid",
            f"The setting github_{name} is not a plain http(s) URL without credentials and query.",
        )
