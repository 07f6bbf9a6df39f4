"""Installations: whose they are, and what each of them sees."""

from datetime import datetime
from typing import Final

from pydantic import AwareDatetime, BaseModel, RootModel

from domain.events import Account
from domain.identifiers import InstallationId
from domain.source import FullName, Repository
from github_app.asking import NOT_FOUND, OK, Asking, follow_pages, parse, route
from github_app.client import Answer, Call, refusal
from github_app.payloads import DescribedInstallationPart, InstallationPart, RepositoryPart
from github_app.tokens import Purpose

_UNSEEN: Final = frozenset({301, 302, 307, 308, NOT_FOUND})


def find_installation_of(asking: Asking, name: FullName) -> InstallationId | None:
    """Return the installation that covers the repository, None when no one of this name is covered.

    A renamed repository is not found under its old name: whoever connects it reads the name off GitHub's page.
    """
    answer = asking.ask_as_app(Call("GET", f"{route(name)}/installation"))
    if answer.status in _UNSEEN:
        return None
    _expect(answer, "tell which installation covers a repository")
    return parse(InstallationPart, answer).installation_id


def find_installation(asking: Asking, installation_id: InstallationId) -> tuple[Account, datetime | None] | None:
    """Return whose installation it is and since when it is suspended, None when it is gone."""
    answer = asking.ask_as_app(Call("GET", f"/app/installations/{installation_id}"))
    if answer.status == NOT_FOUND:
        return None
    _expect(answer, "describe an installation")
    found = parse(_Installation, answer)
    return found.account.to_domain(), found.suspended_at


def list_installations(asking: Asking) -> tuple[tuple[InstallationId, Account, datetime | None], ...]:
    """Return every installation of the App: id, account, since when it is suspended."""
    pages = follow_pages(lambda query: asking.ask_as_app(Call("GET", "/app/installations", query=query)))
    return tuple(
        (found.installation_id, found.account.to_domain(), found.suspended_at)
        for answer in pages
        for found in parse(_Installations, _expect(answer, "list the installations")).root
    )


def list_repositories(asking: Asking, installation_id: InstallationId) -> tuple[Repository, ...]:
    """Return every repository the installation sees, however many there are."""
    pages = follow_pages(
        lambda query: asking.ask_widely(
            installation_id, Purpose.LIST_REPOSITORIES, Call("GET", "/installation/repositories", query=query)
        )
    )
    return tuple(
        found.to_domain()
        for answer in pages
        for found in parse(_Repositories, _expect(answer, "list an installation's repositories")).repositories
    )


def _expect(answer: Answer, doing: str) -> Answer:
    if answer.status != OK:
        raise refusal(answer, doing)
    return answer


class _Installation(DescribedInstallationPart):
    suspended_at: AwareDatetime | None = None


class _Installations(RootModel[list[_Installation]]):
    pass


class _Repositories(BaseModel):
    repositories: list[RepositoryPart]
