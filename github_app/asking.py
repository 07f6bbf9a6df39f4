"""How a repository or an installation is asked about: with a narrow token, and once more when it turned out stale."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from domain.errors import TemporarilyUnavailable
from domain.identifiers import InstallationId
from domain.source import FullName, RepositoryAddress
from github_app.client import Answer, Call, GitHubClient
from github_app.tokens import InstallationTokens, Purpose

OK: Final = 200
CREATED: Final = 201
NOT_FOUND: Final = 404
PAGE_SIZE: Final = 100
_UNAUTHORIZED: Final = 401
_NAME_IS_STALE: Final = frozenset({301, 302, 307, 308, NOT_FOUND})
_Model = TypeVar("_Model", bound=BaseModel)
Query = Mapping[str, str | int]


class Asking:
    """Sends calls about repositories and installations; safe to share between threads."""

    def __init__(self, client: GitHubClient, tokens: InstallationTokens) -> None:
        self._client = client
        self._tokens = tokens

    def ask(self, address: RepositoryAddress, purpose: Purpose, call_for: Callable[[FullName], Call]) -> Answer:
        """Send a call about a repository; once more when its token or its name turn out to be stale."""
        token = self._tokens.get(address, purpose)
        answer = self._client.send(call_for(token.repository.full_name), token.secret, address.installation_id)
        if answer.status != _UNAUTHORIZED and answer.status not in _NAME_IS_STALE:
            return answer
        fresh = self._tokens.renew(address, purpose, stale=token)
        if answer.status == NOT_FOUND and fresh.repository.full_name == token.repository.full_name:
            return answer
        return self._client.send(call_for(fresh.repository.full_name), fresh.secret, address.installation_id)

    def ask_widely(self, installation_id: InstallationId, purpose: Purpose, call: Call) -> Answer:
        """Send a call about all repositories of an installation."""
        token = self._tokens.get_wide(installation_id, purpose)
        answer = self._client.send(call, token.secret, installation_id)
        if answer.status != _UNAUTHORIZED:
            return answer
        fresh = self._tokens.get_wide(installation_id, purpose, stale=token)
        return self._client.send(call, fresh.secret, installation_id)

    def ask_as_app(self, call: Call) -> Answer:
        """Send a call in the App's own name."""
        return self._client.send_as_app(call)


def follow_pages(ask: Callable[[Query], Answer]) -> Iterator[Answer]:
    """Give every page of a list, as `ask` returns it for a query; none is asked for before it is wanted."""
    query: Query = {"per_page": PAGE_SIZE}
    while query:
        answer = ask(query)
        yield answer
        query = answer.next_page


def route(name: FullName) -> str:
    """Return the path of a repository."""
    return f"/repos/{quote(name, safe='/')}"


def parse(model: type[_Model], answer: Answer) -> _Model:
    """Return what GitHub answered, or raise `TemporarilyUnavailable` when it is not what GitHub documents."""
    try:
        return model.model_validate(answer.document)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False)[:3])
        raise TemporarilyUnavailable(
            "github_unavailable",
            f"GitHub answered with something else than it documents (field {places}); it is asked again.",
        ) from None
