"""Installations: through which one the App sees a repository."""

from typing import Final
from urllib.parse import quote

from pydantic import ValidationError

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.source import FullName
from github_app.client import Call, GitHubClient, refusal
from github_app.payloads import InstallationPart

_UNSEEN: Final = frozenset({301, 302, 307, 308, 404})


def find_installation(client: GitHubClient, name: FullName) -> InstallationId | None:
    """Return the installation that covers the repository, None when no one of this name is covered.

    A renamed repository is not found under its old name: whoever connects it reads the name off GitHub's page.
    """
    answer = client.send_as_app(Call("GET", f"/repos/{quote(name, safe='/')}/installation"))
    if answer.status in _UNSEEN:
        return None
    if answer.status != 200:  # noqa: PLR2004 - HTTP's number for OK
        raise refusal(answer, "tell which installation covers a repository")
    try:
        return InstallationPart.model_validate(answer.document).installation_id
    except ValidationError as error:
        raise TemporarilyUnavailable(
            "github_unavailable", "GitHub described an installation without an id; it is asked again."
        ) from error
