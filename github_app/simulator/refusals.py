"""How GitHub says no: a status, a message, sometimes a list of faulty fields."""

from collections.abc import Mapping, Sequence

from fastapi import Request
from fastapi.responses import JSONResponse

_DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """A request that GitHub answers with an error; never leaves the simulator except as a response."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """Return the answer in GitHub's form."""
        content = {"message": self.message, "documentation_url": _DOCUMENTATION, "status": str(self.status)}
        if "Location" in self.headers:
            content["url"] = self.headers["Location"]
        return JSONResponse(content, self.status, self.headers)


def bad_credentials() -> Refused:
    """A token that is unknown, expired or revoked."""
    return Refused(401, "Bad credentials")


def not_found() -> Refused:
    """What does not exist, or not for the one who asks: GitHub does not tell the two apart."""
    return Refused(404, "Not Found")


def not_accessible() -> Refused:
    """A permission that the installation or the token lacks."""
    return Refused(403, "Resource not accessible by integration")


def answer_refusal(_request: Request, refused: Exception) -> JSONResponse:
    """Answer a refusal; registered with the application for `Refused`."""
    if not isinstance(refused, Refused):
        raise refused
    return refused.response()


def answer_invalid(message: str, errors: Sequence[Mapping[str, str]] = ()) -> JSONResponse:
    """Answer 422 with the faulty fields."""
    content = {"message": message, "errors": list(errors), "documentation_url": _DOCUMENTATION, "status": "422"}
    return JSONResponse(content, 422)
