"""Who may fetch and push: the developer everything, an installation token what it was made for."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from typing import Final

from github_app.simulator.refusals import Refused
from github_app.simulator.simulation import Simulation
from github_app.simulator.state import HostedRepository
from github_app.simulator.tokens import is_enough

DEVELOPER: Final = "developer"
FETCH: Final = "git-upload-pack"
PUSH: Final = "git-receive-pack"
TOKEN_USER: Final = "x-access-token"  # noqa: S105 - a user's name, not a token
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="GitHub"'}


@dataclass(frozen=True, slots=True)
class GitWish:
    """What a git client asks for.

    Attributes:
        owner: the account in the address.
        name: the repository's name in the address, without `.git`.
        service: `git-upload-pack` to fetch, `git-receive-pack` to push.
        rest: what follows the repository in the address, with the query.
        authorization: the header as it came, empty when there was none.
    """

    owner: str
    name: str
    service: str
    rest: str
    authorization: str = field(repr=False)


def admit(simulation: Simulation, wish: GitWish) -> tuple[HostedRepository, str]:
    """Return the repository and the user's name, or raise `Refused` as GitHub's git server does."""
    if wish.service not in {FETCH, PUSH}:
        raise Refused(403, "Please upgrade your git client: only the smart protocol is served.")
    user, password = _read_basic(wish.authorization)
    if not user:
        return _admit_anybody(simulation, wish), "anonymous"
    if user == DEVELOPER:
        return _admit_developer(simulation, wish, password), user
    if user == TOKEN_USER:
        return _admit_token(simulation, wish, password), user
    raise _unauthenticated()


def _admit_anybody(simulation: Simulation, wish: GitWish) -> HostedRepository:
    repository = simulation.state.find_repository(wish.owner, wish.name)
    if repository is None or repository.private or wish.service == PUSH:
        raise _unauthenticated()
    return repository


def _admit_developer(simulation: Simulation, wish: GitWish, password: str) -> HostedRepository:
    if not hmac.compare_digest(password.encode(), simulation.settings.developer_password.encode()):
        raise _unauthenticated()
    return _find(simulation, wish)


def _admit_token(simulation: Simulation, wish: GitWish, token: str) -> HostedRepository:
    try:
        grant = simulation.tokens.recognise(token)
    except Refused as refused:
        raise _unauthenticated() from refused
    grant = simulation.tokens.refresh(grant, simulation.state.get_installation(grant.installation.id))
    repository = _find(simulation, wish)
    if not grant.sees(repository):
        raise _missing()
    if wish.service == PUSH:
        raise Refused(403, "Write access to repository not granted.")
    if not is_enough(grant.permissions.get("contents"), "read"):
        raise Refused(403, "Read access to repository not granted.")
    return repository


def _find(simulation: Simulation, wish: GitWish) -> HostedRepository:
    repository = simulation.state.find_repository(wish.owner, wish.name)
    if repository:
        return repository
    moved = simulation.state.find_moved(wish.owner, wish.name)
    if moved is None:
        raise _missing()
    raise Refused(301, "Moved Permanently", headers={"Location": f"{simulation.writer.page_url(moved)}.git{wish.rest}"})


def _read_basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if not header:
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _unauthenticated() from error
    if scheme.lower() != "basic" or not user:
        raise _unauthenticated()
    return user, password


def _unauthenticated() -> Refused:
    return Refused(401, "Invalid username or token. Password authentication is not supported.", headers=_CHALLENGE)


def _missing() -> Refused:
    return Refused(404, "Repository not found.")
