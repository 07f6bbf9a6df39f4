"""Environment variables, encrypted at rest."""

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, func, or_, select
from sqlalchemy.dialects import postgresql

from domain.errors import InvalidInput, NotFound
from domain.identifiers import EnvironmentId
from domain.secrets import Secret
from store.encryption import SEALED_COLUMNS, TAG_BYTES, Cipher, Sealed
from store.environments import lock_environment
from store.tables import environments, variables

MAX_VARIABLES: Final = 500
MAX_VALUE_BYTES: Final = 48 * 1024
MAX_TOTAL_BYTES: Final = 256 * 1024
_MAX_KEY: Final = 255
_KEY = re.compile(r"\w+", re.ASCII)
_RESERVED: Final = frozenset({"TRIGGER_SECRET_KEY", "TRIGGER_API_URL"})


class PostgresVariables:
    """The `Variables` of one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def set(self, environment_id: EnvironmentId, key: str, value: Secret) -> None:
        """Store or replace one.

        Raises:
            InvalidInput: `variable_key_invalid`, `variable_reserved`, `variable_too_large`.
            NotFound: `environment_not_found`.
        """
        _check_key(key)
        self._check_size(environment_id, key, _size_of(value))
        sealed = self._cipher.seal(value, _place(environment_id, key))
        columns = {name: getattr(sealed, name) for name in SEALED_COLUMNS}
        statement = postgresql.insert(variables).values(environment_id=environment_id, key=key, **columns)
        on_key = statement.on_conflict_do_update(
            index_elements=[variables.c.environment_id, variables.c.key], set_={**columns, "updated_at": func.now()}
        )
        self._connection.execute(on_key)

    def remove(self, environment_id: EnvironmentId, key: str) -> None:
        """Remove one, or raise `NotFound` (`variable_not_found`)."""
        statement = delete(variables).where(variables.c.environment_id == environment_id, variables.c.key == key)
        if self._connection.execute(statement).rowcount == 0:
            raise NotFound(
                "variable_not_found", f"The environment has no variable {key[:_MAX_KEY]}: check the spelling."
            )

    def reveal_all(self, environment_id: EnvironmentId) -> Mapping[str, Secret]:
        """Return every variable of the environment by key; a preview has its parent's too, its own are stronger."""
        of_parent = select(environments.c.parent_id).where(environments.c.id == environment_id).scalar_subquery()
        is_own = variables.c.environment_id == environment_id
        query = select(variables).where(or_(is_own, variables.c.environment_id == of_parent))
        # False sorts before true: what comes later for the same key is the environment's own.
        rows = self._connection.execute(query.order_by(variables.c.key, is_own)).mappings()
        strongest = {row["key"]: row for row in rows}
        return {key: self._open(row) for key, row in strongest.items()}

    def _open(self, row: RowMapping) -> Secret:
        sealed = Sealed(**{name: row[name] for name in SEALED_COLUMNS})
        return self._cipher.open(sealed, _place(row["environment_id"], row["key"]))

    def _check_size(self, environment_id: EnvironmentId, key: str, size: int) -> None:
        if size > MAX_VALUE_BYTES:
            raise _too_large(f"{key} has {size} bytes; a variable may have {MAX_VALUE_BYTES}.")
        # Two that are set at once must not pass the limit together.
        lock_environment(self._connection, environment_id)
        ciphertext_bytes = func.octet_length(variables.c.ciphertext)
        others = select(func.count(), func.coalesce(func.sum(ciphertext_bytes - TAG_BYTES), 0)).where(
            variables.c.environment_id == environment_id, variables.c.key != key
        )
        count, total = self._connection.execute(others).one()
        if count >= MAX_VARIABLES:
            raise _too_large(f"The environment has {count} variables, as many as it may have: remove one first.")
        if total + size > MAX_TOTAL_BYTES:
            raise _too_large(
                f"With {key} the variables of the environment would exceed {MAX_TOTAL_BYTES} bytes in all."
            )


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key) or len(key) > _MAX_KEY:
        raise InvalidInput(
            "variable_key_invalid",
            f"{key[:60]!r} cannot name a variable: use letters, digits and _ only, at most {_MAX_KEY}.",
        )
    if key in _RESERVED:
        raise InvalidInput(
            "variable_reserved", f"{key} is set by the service itself: choose another name, or leave it out."
        )


def _size_of(value: Secret) -> int:
    return len(value.reveal().encode("utf-8", "surrogatepass"))


def _place(environment_id: EnvironmentId, key: str) -> str:
    return f"{environment_id}:{key}"


def _too_large(sentence: str) -> InvalidInput:
    return InvalidInput("variable_too_large", sentence)
