"""GitHub's API over HTTP: the only place that knows the client library, its exceptions and its habits.

The habits, each switched off here: no timeout; a response cache; sleeping inside a request until a rate limit
resets; a token cache shared by all hosts; credentials sent to any absolute URL; one connection per request.
"""

import json
import ssl
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from githubkit import AppAuthStrategy, GitHub, TokenAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RateLimitExceeded, RequestError, RequestFailed
from githubkit.typing import RetryOption

from domain.errors import NotFound, OperatorError, ServiceError, TemporarilyUnavailable
from domain.secrets import Secret

USER_AGENT: Final = "pushwright"
_PAUSES: Final = (timedelta(seconds=0.25), timedelta(seconds=1))
_LONGEST_PAUSE: Final = timedelta(seconds=3)
_SERVER_FAULT: Final = 500


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
            _check_base_url(name, getattr(self, name))


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
        repeatable: whether sending it twice does no harm, so that a server fault may be tried again at once.
    """

    method: str
    path: str
    body: Mapping[str, object] | None = None
    query: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or self.path.startswith("//"):
            # An absolute URL would carry the credentials to whatever host it names.
            raise ValueError(f"{self.path!r} is not a path below the API's base URL")


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said, below 500.

    Attributes:
        document: the decoded JSON, None when there is none.
    """

    status: int
    document: object = field(repr=False)

    @property
    def message(self) -> str:
        """GitHub's own words about an error, shortened."""
        message = self.document.get("message") if isinstance(self.document, dict) else None
        return " ".join(str(message or "no message").split())[:200]


class GitHubClient:
    """Sends calls to one GitHub host; safe to share between threads."""

    def __init__(self, host: GitHubHost, identity: AppIdentity) -> None:
        transport = _SharedTransport(host)
        # Also when nobody calls it: open connections do not outlive the client.
        self.close = weakref.finalize(self, transport.shut)
        self._github = GitHub(
            AppAuthStrategy(identity.app_id, identity.private_key.reveal()),
            base_url=host.api_url,
            user_agent=USER_AGENT,
            follow_redirects=False,
            timeout=host.timeout_seconds,
            trust_env=False,
            transport=transport,
            cache_strategy=MemCacheStrategy(),
            http_cache=False,
            auto_retry=decide_retry,
        )

    def send_as_app(self, call: Call) -> Answer:
        """Send `call` in the App's own name; only for the routes GitHub keeps for Apps."""
        return _send(self._github, call)

    def send(self, call: Call, token: Secret) -> Answer:
        """Send `call` with an installation token.

        Raises:
            TemporarilyUnavailable: `github_unavailable`, `github_rate_limited`.
        """
        return _send(self._github.with_auth(TokenAuthStrategy(token.reveal())), call)


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


def decide_retry(error: GitHubException, tries: int) -> RetryOption:
    """Say whether a failed request is sent again, after a pause short enough to wait for inside a job."""
    if isinstance(error, RateLimitExceeded):
        return RetryOption(tries == 0 and error.retry_after <= _LONGEST_PAUSE, error.retry_after)
    if tries < len(_PAUSES) and _is_server_fault(error) and _is_repeatable(error):
        return RetryOption(do_retry=True, retry_after=_PAUSES[tries])
    return RetryOption(do_retry=False)


class _SharedTransport(httpx.BaseTransport):
    """One connection pool for all requests; githubkit would otherwise open and close one for each."""

    def __init__(self, host: GitHubHost) -> None:
        context = ssl.create_default_context(cafile=host.ca_bundle) if host.ca_bundle else True
        proxy = host.proxy.reveal() if host.proxy else None
        self._pool = httpx.HTTPTransport(verify=context, proxy=proxy)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._pool.handle_request(request)

    def close(self) -> None:
        """Keep the pool: the client that closes it lives for one request only."""

    def shut(self) -> None:
        """Close the pool and its connections."""
        self._pool.close()


def _send(github: GitHub[AppAuthStrategy] | GitHub[TokenAuthStrategy], call: Call) -> Answer:
    try:
        response = github.request(call.method, call.path, json=call.body, params=dict(call.query)).raw_response
    except RateLimitExceeded as error:
        raise TemporarilyUnavailable(
            "github_rate_limited",
            f"GitHub's rate limit is used up; it ends in {error.retry_after.total_seconds():.0f} s. "
            "Nothing to do: the work goes on by itself.",
        ) from None
    except RequestFailed as error:
        response = error.response.raw_response
    except (GitHubException, ValueError) as error:
        raise _unavailable(call, _name_of(error)) from None
    if response.status_code >= _SERVER_FAULT:
        raise _unavailable(call, f"status {response.status_code}")
    return Answer(response.status_code, _read_document(call, response))


def _read_document(call: Call, response: httpx.Response) -> object:
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        raise _unavailable(call, f"status {response.status_code} without JSON") from None


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


def _is_server_fault(error: GitHubException) -> bool:
    if isinstance(error, RequestFailed):
        return error.response.status_code >= _SERVER_FAULT
    return isinstance(error, RequestError) and isinstance(error.exc, httpx.TransportError)


def _is_repeatable(error: GitHubException) -> bool:
    request = error.exc.request if isinstance(error, RequestError) else None
    if not isinstance(request, httpx.Request):
        return False
    return request.method in {"GET", "PATCH"} or request.url.path.endswith("/access_tokens")


def _check_base_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    strange = parts.username or parts.password or parts.query or parts.fragment
    if parts.scheme not in {"https", "http"} or not parts.hostname or strange:
        raise OperatorError(
            "github_url_invalid",
            f"The setting github_{name} is not a plain http(s) URL without credentials and query.",
        )
