"""Environment variables; values are encrypted at rest."""

from collections.abc import Mapping
from typing import Protocol

from domain.identifiers import EnvironmentId
from domain.secrets import Secret


class Variables(Protocol):
    """Environment variables; values are encrypted at rest."""

    def set(self, environment_id: EnvironmentId, key: str, value: Secret) -> None:
        """Store or replace one.

        Raises:
            InvalidInput: `variable_key_invalid`, `variable_reserved`, `variable_too_large`.
        """

    def remove(self, environment_id: EnvironmentId, key: str) -> None:
        """Remove one, or raise `NotFound` (`variable_not_found`)."""

    def reveal_all(self, environment_id: EnvironmentId) -> Mapping[str, Secret]:
        """Return every variable of the environment by key; a preview has its parent's too, its own are stronger."""
