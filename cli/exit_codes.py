"""What an error becomes as an exit code; documented in `docs/reference/cli.md`."""

from typing import Final

from domain.errors import Conflict, InvalidInput, NotFound, ServiceError, TemporarilyUnavailable, UserError

EXIT_CODE_OF_CLASS: Final[tuple[tuple[type[ServiceError], int], ...]] = (
    (InvalidInput, 2),
    (NotFound, 3),
    (Conflict, 4),
    (UserError, 1),
    (TemporarilyUnavailable, 75),
    (ServiceError, 70),
)


def exit_code_of(error: ServiceError) -> int:
    """Return the exit code of an error."""
    return next(code for kind, code in EXIT_CODE_OF_CLASS if isinstance(error, kind))
