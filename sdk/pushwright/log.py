"""Log lines with fields: `log.info("charged", amount=12)`.

Inside an image each call becomes one `log` event of the run. It goes through the standard library's logger
`pushwright`, so that outside an image your own logging configuration decides where it ends up.
"""

import logging
from typing import Final

FIELDS_ATTRIBUTE: Final = "pushwright_fields"
LOGGER_NAME: Final = "pushwright"

_LOGGER: Final = logging.getLogger(LOGGER_NAME)


def debug(message: str, /, **fields: object) -> None:
    """Tell what helps to find a fault."""
    _emit(logging.DEBUG, message, fields)


def info(message: str, /, **fields: object) -> None:
    """Tell what happens."""
    _emit(logging.INFO, message, fields)


def warning(message: str, /, **fields: object) -> None:
    """Tell what is odd though the run goes on."""
    _emit(logging.WARNING, message, fields)


def error(message: str, /, **fields: object) -> None:
    """Tell what went wrong."""
    _emit(logging.ERROR, message, fields)


def _emit(level: int, message: str, fields: dict[str, object]) -> None:
    # "%s": a percent sign in the message is the author's, not a placeholder.
    _LOGGER.log(level, "%s", message, extra={FIELDS_ATTRIBUTE: fields})
