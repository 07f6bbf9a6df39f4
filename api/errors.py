"""What an error becomes in HTTP: `application/problem+json` (RFC 9457) with its code, or a page for a browser."""

from collections.abc import Mapping
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from api.browser import PRIVATE_HEADERS
from api.ui.pages import render
from domain.errors import Conflict, InvalidInput, NotFound, ServiceError, TemporarilyUnavailable, UserError

_log = structlog.get_logger(__name__)

STATUS_OF_CODE: Final = {
    "body_too_large": 413,
    "signature_missing": 401,
    "signature_mismatch": 401,
    "api_token_wrong": 401,
    "not_signed_in": 401,
    "api_disabled": 403,
    "app_creation_refused": 403,
    "github_authorization_denied": 403,
    "installation_not_yours": 403,
    "method_not_allowed": 405,
    "github_app_missing": 503,
}
STATUS_OF_CLASS: Final[tuple[tuple[type[ServiceError], int], ...]] = (
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (UserError, 422),
    (TemporarilyUnavailable, 503),
    (ServiceError, 500),
)
_NO_PAGES: Final = ("/api/", "/webhooks/")


def status_of(error: ServiceError) -> int:
    """Return the HTTP status of an error."""
    by_class = next(status for kind, status in STATUS_OF_CLASS if isinstance(error, kind))
    return STATUS_OF_CODE.get(error.code, by_class)


def install_error_answers(app: FastAPI) -> None:
    """Let every error that leaves a route be answered with its status, code and sentence."""

    @app.exception_handler(ServiceError)
    def _answer(request: Request, error: ServiceError) -> Response:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    def _answer_invalid(request: Request, error: RequestValidationError) -> Response:
        sentences = [_sentence(detail["loc"], detail["msg"]) for detail in error.errors()]
        return answer(request, InvalidInput("request_invalid", " ".join(sentences)))

    @app.exception_handler(404)
    def _answer_unrouted(request: Request, _error: Exception) -> Response:
        path = request.url.path
        return answer(
            request, NotFound("route_not_found", f"There is nothing at {path}: see docs/reference/http-api.md.")
        )

    @app.exception_handler(405)
    def _answer_method(request: Request, error: Exception) -> Response:
        refused = UserError("method_not_allowed", f"{request.method} is not among what {request.url.path} takes.")
        return answer(request, refused, getattr(error, "headers", None))


def answer(request: Request, error: ServiceError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the error as a page when a person's browser asks for a page, else as a problem for programs."""
    status = status_of(error)
    _log.info("request_refused", path=request.url.path, status=status, code=error.code)
    if _wants_page(request):
        return render("error.html", status=status, code=error.code, sentence=error.sentence)
    problem = {"type": "about:blank", "status": status, "code": error.code, "detail": error.sentence}
    return JSONResponse(
        problem,
        status_code=status,
        media_type="application/problem+json",
        headers={**PRIVATE_HEADERS, **_headers_of(error), **(headers or {})},
    )


def _headers_of(error: ServiceError) -> dict[str, str]:
    if error.code == "api_token_wrong":
        return {"WWW-Authenticate": 'Bearer realm="pushwright"'}
    if isinstance(error, TemporarilyUnavailable) and error.retry_after is not None:
        return {"Retry-After": f"{error.retry_after.total_seconds():.0f}"}
    return {}


def _wants_page(request: Request) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(_NO_PAGES)


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location[1:]) or "The body"
    if message == "Extra inputs are not permitted":
        return f"{name}: there is no such field."
    if message == "Field required":
        return f"{name}: missing."
    return f"{name}: {message.removeprefix('Value error, ')}."
