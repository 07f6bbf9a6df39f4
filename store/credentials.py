"""The App's credentials, encrypted at rest, and the round trips of people to GitHub."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from domain.ports.secrets import AppCredentials, Purpose, RoundTrip
from domain.secrets import Secret
from store.encryption import SEALED_COLUMNS, Cipher, Sealed
from store.rows import storable
from store.tables import github_app, round_trips, sealed_values


class PostgresCredentials:
    """The `Credentials` of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def save_app(self, credentials: AppCredentials) -> None:
        """Keep the App, in place of one that was kept before."""
        self._connection.execute(delete(github_app))
        self._connection.execute(delete(sealed_values).where(sealed_values.c.place.in_(_PLACES.values())))
        app = {"app_id": credentials.app_id, "slug": credentials.slug, "client_id": credentials.client_id}
        self._connection.execute(insert(github_app), app)
        for name, place in _PLACES.items():
            value: Secret | None = getattr(credentials, name)
            if value is not None:
                self._seal(value, place)

    def find_app(self) -> AppCredentials | None:
        """Return the App that was kept, None when there is none."""
        query = select(github_app.c.app_id, github_app.c.slug, github_app.c.client_id)
        app = self._connection.execute(query).mappings().one_or_none()
        if app is None:
            return None
        secrets = self._open_all()
        return AppCredentials(
            **app,
            private_key=secrets["private_key"],
            webhook_secret=secrets["webhook_secret"],
            client_secret=secrets["client_secret"],
            previous_webhook_secret=secrets.get("previous_webhook_secret"),
        )

    def begin_trip(self, trip: RoundTrip) -> None:
        """Keep that somebody was sent to GitHub."""
        row = {
            "state_hash": trip.state_hash,
            "purpose": trip.purpose.value,
            "session_hash": trip.session_hash,
            "return_to": storable(trip.return_to),
            "installation_id": trip.installation_id,
            "expires_at": trip.expires_at,
        }
        self._connection.execute(insert(round_trips), row)

    def end_trip(self, state_hash: str, now: datetime) -> RoundTrip | None:
        """Return the trip and forget it: a state works once. None when it is unknown or has expired.

        Trips that nobody came back from are forgotten too.
        """
        self._connection.execute(delete(round_trips).where(round_trips.c.expires_at <= now))
        ended = delete(round_trips).where(round_trips.c.state_hash == storable(state_hash)).returning(round_trips)
        row = self._connection.execute(ended).mappings().one_or_none()
        return None if row is None else RoundTrip(**{**row, "purpose": Purpose(row["purpose"])})

    def _seal(self, value: Secret, place: str) -> None:
        sealed = self._cipher.seal(value, place)
        columns = {name: getattr(sealed, name) for name in SEALED_COLUMNS}
        self._connection.execute(insert(sealed_values), {"place": place, **columns})

    def _open_all(self) -> dict[str, Secret]:
        query = select(sealed_values).where(sealed_values.c.place.in_(_PLACES.values()))
        sealed = {
            row["place"]: Sealed(**{name: row[name] for name in SEALED_COLUMNS})
            for row in self._connection.execute(query).mappings()
        }
        return {name: self._cipher.open(sealed[place], place) for name, place in _PLACES.items() if place in sealed}


_PLACES: Final = {
    name: f"github_app:{name}" for name in ("private_key", "webhook_secret", "client_secret", "previous_webhook_secret")
}
