"""What the routes and commands are given in tests, with fakes for the world around them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.services import Access, ApiServices
from cli.services import CliServices
from domain.errors import InvalidInput
from domain.identifiers import InstallationId
from domain.ports.forge import AppForm, AppMaker, Forge, SignIn
from domain.ports.jobs import Clock
from domain.ports.secrets import AppCredentials
from domain.ports.store import Store, UnitOfWork
from domain.pull_requests import Author
from domain.secrets import Secret
from operations.app_lookup import AppLookup, AppSettings
from tests.fakes.builds import FolderFetcher, SystemClock
from tests.fakes.forge import ADDRESS, RecordingForge

API_TOKEN = Secret("the token of the API")
CREATION_KEY = Secret("the key of the link")
PUBLIC_URL = "http://127.0.0.1:8787"
APP = AppCredentials(
    app_id=12,
    slug="pushwright-test",
    private_key=Secret("a private key"),
    webhook_secret=Secret("a webhook secret"),
    client_id="Iv23liClient",
    client_secret=Secret("a client secret"),
)


class UntouchedStore:
    """A store that a test must get by without."""

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        raise AssertionError("The store was asked, although nothing was to be looked at.")

    def ping(self) -> None:
        self.transaction()


@dataclass
class Api:
    """A program that uses the API."""

    client: TestClient

    def ask(self, method: str, path: str, body: object = None, *, status: int = 200, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Ask what must be answered with `status`, and return the answer."""
        answer = self._send(method, path, body, query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refuse(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, str, str]:
        """Ask what must be refused, and return the status, code and sentence."""
        answer = self._send(method, path, body, query)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"], answer.json()["detail"]

    def _send(self, method: str, path: str, body: object, query: dict[str, Any]) -> Response:
        return self.client.request(method, f"/api/v1{path}", json=body, params=query or None)


def api_of(services: ApiServices) -> Api:
    """Return a program that has the API's token."""
    client = TestClient(create_app(services), raise_server_exceptions=False)
    client.headers["Authorization"] = f"Bearer {API_TOKEN.reveal()}"
    return Api(client)


def app_with(webhook_secret: Secret, previous: Secret | None = None) -> AppCredentials:
    """Return an App with these webhook secrets."""
    return replace(APP, webhook_secret=webhook_secret, previous_webhook_secret=previous)


@dataclass
class RecordingSignIn:
    """A GitHub whose people are set by the test: each code is one person's, each person has installations."""

    people: dict[str, tuple[int, str]] = field(default_factory=lambda: {"code-of-ada": (1, "ada")})
    installations: dict[str, set[int]] = field(default_factory=lambda: {"ada": {ADDRESS.installation_id}})
    exchanged: list[str] = field(default_factory=list)

    def authorize_url(self, state: str, redirect_uri: str) -> str:
        return f"https://github.example/login/oauth/authorize?state={state}&redirect_uri={redirect_uri}"

    def install_url(self, state: str) -> str:
        return f"https://github.example/apps/pushwright-test/installations/new?state={state}"

    def exchange_code(self, code: str) -> Secret:
        if code not in self.people or code in self.exchanged:
            raise InvalidInput("github_code_invalid", "The code does not work.")
        self.exchanged.append(code)
        return Secret(f"token for {code}")

    def get_user(self, token: Secret) -> tuple[int, Author]:
        user_id, login = self.people[self._code_of(token)]
        return user_id, Author(login, f"https://avatars.example/{login}")

    def controls_installation(self, token: Secret, installation_id: InstallationId) -> bool:
        _, login = self.people[self._code_of(token)]
        return installation_id in self.installations.get(login, set())

    def _code_of(self, token: Secret) -> str:
        return token.reveal().removeprefix("token for ")


@dataclass
class RecordingAppMaker:
    """A GitHub that makes the App `APP` for one code."""

    redeemed: list[str] = field(default_factory=list)

    def draft(self, state: str, organization: str = "") -> AppForm:
        owner = f"/organizations/{organization}" if organization else ""
        return AppForm(f"https://github.example{owner}/settings/apps/new?state={state}", '{"name": "pushwright"}')

    def redeem(self, code: str) -> AppCredentials:
        if code != "code-of-app" or self.redeemed:
            raise InvalidInput("github_code_invalid", "The code does not work.")
        self.redeemed.append(code)
        return APP


@dataclass(frozen=True)
class World:
    """What is around the service."""

    forge: Forge = field(default_factory=RecordingForge)
    sign_in: SignIn = field(default_factory=RecordingSignIn)
    maker: AppMaker = field(default_factory=RecordingAppMaker)
    clock: Clock = field(default_factory=SystemClock)


ACCESS = Access(
    public_url=PUBLIC_URL,
    github_url="https://github.example",
    api_token=API_TOKEN,
    creation_key=CREATION_KEY,
    session_key=Secret("5e" * 32),
)


def lookup_with(store: Store, app: AppCredentials | None, clock: Clock | None = None) -> AppLookup:
    """Return a lookup whose settings have this App."""
    creation_url = f"{PUBLIC_URL}/github/app/new?key={CREATION_KEY.reveal()}"
    return AppLookup(store, clock or SystemClock(), AppSettings(app, creation_url=creation_url))


def services_with(
    store: Store, *, app: AppCredentials | None = APP, world: World | None = None, access: Access = ACCESS
) -> ApiServices:
    """Return what the routes are given; without an App in the settings for None."""
    around = world or World()
    return ApiServices(
        store=store,
        clock=around.clock,
        forge=around.forge,
        lookup=lookup_with(store, app, around.clock),
        sign_in=around.sign_in,
        maker=around.maker,
        access=access,
    )


def cli_services_with(store: Store, forge: Forge, *, app: AppCredentials | None = APP) -> CliServices:
    """Return what the commands are given."""
    return CliServices(store, forge, FolderFetcher(Path()), SystemClock(), lookup_with(store, app), PUBLIC_URL)
