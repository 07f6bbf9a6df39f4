"""Creating the GitHub App by its manifest: one press of a button on GitHub, and no secret is copied by hand."""

from dataclasses import dataclass
from datetime import datetime

from domain.errors import Conflict, InvalidInput
from domain.ports.forge import AppForm, AppMaker
from domain.ports.secrets import AppCredentials, Purpose
from domain.ports.store import Store
from domain.secrets import Secret
from operations.app_lookup import AppLookup
from operations.round_trips import Departure, Return, begin_trip, end_trip
from operations.signing_in import MAX_CODE


@dataclass(frozen=True, slots=True)
class Workshop:
    """What an App is made with."""

    store: Store
    lookup: AppLookup
    maker: AppMaker


def draft_app(workshop: Workshop, session: Secret, organization: str, now: datetime) -> AppForm:
    """Return the form that creates the App on GitHub.

    Raises:
        Conflict: `github_app_exists`.
        InvalidInput: `organization_invalid`.
    """
    require_no_app(workshop.lookup)
    state = begin_trip(workshop.store, Departure(Purpose.CREATE_APP, session), now)
    return workshop.maker.draft(state, organization)


def finish_app(workshop: Workshop, back: Return, code: str, now: datetime) -> AppCredentials:
    """Keep the App that was created, and return it.

    Raises:
        InvalidInput: `github_state_invalid`, `github_code_invalid`.
        Conflict: `github_app_exists`.
    """
    end_trip(workshop.store, back, {Purpose.CREATE_APP}, now)
    require_no_app(workshop.lookup)
    if not code or len(code) > MAX_CODE:
        raise InvalidInput("github_code_invalid", "GitHub's answer has no code of the usual form. Start again.")
    created = workshop.maker.redeem(code)
    with workshop.store.transaction() as work:
        if work.credentials.find_app() is not None:
            raise _exists()
        work.credentials.save_app(created)
    return created


def require_no_app(lookup: AppLookup) -> None:
    """Raise `Conflict` (`github_app_exists`) when there is an App."""
    if lookup.find() is not None:
        raise _exists()


def _exists() -> Conflict:
    return Conflict(
        "github_app_exists",
        "This service has its GitHub App already: install it instead. Another one can be created only "
        "where none is set or stored.",
    )
