"""Signing in on the simulated GitHub: codes, people, and which installations are theirs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from domain.errors import InvalidInput, OperatorError, ServiceError, TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.ports.secrets import AppCredentials
from domain.secrets import Secret
from github_app.client import AppIdentity, GitHubClient, GitHubHost
from github_app.sign_in import GitHubSignIn
from github_app.simulator.server import SimulatedGitHub
from github_app.simulator.settings import SimulatorSettings
from tests.fakes.openapi_oracle import OpenApiOracle

CALLBACK = "http://127.0.0.1:8787/github/callback"


@dataclass
class Scene:
    """GitHub with the organisation `acme` of `ann`; `sign_in` follows `app`."""

    github: SimulatedGitHub
    app: AppCredentials

    @property
    def sign_in(self) -> GitHubSignIn:
        host = GitHubHost(api_url=self.github.base_url, web_url=self.github.page_url, timeout_seconds=5)
        client = GitHubClient(host, AppIdentity(self.app.app_id, self.app.private_key))
        return GitHubSignIn(host, client, lambda: self.app)

    def code(self) -> str:
        url = self.sign_in.authorize_url("the state", CALLBACK)
        back = httpx.get(url, trust_env=False).headers["location"]
        return dict(parse_qsl(urlsplit(back).query))["code"]


@pytest.fixture
def scene(tmp_path: Path, private_key: str, oracle: OpenApiOracle) -> Iterator[Scene]:
    settings = SimulatorSettings(
        root=tmp_path / "github",
        webhook_url="http://127.0.0.1:9/",
        webhook_secret="secret",
        private_key_pem=private_key,
        callback_url=CALLBACK,
    )
    github = SimulatedGitHub(settings, on_exchange=oracle.judge)
    github.create_repository("acme", "shop")
    github.set_members("acme", {"ann": "admin"})
    github.create_account("eve")
    app = AppCredentials(
        app_id=1,
        slug="",
        private_key=Secret(private_key),
        webhook_secret=Secret("secret"),
        client_id=settings.client_id,
        client_secret=Secret(settings.client_secret),
    )
    with github.serve():
        github.sign_in("ann")
        yield Scene(github, app)
    assert github.complaints == ()


def code_of(error: pytest.ExceptionInfo[ServiceError]) -> str:
    return error.value.code


def test_a_code_becomes_a_token_and_the_token_a_person(scene: Scene) -> None:
    user_id, account = scene.sign_in.get_user(scene.sign_in.exchange_code(scene.code()))

    assert account.login == "ann"
    assert user_id == scene.github.simulation.state.find_account("ann").id  # type: ignore[union-attr]  # she exists


def test_a_code_works_once(scene: Scene) -> None:
    code = scene.code()
    scene.sign_in.exchange_code(code)

    with pytest.raises(InvalidInput) as refused:
        scene.sign_in.exchange_code(code)
    assert code_of(refused) == "github_code_invalid"


def test_a_wrong_client_secret_is_the_operators_and_is_not_shown(scene: Scene) -> None:
    code = scene.code()
    scene.app = replace(scene.app, client_secret=Secret("a wrong secret"))

    with pytest.raises(OperatorError) as refused:
        scene.sign_in.exchange_code(code)
    assert code_of(refused) == "github_client_refused"
    assert "a wrong secret" not in refused.value.sentence


def test_without_a_client_nobody_is_sent_away(scene: Scene) -> None:
    scene.app = replace(scene.app, client_id="")

    with pytest.raises(OperatorError) as refused:
        scene.sign_in.authorize_url("the state", CALLBACK)
    assert code_of(refused) == "github_client_missing"


def test_a_person_controls_their_own_installations_and_no_others(scene: Scene) -> None:
    installation = InstallationId(scene.github.install("acme").id)
    ann = scene.sign_in.exchange_code(scene.code())
    scene.github.sign_in("eve")
    eve = scene.sign_in.exchange_code(scene.code())

    assert scene.sign_in.controls_installation(ann, installation) is True
    assert scene.sign_in.controls_installation(eve, installation) is False
    assert scene.sign_in.controls_installation(ann, InstallationId(installation + 1)) is False


def test_an_installation_on_the_second_page_is_found(scene: Scene) -> None:
    for number in range(101):
        scene.github.create_account(f"org-{number}", "Organization")
        scene.github.set_members(f"org-{number}", {"ann": "admin"})
        last = scene.github.install(f"org-{number}").id
    token = scene.sign_in.exchange_code(scene.code())

    assert scene.sign_in.controls_installation(token, InstallationId(last)) is True


def test_the_app_is_installed_on_the_page_github_names(scene: Scene) -> None:
    assert scene.sign_in.install_url("s&t") == (f"{scene.github.page_url}apps/pushwright/installations/new?state=s%26t")


def test_a_github_that_is_away_is_told_without_the_code(scene: Scene) -> None:
    host = GitHubHost(api_url="http://127.0.0.1:9", web_url="http://127.0.0.1:9", timeout_seconds=1)
    client = GitHubClient(host, AppIdentity(1, scene.app.private_key))

    with pytest.raises(TemporarilyUnavailable) as away:
        GitHubSignIn(host, client, lambda: scene.app).exchange_code("a-secret-code")
    assert code_of(away) == "github_unavailable"
    assert "a-secret-code" not in away.value.sentence
