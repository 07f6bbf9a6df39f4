"""The App's manifest and the form that carries it."""

import pytest

from domain.errors import InvalidInput
from github_app.client import GitHubHost
from github_app.manifest import PERMISSIONS, GitHubAppMaker, describe_app
from tests.architecture.markdown import list_rows, list_sections, read_page


def test_the_form_is_posted_to_the_persons_own_settings() -> None:
    form = GitHubAppMaker(GitHubHost(), "https://push.example").draft("the state")

    assert form.action == "https://github.com/settings/apps/new?state=the+state"


def test_the_form_is_posted_to_the_organisations_settings_on_an_enterprise_server() -> None:
    host = GitHubHost(api_url="https://git.example/api/v3", web_url="https://git.example/")
    form = GitHubAppMaker(host, "https://push.example").draft("s", "acme")

    assert form.action == "https://git.example/organizations/acme/settings/apps/new?state=s"


@pytest.mark.parametrize("organization", ["../evil", "a b", "-a", "a/b", "a" * 40, "é"])
def test_a_name_no_organisation_has_is_refused(organization: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of an organisation"):
        GitHubAppMaker(GitHubHost(), "https://push.example").draft("s", organization)


@pytest.mark.parametrize(
    ("public_url", "name"),
    [
        ("https://push.example", "pushwright-push-example"),
        ("https://a-very-long-name.of-a-host.example.com", "pushwright-a-very-long-name-of-a-h"),
        ("http://[::1]:8787", "pushwright-1"),
    ],
)
def test_the_apps_name_tells_the_host_and_is_short_enough(public_url: str, name: str) -> None:
    assert describe_app(public_url)["name"] == name


def test_the_permissions_are_those_of_the_reference_page() -> None:
    rows = list_rows(list_sections(read_page("docs/reference/github-app.md"), level=2)["Permissions"])
    levels = {"read": "read", "read and write": "write"}

    assert {row[0].lower().replace(" ", "_"): levels[row[1]] for row in rows if row[1] in levels} == PERMISSIONS
