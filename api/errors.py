"""What an error becomes in HTTP: `application/problem+json` (RFC 9457) with the error's code."""

from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from domain.errors import Conflict, InvalidInput, NotFound, ServiceError, TemporarilyUnavailable, UserError

_log = structlog.get_logger(__name__)

STATUS_OF_CODE: Final = {
    "body_too_large": 413,
    "signature_missing": 401,
    "signature_mismatch": 401,
}
STATUS_OF_CLASS: Final[tuple[tuple[type[ServiceError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (UserError, 422),
    (TemporarilyUnavailable, 503),
    (ServiceError, 500),
)


def status_of(error: ServiceError) -> int:
    """Return the HTTP status of an error."""
    by_class = next(status for kind, status in STATUS_OF_CLASS if isinstance(error, kind))
    return STATUS_OF_CODE.get(error.code, by_class)


def install_error_answers(app: FastAPI) -> None:
    """Let every `ServiceError` that leaves a route be answered with its status, code and sentence."""

    @app.exception_handler(ServiceError)
    def _answer(request: Request, error: ServiceError) -> JSONResponse:
        status = status_of(error)
        _log.info("request_refused", path=request.url.path, status=status, code=error.code)
        return JSONResponse(
            {"type": "about:blank", "status": status, "code": error.code, "detail": error.sentence},
            status_code=status,
            media_type="application/problem+json",
        )
