"""Installing the App: from the click on GitHub to installations and repositories that are known here.

The number of an installation in a URL proves nothing: anybody can write one there. It counts only after GitHub said,
for the person's own token, that the installation is theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.errors import NotFound, UserError
from domain.identifiers import InstallationId
from domain.ports.forge import Forge, SignIn
from domain.ports.secrets import Purpose, RoundTrip
from domain.ports.store import Store
from domain.records import StoredInstallation
from domain.secrets import Secret
from operations.round_trips import Departure, Return, end_trip
from operations.signing_in import Door, Person, begin_sign_in, identify, refuse_denied

REQUESTED: Final = "request"
"""GitHub's word for: somebody asked an owner of the organisation to install the App."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub put into the URL when it sent a browser back; nothing of it is trusted.

    Attributes:
        error: GitHub's word for what the person did not agree to.
    """

    back: Return
    code: str = ""
    installation_id: InstallationId | None = None
    setup_action: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What GitHub says now of an installation.

    Attributes:
        repositories: how many repositories it sees.
    """

    installation: StoredInstallation
    repositories: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody is back and known.

    Attributes:
        refreshed: the installation that was proven theirs; None when they only signed in.
        return_to: a path of this service, empty for none.
    """

    person: Person
    return_to: str
    refreshed: Refreshed | None = None


@dataclass(frozen=True, slots=True)
class Onward:
    """GitHub has to be asked once more who this is: send the browser to `url`."""

    url: str


@dataclass(frozen=True, slots=True)
class Requested:
    """An owner of the organisation has to approve the installation first."""

    return_to: str


Outcome = Arrived | Onward | Requested
_TRIPS: Final = frozenset({Purpose.INSTALL, Purpose.SIGN_IN})


def finish_trip(door: Door, forge: Forge, answer: Answer, now: datetime) -> Outcome:
    """Take somebody in whom GitHub sent back after a sign-in, an installation or a change of one.

    Raises:
        InvalidInput: `github_state_invalid`, `github_code_invalid`.
        UserError: `installation_not_yours`, `github_authorization_denied`.
    """
    if not answer.back.state and answer.installation_id is not None:
        # Begun on GitHub, not here: nothing says whose code it is, so the person is asked for one that is theirs.
        return _go_on(door, answer, "", now)
    trip = end_trip(door.store, answer.back, _TRIPS, now)
    refuse_denied(answer.error)
    if answer.setup_action == REQUESTED and trip.purpose is Purpose.INSTALL:
        return Requested(trip.return_to)
    if not answer.code and answer.installation_id is not None and trip.purpose is Purpose.INSTALL:
        return _go_on(door, answer, trip.return_to, now)
    person, token = identify(door.sign_in, answer.code)
    claimed = _find_claim(trip, answer)
    if claimed is None:
        return Arrived(person, trip.return_to)
    _prove(door.sign_in, token, claimed)
    return Arrived(person, trip.return_to, refresh_installation(door.store, forge, claimed, now))


def refresh_installation(store: Store, forge: Forge, installation_id: InstallationId, now: datetime) -> Refreshed:
    """Ask GitHub whose installation it is and what it sees, and keep the answer.

    Of a suspended installation GitHub does not tell what it sees: what was known stays.

    Raises:
        NotFound: `installation_not_found`.
    """
    found = forge.find_installation(installation_id)
    if found is None:
        _forget(store, installation_id, now)
        raise NotFound(
            "installation_not_found",
            f"GitHub knows no installation {installation_id} of the App: it was uninstalled. Install it again.",
        )
    account, suspended_at = found
    seen = None if suspended_at is not None else forge.list_repositories(installation_id)
    with store.transaction() as work:
        work.installations.remember(installation_id, account)
        work.installations.suspend(installation_id, suspended_at)
        if seen is not None:
            work.installations.replace_repositories(installation_id, seen)
        return Refreshed(
            work.installations.get(installation_id), work.installations.count_repositories(installation_id)
        )


def _go_on(door: Door, answer: Answer, return_to: str, now: datetime) -> Onward:
    departure = Departure(Purpose.INSTALL, answer.back.session, return_to, answer.installation_id)
    return Onward(begin_sign_in(door, departure, now))


def _find_claim(trip: RoundTrip, answer: Answer) -> InstallationId | None:
    """Return the installation the trip was about, which its end does not change; a sign-in is about none."""
    if trip.purpose is not Purpose.INSTALL:
        return None
    return InstallationId(trip.installation_id) if trip.installation_id is not None else answer.installation_id


def _prove(sign_in: SignIn, token: Secret, installation_id: InstallationId) -> None:
    if not sign_in.controls_installation(token, installation_id):
        raise UserError(
            "installation_not_yours",
            f"GitHub says that installation {installation_id} is not yours: sign in with an account that may use it, "
            "or let its owner finish the installation.",
        )


def _forget(store: Store, installation_id: InstallationId, now: datetime) -> None:
    with store.transaction() as work:
        if any(known.id == installation_id for known in work.installations.list_all()):
            work.installations.delete(installation_id, now)
