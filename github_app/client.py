"""GitHub's API over HTTP: the only place that knows the client library, its exceptions and its habits.

The habits, each switched off here: no timeout; a response cache; sleeping inside a request until a rate limit
resets; a token cache shared by all hosts; credentials sent to any absolute URL; one connection per request.
"""

import itertools
import json
import time
import weakref
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from githubkit import AppAuthStrategy, GitHub, TokenAuthStrategy, UnauthAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed

from domain.errors import NotFound, OperatorError, ServiceError, TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.secrets import Secret
from github_app.documents import KeptDocument, KeptDocuments
from github_app.limits import Payer, RateLimits, limit_reached, read_refusal, read_spent
from github_app.transport import SharedTransport, check_base_url

USER_AGENT: Final = "pushwright"
_PAUSES: Final = (timedelta(seconds=0.25), timedelta(seconds=1))
_LONGEST_PAUSE: Final = timedelta(seconds=3)
_SERVER_FAULT: Final = 500
_NOT_MODIFIED: Final = 304
_REPEATABLE: Final = frozenset({"GET", "PATCH", "DELETE"})
_REPEATABLE_PATHS: Final = ("/access_tokens", "/graphql")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubHost:
    """Which GitHub, and how it is reached.

    Attributes:
        api_url: `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server.
        web_url: where repositories are cloned from, such as `https://github.com`.
        ca_bundle: certificates to trust instead of the usual ones.
        proxy: HTTP proxy; it may hold credentials.
    """

    api_url: str = "https://api.github.com"
    web_url: str = "https://github.com"
    ca_bundle: Path | None = None
    proxy: Secret | None = None
    timeout_seconds: float = 15.0

    def __post_init__(self) -> None:
        for name in ("api_url", "web_url"):
            check_base_url(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class AppIdentity:
    """Who we are to GitHub.

    Attributes:
        private_key: the App's key in PEM form.
    """

    app_id: int
    private_key: Secret

    def __post_init__(self) -> None:
        try:
            key = load_pem_private_key(self.private_key.reveal().encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise OperatorError(
                "github_app_key_invalid",
                "The GitHub App's private key is not an RSA key in PEM form: "
                "generate one in the App's settings and give the downloaded file unchanged.",
            )


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API.

    Attributes:
        path: below the API's base, every untrusted part of it percent-encoded already.
        adds: whether GitHub adds what it is sent to what is there, so that sending it twice does harm.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    query: Mapping[str, str | int] = field(default_factory=dict)
    adds: bool = False

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.startswith("//"):
            # An absolute URL would carry the credentials to whatever host it names.
            raise ValueError(f"{self.path!r} is not a path below the API's base URL")

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no harm, so that a server fault may be tried again at once."""
        return not self.adds and (self.method in _REPEATABLE or self.path.endswith(_REPEATABLE_PATHS))

    @property
    def resource(self) -> str:
        """Which of GitHub's limits it counts against."""
        return "graphql" if self.path == "/graphql" else "core"


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said, below 500.

    Attributes:
        document: the decoded JSON, None when there is none.
        next_page: the query of the next page, empty on the last one.
    """

    status: int
    document: object = field(repr=False)
    next_page: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """GitHub's own words about an error, shortened."""
        message = self.document.get("message") if isinstance(self.document, dict) else None
        return " ".join(str(message or "no message").split())[:200]


class GitHubClient:
    """Sends calls to one GitHub host; safe to share between threads."""

    def __init__(self, host: GitHubHost, identity: "IdentitySource") -> None:
        transport = SharedTransport(host.ca_bundle, host.proxy)
        # Also when nobody calls it: open connections do not outlive the client.
        self.close = weakref.finalize(self, transport.shut)
        self._limits = RateLimits()
        self._documents = KeptDocuments()
        self._identity = identity
        self._github = GitHub(
            UnauthAuthStrategy(),
            base_url=host.api_url,
            user_agent=USER_AGENT,
            follow_redirects=False,
            timeout=host.timeout_seconds,
            trust_env=False,
            transport=transport,
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=False,
        )

    @property
    def app(self) -> AppIdentity:
        """Who we are to GitHub now."""
        return self._identity() if callable(self._identity) else self._identity

    def send_as_app(self, call: Call) -> Answer:
        """Send `call` in the App's own name; only for the routes GitHub keeps for Apps."""
        strategy = AppAuthStrategy(self.app.app_id, self.app.private_key.reveal())
        return self._send(self._github.with_auth(strategy), call, "app")

    def send(self, call: Call, token: Secret, installation_id: InstallationId | None = None) -> Answer:
        """Send `call` with a token; it counts against the limit of the installation, if that is known.

        Raises:
            TemporarilyUnavailable: `github_unavailable`, `github_rate_limited`.
        """
        github = self._github.with_auth(TokenAuthStrategy(token.reveal()))
        return self._send(github, call, token if installation_id is None else installation_id)

    def _send(self, github: "_GitHub", call: Call, payer: Hashable) -> Answer:
        asked = (payer, call.path, tuple(sorted(call.query.items())))
        kept = self._documents.find(asked) if call.method == "GET" else None
        response = self._repeat(github, call, Payer(payer, call.resource), kept)
        if kept is not None and response.status_code == _NOT_MODIFIED:
            return _read_answer(call, httpx.codes.OK, kept)
        fresh = KeptDocument(response.headers.get("etag", ""), response.content, response.headers.get("link", ""))
        if call.method == "GET" and response.status_code == httpx.codes.OK:
            self._documents.keep(asked, fresh)
        return _read_answer(call, response.status_code, fresh)

    def _repeat(self, github: "_GitHub", call: Call, payer: Payer, kept: KeptDocument | None) -> httpx.Response:
        for tries in itertools.count():
            self._limits.check(payer)
            try:
                return self._try(github, call, payer, kept)
            except TemporarilyUnavailable as fault:
                pause = find_pause(call, fault, tries)
                if pause is None:
                    raise
            time.sleep(pause.total_seconds())
        raise AssertionError("counting ends")

    def _try(self, github: "_GitHub", call: Call, payer: Payer, kept: KeptDocument | None) -> httpx.Response:
        headers = {"if-none-match": kept.etag} if kept else {}
        response = _request(github, call, headers)
        refused = read_refusal(response.status_code, response.headers, response.text)
        wait = refused or read_spent(response.headers)
        if wait is not None:
            self._limits.learn(payer, wait)
        if refused is not None:
            raise limit_reached(refused)
        if response.status_code >= _SERVER_FAULT:
            raise _unavailable(call, f"status {response.status_code}")
        return response


IdentitySource = AppIdentity | Callable[[], AppIdentity]
"""Who we are to GitHub, or how to learn it each time: the App may be created while the service runs."""
_GitHub = GitHub[AppAuthStrategy] | GitHub[TokenAuthStrategy]


def refusal(answer: Answer, doing: str) -> ServiceError:
    """Return the error for an answer nobody expected.

    Args:
        answer: what GitHub said.
        doing: what was asked for, to go after "refused to".
    """
    what = f"GitHub refused to {doing} ({answer.status}: {answer.message})."
    match answer.status:
        case 403 if "suspended" in answer.message.lower():
            return not_accessible("the installation is suspended")
        case 401:
            return OperatorError(
                "github_app_unauthorized", f"{what} Compare the App's id and private key with its settings on GitHub."
            )
        case 403:
            return OperatorError(
                "github_permission_missing",
                f"{what} Give the App the permissions listed in docs/reference/github-app.md "
                "and accept them for the installation.",
            )
        case _:
            return OperatorError("github_request_refused", f"{what} This is a fault in Pushwright: please report it.")


def not_accessible(reason: str) -> NotFound:
    """Return the error for a repository the App cannot see, or not any more."""
    return NotFound(
        "repository_not_accessible",
        f"The GitHub App cannot see the repository ({reason}): give the App access to it in the installation's "
        "settings on GitHub, or connect the project anew.",
    )


def find_pause(call: Call, fault: TemporarilyUnavailable, tries: int) -> timedelta | None:
    """Return after which pause the call is sent again; None when that would take too long or do harm."""
    if fault.retry_after is not None:
        return fault.retry_after if tries == 0 and fault.retry_after <= _LONGEST_PAUSE else None
    return _PAUSES[tries] if call.is_repeatable and tries < len(_PAUSES) else None


def _request(github: _GitHub, call: Call, headers: Mapping[str, str]) -> httpx.Response:
    try:
        sent = github.request(call.method, call.path, json=call.body, params=dict(call.query), headers=headers)
    except (RateLimitExceeded, RequestFailed) as error:
        return error.response.raw_response
    except (GitHubException, ValueError) as error:
        raise _unavailable(call, _name_of(error)) from None
    return sent.raw_response


def _read_answer(call: Call, status: int, document: KeptDocument) -> Answer:
    try:
        decoded = json.loads(document.content) if document.content else None
    except ValueError:
        raise _unavailable(call, f"status {status} without JSON") from None
    return Answer(status, decoded, document.next_page)


def _unavailable(call: Call, reason: str) -> TemporarilyUnavailable:
    return TemporarilyUnavailable(
        "github_unavailable",
        f"GitHub did not answer {call.method} {call.path} as it should ({reason}). "
        "It is tried again; look at GitHub's status page when it stays so.",
    )


def _name_of(error: Exception) -> str:
    # Only the kind of fault: the texts of the library's exceptions may hold what was sent.
    cause = error.exc if isinstance(error, RequestError) else error
    return type(cause).__name__
