"""The App is installed on GitHub; an installation counts here once GitHub says that it is the person's own."""

from urllib.parse import urlsplit

import httpx
import pytest

from bootstrap.wiring import Service
from domain.identifiers import InstallationId
from github_app.simulator.server import SimulatedGitHub
from tests.integration.edges.browsing import Browser, query_of

pytestmark = pytest.mark.postgres


def known(service: Service) -> list[tuple[str, list[str]]]:
    """The accounts of the installations that are known, each with the repositories it sees."""
    with service.store.transaction() as work:
        return [
            (
                one.account.login if one.account else "",
                [seen.repository.full_name for seen in work.installations.search_repositories(one.id, "", limit=1000)],
            )
            for one in work.installations.list_all()
        ]


def code_of(refused: httpx.Response) -> tuple[int, str]:
    return refused.status_code, refused.json()["code"]


def begin(browser: Browser, public_url: str, path: str = "/github/install") -> str:
    """Go as far as to GitHub's door and return the state that was sent along."""
    return query_of(browser.step(f"{public_url}{path}").headers["location"])["state"]


def test_installing_makes_the_account_and_its_repositories_known(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("ann")
    page = browser.visit(f"{site}/github/install")

    assert "GitHub App installed successfully" in page.text
    assert known(service) == [("acme", ["acme/secret-sauce", "acme/shop", "acme/site"])]


def test_more_repositories_than_three_pages_of_github_are_all_known(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    for number in range(350):
        github.create_repository("acme", f"many-{number:03}")
    github.sign_in("ann")
    browser.visit(f"{site}/github/install")

    assert len(known(service)[0][1]) == 353


def test_whoever_installed_it_is_signed_in_and_sent_to_where_they_came_from(
    github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("ann")
    end = browser.visit(f"{site}/github/install?return_to=/me")

    assert urlsplit(str(end.url)).path == "/me"
    assert browser.json(f"{site}/me").json()["login"] == "ann"


def test_a_member_who_may_not_install_it_is_told_that_an_owner_has_to_approve(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("bob")
    state = begin(browser, site)
    page = browser.visit(f"{github.page_url}apps/pushwright/installations/new?state={state}&account=acme")

    assert "An owner of the organisation has to approve" in page.text
    assert known(service) == []


def test_the_installation_of_somebody_else_is_refused(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    theirs = github.install("acme").id
    github.sign_in("eve")
    state = begin(browser, site)
    code = query_of(browser.step(_authorize(github, site)).headers["location"])["code"]
    refused = browser.json(f"{site}/github/callback?code={code}&state={state}&installation_id={theirs}")

    assert code_of(refused) == (403, "installation_not_yours")
    assert known(service) == []


def test_the_installation_of_somebody_else_is_refused_on_the_way_round_by_the_setup_url_too(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    theirs = github.install("acme").id
    github.sign_in("eve")
    page = browser.visit(f"{site}/github/setup?installation_id={theirs}&setup_action=update")

    assert (page.status_code, "installation_not_yours" in page.text) == (403, True)
    assert known(service) == []


def test_an_installation_that_does_not_exist_is_nobodys(github: SimulatedGitHub, browser: Browser, site: str) -> None:
    github.sign_in("ann")
    page = browser.visit(f"{site}/github/setup?installation_id=999999&setup_action=install")

    assert (page.status_code, "installation_not_yours" in page.text) == (403, True)


def test_a_change_that_began_on_github_is_taken_over_after_asking_who_it_is(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    installation = github.install("acme").id
    github.sign_in("ann")
    page = browser.visit(f"{site}/github/setup?installation_id={installation}&setup_action=update")

    assert "GitHub App installed successfully" in page.text
    assert known(service) == [("acme", ["acme/secret-sauce", "acme/shop", "acme/site"])]


def test_a_code_without_a_state_is_not_looked_at(github: SimulatedGitHub, browser: Browser, site: str) -> None:
    """Anybody could make somebody's browser bring a code of their own."""
    installation = github.install("acme").id
    github.sign_in("eve")
    code = query_of(browser.step(_authorize(github, site)).headers["location"])["code"]
    github.sign_in("ann")
    page = browser.visit(f"{site}/github/callback?code={code}&installation_id={installation}&setup_action=install")

    assert "GitHub App installed successfully" in page.text
    assert browser.json(f"{site}/me").json()["login"] == "ann"


def test_a_mere_member_may_take_over_what_github_says_is_open_to_them(
    github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    installation = github.install("acme").id
    github.sign_in("bob")
    page = browser.visit(f"{site}/github/setup?installation_id={installation}&setup_action=update")

    assert page.status_code == 200


@pytest.mark.parametrize("path", ["/github/callback", "/github/setup"])
def test_a_state_works_once(github: SimulatedGitHub, browser: Browser, site: str, path: str) -> None:
    github.sign_in("ann")
    going = browser.step(f"{site}/sign-in").headers["location"]
    back = browser.step(going).headers["location"]
    assert browser.step(back).status_code == 200

    replayed = browser.json(f"{site}{path}?{urlsplit(back).query}")
    assert code_of(replayed) == (400, "github_state_invalid")


def test_a_state_is_worth_nothing_in_another_browser(
    github: SimulatedGitHub, browser: Browser, stranger: Browser, site: str
) -> None:
    github.sign_in("ann")
    back = browser.step(browser.step(f"{site}/sign-in").headers["location"]).headers["location"]

    assert code_of(stranger.json(back)) == (400, "github_state_invalid")
    assert stranger.json(f"{site}/me").status_code == 401
    # It was used up: whoever it was stolen from cannot be made to bring it either.
    assert code_of(browser.json(back)) == (400, "github_state_invalid")


def test_a_state_of_another_purpose_is_refused(github: SimulatedGitHub, browser: Browser, site: str) -> None:
    github.sign_in("ann")
    back = browser.step(browser.step(f"{site}/sign-in").headers["location"]).headers["location"]
    refused = browser.json(f"{site}/github/app/created?{urlsplit(back).query}")

    assert code_of(refused) == (400, "github_state_invalid")


def test_a_sign_in_does_not_carry_an_installation(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    installation = github.install("acme").id
    github.sign_in("ann")
    back = browser.step(browser.step(f"{site}/sign-in").headers["location"]).headers["location"]
    browser.step(f"{back}&installation_id={installation}")

    assert known(service) == []


def test_whoever_does_not_agree_is_told_so(github: SimulatedGitHub, browser: Browser, site: str) -> None:
    github.sign_in("ann")
    github.simulation.authorizations.denies = True
    page = browser.visit(f"{site}/sign-in")

    assert (page.status_code, "github_authorization_denied" in page.text) == (403, True)


def test_a_suspended_installation_is_known_as_suspended_and_keeps_what_was_known(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("ann")
    browser.visit(f"{site}/github/install")
    installation = InstallationId(next(iter(github.simulation.state.installations)))
    github.simulation.suspend(installation)
    page = browser.visit(f"{site}/github/setup?installation_id={installation}&setup_action=update")

    assert "The installation is suspended" in page.text
    assert known(service) == [("acme", ["acme/secret-sauce", "acme/shop", "acme/site"])]


def test_no_token_is_logged_or_shown(
    github: SimulatedGitHub,
    browser: Browser,
    site: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    github.sign_in("ann")
    with caplog.at_level("DEBUG"):
        page = browser.visit(f"{site}/github/install")

    assert "ghu_" not in caplog.text + page.text
    assert github.settings.client_secret not in caplog.text + page.text


def _authorize(github: SimulatedGitHub, public_url: str) -> str:
    query = {"client_id": github.settings.client_id, "redirect_uri": f"{public_url}/github/callback", "state": "x"}
    return str(httpx.URL(f"{github.page_url}login/oauth/authorize", params=query))
