"""The App is created from its manifest: one press of a button on GitHub, and the service knows it without a restart."""

import json
from urllib.parse import urlsplit

import httpx
import pytest

from bootstrap.wiring import Service
from github_app.simulator.server import SimulatedGitHub
from tests.integration.edges.browsing import Browser, query_of, read_forms

pytestmark = pytest.mark.postgres


@pytest.fixture
def app_settings() -> dict[str, object]:
    """Nothing: there is no App yet."""
    return {}


def create_app(browser: Browser, service: Service, *, organization: str = "") -> httpx.Response:
    page = browser.visit(f"{service.lookup.creation_url}&organization={organization}")
    assert page.status_code == 200, page.text
    return browser.submit(page)


def test_one_press_of_a_button_creates_the_app(service: Service, github: SimulatedGitHub, browser: Browser) -> None:
    github.sign_in("ann")
    done = create_app(browser, service)

    app = service.lookup.get()
    assert done.status_code == 200
    assert "The GitHub App is created" in done.text
    assert (app.slug, app.client_id) == (github.simulation.app.slug, github.simulation.app.client_id)
    assert service.forge.list_installations() == ()


def test_the_manifest_asks_for_exactly_what_is_used(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("ann")
    form = read_forms(browser.visit(service.lookup.creation_url))[0]
    manifest = json.loads(form.fields["manifest"])

    assert manifest == {
        "name": "pushwright-127-0-0-1",
        "url": site,
        "description": "Turns a git push into a running-ready container image.",
        "hook_attributes": {"url": f"{site}/webhooks/github", "active": True},
        "redirect_url": f"{site}/github/app/created",
        "callback_urls": [f"{site}/github/callback"],
        "setup_url": f"{site}/github/setup",
        "setup_on_update": True,
        "request_oauth_on_install": True,
        "public": False,
        "default_permissions": {
            "contents": "read",
            "metadata": "read",
            "checks": "write",
            "deployments": "write",
            "pull_requests": "write",
        },
        "default_events": ["push", "pull_request", "repository", "check_run", "check_suite"],
    }


def test_an_organisation_can_own_the_app(service: Service, github: SimulatedGitHub, browser: Browser) -> None:
    github.sign_in("ann")
    create_app(browser, service, organization="acme")

    assert github.simulation.app.owner == "acme"


def test_the_organisation_is_chosen_on_the_page(service: Service, github: SimulatedGitHub, browser: Browser) -> None:
    github.sign_in("ann")
    page = browser.submit(browser.visit(service.lookup.creation_url), 1, organization="acme")

    assert urlsplit(read_forms(page)[0].action).path == "/organizations/acme/settings/apps/new"


def test_an_organisation_that_cannot_be_one_is_refused(service: Service, browser: Browser) -> None:
    page = browser.visit(f"{service.lookup.creation_url}&organization=../../evil")

    assert (page.status_code, "organization_invalid" in page.text) == (400, True)


def test_the_new_app_hears_webhooks_and_is_installed(
    service: Service, github: SimulatedGitHub, browser: Browser, site: str
) -> None:
    github.sign_in("ann")
    create_app(browser, service)
    page = browser.visit(f"{site}/github/install")

    assert "GitHub App installed successfully" in page.text
    assert [(delivery.event, delivery.status_code) for delivery in github.deliveries] == [("installation", 202)]


def test_without_the_key_of_the_link_nobody_creates_an_app(service: Service, browser: Browser, site: str) -> None:
    for url in (f"{site}/github/app/new", f"{site}/github/app/new?key=a%20guess"):
        refused = browser.json(url)
        assert (refused.status_code, refused.json()["code"]) == (403, "app_creation_refused")
    assert service.lookup.find() is None


def test_the_api_token_opens_the_form_too(service: Service, site: str) -> None:
    headers = {"Authorization": "Bearer the token of the API"}
    answer = httpx.get(f"{site}/github/app/new", headers=headers, trust_env=False)

    assert (service.lookup.find(), answer.status_code) == (None, 200)


def test_when_there_is_an_app_no_other_is_created(service: Service, github: SimulatedGitHub, browser: Browser) -> None:
    github.sign_in("ann")
    create_app(browser, service)
    again = browser.json(service.lookup.creation_url)

    assert (again.status_code, again.json()["code"]) == (409, "github_app_exists")


def test_an_app_made_in_the_meantime_is_not_replaced(
    service: Service, github: SimulatedGitHub, browser: Browser, stranger: Browser
) -> None:
    github.sign_in("ann")
    late = browser.visit(service.lookup.creation_url)
    create_app(stranger, service)
    first = service.lookup.get().app_id
    refused = browser.submit(late)

    assert (refused.status_code, "github_app_exists" in refused.text) == (409, True)
    assert service.lookup.get().app_id == first


def test_a_code_works_only_in_the_browser_that_began(
    service: Service, github: SimulatedGitHub, browser: Browser, stranger: Browser, site: str
) -> None:
    github.sign_in("ann")
    state = query_of(read_forms(browser.visit(service.lookup.creation_url))[0].action)["state"]
    stolen = stranger.json(f"{site}/github/app/created?code=a-code&state={state}")

    assert (stolen.status_code, stolen.json()["code"]) == (400, "github_state_invalid")
    assert service.lookup.find() is None


def test_a_code_that_github_does_not_know_creates_nothing(service: Service, browser: Browser, site: str) -> None:
    state = query_of(read_forms(browser.visit(service.lookup.creation_url))[0].action)["state"]
    refused = browser.json(f"{site}/github/app/created?code=unheard-of&state={state}")

    assert (refused.status_code, refused.json()["code"]) == (400, "github_code_invalid")
    assert service.lookup.find() is None


def test_before_there_is_an_app_nobody_can_install_it_or_sign_in(browser: Browser, site: str) -> None:
    for path in ("/github/install", "/sign-in"):
        refused = browser.json(f"{site}{path}")
        assert (refused.status_code, refused.json()["code"]) == (503, "github_app_missing")


def test_the_page_may_post_to_github_and_run_nothing(
    service: Service, github: SimulatedGitHub, browser: Browser
) -> None:
    page = browser.visit(service.lookup.creation_url)

    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; form-action 'self' {github.page_url.rstrip('/')}; base-uri 'none'; frame-ancestors 'none'"
    )
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in page.text
