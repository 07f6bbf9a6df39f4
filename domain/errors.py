"""Errors, by who can do something about them.

    ServiceError(code, sentence)
    ├── UserError                  your repository or settings: shown to you, never retried
    │   ├── InvalidInput           a value you gave is not of the form it must have
    │   ├── NotFound               what you named does not exist here
    │   └── Conflict               what you ask contradicts what is there
    └── OperatorError              ours or the world's: logged, for whoever runs the service
        └── TemporarilyUnavailable try again: a job that raises it is retried

Expected outcomes of a job are values (`domain.builds.BuildRejected`), not exceptions. Every `code` has a section
in `docs/reference/errors.md`.
"""

from datetime import timedelta


class ServiceError(Exception):
    """Something went wrong that has a name and a sentence.

    Attributes:
        code: stable snake_case name, documented in `docs/reference/errors.md`.
        sentence: what went wrong, where, and what to do; for a person.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class UserError(ServiceError):
    """The repository or the settings need a change by their owner."""


class InvalidInput(UserError):  # noqa: N818 - reads as the sentence it is raised with
    """A value given from outside is not of the form it must have."""


class NotFound(UserError):  # noqa: N818 - see InvalidInput
    """What was named does not exist, or not for the one who asks."""


class Conflict(UserError):  # noqa: N818 - see InvalidInput
    """What was asked for contradicts what is there already."""


class OperatorError(ServiceError):
    """The service or something it stands on needs whoever operates it."""


class TemporarilyUnavailable(OperatorError):  # noqa: N818 - see InvalidInput
    """An outside system did not answer as it should; trying again later may work.

    Attributes:
        retry_after: how long to wait at least, when the outside system said so.
    """

    def __init__(self, code: str, sentence: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(code, sentence)
        self.retry_after = retry_after
