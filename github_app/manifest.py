"""The App's manifest: what the App is allowed and told, and how it is created from that with one press of a button."""

import json
import re
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, Field, ValidationError

from domain.errors import InvalidInput, TemporarilyUnavailable
from domain.ports.forge import AppForm
from domain.ports.secrets import AppCredentials
from domain.secrets import Secret
from github_app.client import GitHubHost, refusal
from github_app.exchange import CodeExchange

PERMISSIONS: Final = {
    "contents": "read",
    "metadata": "read",
    "checks": "write",
    "deployments": "write",
    "pull_requests": "write",
}
"""What the App may do; each is explained in `docs/reference/github-app.md`."""
EVENTS: Final = ("push", "pull_request", "repository", "check_run", "check_suite")
"""What the App is told besides what every App is: changes of its installations and of what they see."""

_LONGEST_NAME: Final = 34
_CREATED: Final = 201
_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_UNFIT_FOR_NAME = re.compile(r"[^a-z0-9]+")
_UNKNOWN_CODE: Final = frozenset({404, 422})


class GitHubAppMaker:
    """Implements `domain.ports.forge.AppMaker`."""

    def __init__(self, host: GitHubHost, public_url: str) -> None:
        """Take where things are.

        Args:
            host: which GitHub.
            public_url: where GitHub and browsers reach this service, without a slash at its end.
        """
        self._web_url = host.web_url.rstrip("/")
        self._api_url = host.api_url.rstrip("/")
        self._exchange = CodeExchange(host)
        self._public_url = public_url

    def draft(self, state: str, organization: str = "") -> AppForm:
        """Return the form that creates the App, owned by the organisation or by whoever posts it.

        Raises:
            InvalidInput: `organization_invalid`.
        """
        if organization and not _ORGANIZATION.fullmatch(organization):
            raise InvalidInput(
                "organization_invalid",
                f"{organization[:60]!r} is not the name of an organisation: write it as its URL on GitHub has it.",
            )
        owner = f"/organizations/{organization}" if organization else ""
        action = f"{self._web_url}{owner}/settings/apps/new?{urlencode({'state': state})}"
        return AppForm(action, json.dumps(describe_app(self._public_url), indent=2))

    def redeem(self, code: str) -> AppCredentials:
        """Return the App that was created, for the code GitHub gave; `InvalidInput` (`github_code_invalid`)."""
        answer = self._exchange.post(f"{self._api_url}/app-manifests/{quote(code, safe='')}/conversions")
        if answer.status in _UNKNOWN_CODE:
            raise InvalidInput(
                "github_code_invalid",
                "The code from GitHub does not work: it was used before, or is older than an hour. Start again.",
            )
        if answer.status != _CREATED:
            raise refusal(answer, "hand over the App that was created")
        try:
            created = _CreatedApp.model_validate(answer.document)
        except ValidationError as error:
            # The answer holds the App's secrets: say where it is strange, never what it says.
            places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
            raise TemporarilyUnavailable(
                "github_unavailable", f"GitHub's answer about the new App lacks what is documented ({places})."
            ) from None
        return created.to_domain()


def describe_app(public_url: str) -> dict[str, object]:
    """Return the manifest of an App whose service is reached at `public_url`."""
    return {
        "name": _name_for(public_url),
        "url": public_url,
        "description": "Turns a git push into a running-ready container image.",
        "hook_attributes": {"url": f"{public_url}/webhooks/github", "active": True},
        "redirect_url": f"{public_url}/github/app/created",
        "callback_urls": [f"{public_url}/github/callback"],
        "setup_url": f"{public_url}/github/setup",
        "setup_on_update": True,
        "request_oauth_on_install": True,
        "public": False,
        "default_permissions": dict(PERMISSIONS),
        "default_events": list(EVENTS),
    }


def _name_for(public_url: str) -> str:
    """Return a name that is likely to be free: names of Apps are unique on the whole of GitHub."""
    host = _UNFIT_FOR_NAME.sub("-", (urlsplit(public_url).hostname or "").lower()).strip("-")
    return f"pushwright-{host}"[:_LONGEST_NAME].rstrip("-")


class _CreatedApp(BaseModel):
    id: int
    slug: str = Field(min_length=1)
    pem: str = Field(min_length=1)
    webhook_secret: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)

    def to_domain(self) -> AppCredentials:
        return AppCredentials(
            app_id=self.id,
            slug=self.slug,
            private_key=Secret(self.pem),
            webhook_secret=Secret(self.webhook_secret),
            client_id=self.client_id,
            client_secret=Secret(self.client_secret),
        )
