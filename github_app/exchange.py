"""Codes that GitHub gives a browser, exchanged for what they stand for.

These requests carry no credentials of the App's own; both the code and what it is exchanged for are secrets, so
neither goes into any text.
"""

import json
import weakref
from collections.abc import Mapping
from typing import Final

import httpx

from domain.errors import TemporarilyUnavailable
from github_app.client import USER_AGENT, Answer, GitHubHost
from github_app.transport import SharedTransport

_TOO_MANY: Final = 429


class CodeExchange:
    """Posts codes to one GitHub host, its API or its web pages; safe to share between threads."""

    def __init__(self, host: GitHubHost) -> None:
        transport = SharedTransport(host.ca_bundle, host.proxy)
        # Also when nobody calls it: open connections do not outlive the exchange.
        self.close = weakref.finalize(self, transport.shut)
        self._http = httpx.Client(
            transport=transport,
            timeout=host.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        )

    def post(self, url: str, body: Mapping[str, str] | None = None) -> Answer:
        """Send the body as JSON and return the answer.

        Raises:
            TemporarilyUnavailable: `github_unavailable`.
        """
        try:
            response = self._http.post(url, json=body)
            document = json.loads(response.content) if response.content else None
        except (httpx.HTTPError, ValueError) as error:
            raise _unavailable(type(error).__name__) from None
        if response.is_server_error or response.status_code == _TOO_MANY:
            raise _unavailable(f"status {response.status_code}")
        return Answer(response.status_code, document)


def _unavailable(reason: str) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "github_unavailable",
        f"GitHub did not exchange a code as it should ({reason}). Start again in a moment; "
        "look at GitHub's status page when it stays so.",
    )
