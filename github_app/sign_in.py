"""People, as GitHub knows them: who somebody is, and which installations are theirs.

GitHub tells it for the person's own token, which is asked for, used and forgotten within one request. It is not
kept, and it stands in no text.
"""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from domain.errors import InvalidInput, OperatorError, TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.ports.secrets import AppCredentials
from domain.pull_requests import Author
from domain.secrets import Secret
from github_app.client import Answer, Call, GitHubClient, GitHubHost, refusal
from github_app.exchange import CodeExchange

_OK: Final = 200
_PAGE_SIZE: Final = 100
_Model = TypeVar("_Model", bound=BaseModel)


class GitHubSignIn:
    """Implements `domain.ports.forge.SignIn`; safe to share between threads."""

    def __init__(self, host: GitHubHost, client: GitHubClient, app: Callable[[], AppCredentials]) -> None:
        """Take what it speaks through.

        Args:
            host: which GitHub.
            client: sends calls to its API.
            app: tells the App as it is now, or raises `OperatorError` (`github_app_missing`).
        """
        self._web_url = host.web_url.rstrip("/")
        self._client = client
        self._exchange = CodeExchange(host)
        self._app = app

    def authorize_url(self, state: str, redirect_uri: str) -> str:
        """Return where a browser goes to let the App know who somebody is."""
        client_id, _ = self._client_of_app()
        query = {"client_id": client_id, "redirect_uri": redirect_uri, "state": state}
        return f"{self._web_url}/login/oauth/authorize?{urlencode(query)}"

    def install_url(self, state: str) -> str:
        """Return where a browser goes to install the App."""
        return f"{self._page_of_app()}/installations/new?{urlencode({'state': state})}"

    def exchange_code(self, code: str) -> Secret:
        """Return the person's token for a code GitHub gave; `InvalidInput` (`github_code_invalid`)."""
        client_id, client_secret = self._client_of_app()
        body = {"client_id": client_id, "client_secret": client_secret.reveal(), "code": code}
        answer = self._exchange.post(f"{self._web_url}/login/oauth/access_token", body)
        try:
            parsed = _TokenAnswer.model_validate(answer.document)
        except ValidationError:
            raise _strange_answer() from None
        if parsed.access_token:
            return Secret(parsed.access_token)
        raise _refused_code(parsed.error or f"status {answer.status}")

    def get_user(self, token: Secret) -> tuple[int, Author]:
        """Return the id and account of whose token it is."""
        answer = self._client.send(Call("GET", "/user"), token)
        if answer.status != _OK:
            raise refusal(answer, "tell who somebody is")
        user = _parse(_User, answer)
        return user.id, Author(user.login, user.avatar_url or "")

    def controls_installation(self, token: Secret, installation_id: InstallationId) -> bool:
        """Whether the person may use the installation, as GitHub says for the person's own token."""
        page = 1
        while True:
            call = Call("GET", "/user/installations", query={"per_page": _PAGE_SIZE, "page": page})
            answer = self._client.send(call, token)
            if answer.status != _OK:
                raise refusal(answer, "tell which installations somebody may use")
            listed = _parse(_Installations, answer).installations
            if any(one.id == installation_id for one in listed):
                return True
            if len(listed) < _PAGE_SIZE:
                return False
            page += 1

    def _client_of_app(self) -> tuple[str, Secret]:
        app = self._app()
        if not app.client_id or not app.client_secret.reveal():
            raise OperatorError(
                "github_client_missing",
                "People cannot sign in: the App's client id and secret are not known here. Set "
                "PUSHWRIGHT_GITHUB_CLIENT_ID and PUSHWRIGHT_GITHUB_CLIENT_SECRET; both stand in the App's settings "
                "on GitHub.",
            )
        return app.client_id, app.client_secret

    def _page_of_app(self) -> str:
        """Return the App's public page, which is elsewhere on GitHub Enterprise Server than on github.com."""
        app = self._app()
        answer = self._client.send_as_app(Call("GET", "/app"))
        if answer.status != _OK:
            raise refusal(answer, "describe the App")
        described = _parse(_App, answer)
        ours = urlsplit(described.html_url)[:2] == urlsplit(self._web_url)[:2]
        return described.html_url if ours else f"{self._web_url}/apps/{quote(app.slug or described.slug, safe='')}"


class _TokenAnswer(BaseModel):
    access_token: str = ""
    error: str = ""


class _User(BaseModel):
    id: int
    login: str
    avatar_url: str | None = None


class _Installation(BaseModel):
    id: int


class _Installations(BaseModel):
    installations: list[_Installation]


class _App(BaseModel):
    slug: str
    html_url: str


def _parse(model: type[_Model], answer: Answer) -> _Model:
    try:
        return model.model_validate(answer.document)
    except ValidationError:
        raise _strange_answer() from None


def _strange_answer() -> TemporarilyUnavailable:
    # Without a word of it: the answer may hold a token.
    return TemporarilyUnavailable(
        "github_unavailable", "GitHub answered with something else than it documents. Start again in a moment."
    )


def _refused_code(error: str) -> InvalidInput | OperatorError:
    if error == "bad_verification_code":
        return InvalidInput(
            "github_code_invalid", "The code from GitHub does not work: it was used before, or is too old. Start again."
        )
    return OperatorError(
        "github_client_refused",
        f"GitHub refused to sign somebody in ({' '.join(error.split())[:80]}): compare the App's client id, client "
        "secret and callback URL in its settings on GitHub with those of this service.",
    )
