"""Every request that came and how it was answered, without secrets."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

_REDACTED: Final = "[redacted]"
_SECRETS: Final = ("token", "access_token", "refresh_token", "client_secret", "webhook_secret", "pem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer.

    Attributes:
        kind: `api`, `graphql`, `git` or `web`; bodies are kept of the first two only, queries not of the last.
        path: below the base path, decoded.
        query: as it was sent.
        request_headers: lower-case names; credentials are redacted.
        request_body: raw.
        response_body: raw; tokens and keys in it are redacted.
        complaint: why GitHub would not have accepted it, as found by `on_exchange`.
    """

    kind: str
    method: str
    path: str
    query: str
    request_headers: Mapping[str, str]
    request_body: bytes = field(default=b"", repr=False)
    status: int
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: bytes = field(default=b"", repr=False)
    complaint: str | None = None

    @property
    def request_json(self) -> Any:  # noqa: ANN401 - JSON is any value
        """The request's body as a value, None when there is none or it is not JSON."""
        return _read_json(self.request_body)

    @property
    def response_json(self) -> Any:  # noqa: ANN401 - JSON is any value
        """The response's body as a value, None when there is none or it is not JSON."""
        return _read_json(self.response_body)


ExchangeJudge = Callable[[Exchange], str | None]
"""Looks at an exchange and returns what GitHub would object to, None when nothing."""


class Journal:
    """The exchanges in order, and the judge who sees each API call before it is answered."""

    def __init__(self, judge: ExchangeJudge | None = None) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    def record(self, exchange: Exchange) -> Exchange:
        """Keep the exchange; returns it with the judge's complaint, if there is one."""
        if self._judge is not None and exchange.kind == "api":
            exchange = replace(exchange, complaint=self._judge(exchange))
        with self._lock:
            self._exchanges.append(exchange)
        return exchange

    def list_exchanges(self) -> tuple[Exchange, ...]:
        """Return all exchanges, oldest first."""
        with self._lock:
            return tuple(self._exchanges)


def redact_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name; of a credential only its scheme remains."""
    shown = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    if "authorization" in shown:
        shown["authorization"] = f"{shown['authorization'].partition(' ')[0]} {_REDACTED}"
    return shown


def redact_token(body: bytes) -> bytes:
    """Return a response body without the tokens, secrets and keys in it."""
    document = _read_json(body)
    found = [name for name in _SECRETS if isinstance(document, dict) and name in document]
    return json.dumps({**document, **dict.fromkeys(found, _REDACTED)}).encode() if found else body


def _read_json(body: bytes) -> Any:  # noqa: ANN401 - JSON is any value
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
