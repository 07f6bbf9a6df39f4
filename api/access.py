"""Who may do what: the API's token, and the link that creates the App."""

import hmac

from fastapi import Request

from api.services import ServicesOfRequest
from domain.errors import UserError
from domain.secrets import Secret

_SCHEME = "bearer"


def require_token(request: Request, services: ServicesOfRequest) -> None:
    """Let a request through that carries the API's token.

    Raises:
        UserError: `api_disabled`, `api_token_wrong`.
    """
    token = services.access.api_token
    if token is None:
        raise UserError(
            "api_disabled",
            "The API is closed: set PUSHWRIGHT_API_TOKEN to a long random text (openssl rand -base64 32) and restart.",
        )
    if not has_bearer(request, token):
        raise UserError(
            "api_token_wrong",
            "The request does not carry the API's token: send the header Authorization: Bearer TOKEN with the value "
            "of PUSHWRIGHT_API_TOKEN.",
        )


def require_creator(request: Request, services: ServicesOfRequest, key: str = "") -> None:
    """Let a request through that carries the key of the link, or the API's token.

    Raises:
        UserError: `app_creation_refused`.
    """
    access = services.access
    by_token = access.api_token is not None and has_bearer(request, access.api_token)
    if not by_token and not same_text(key, access.creation_key):
        raise UserError(
            "app_creation_refused",
            "Creating the GitHub App takes the whole link that the service logs at its start; "
            "pushwright github app prints it too.",
        )


def has_bearer(request: Request, token: Secret) -> bool:
    """Whether the request carries this bearer token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return same_text(given.strip(), token) and scheme.lower() == _SCHEME


def same_text(given: str, secret: Secret) -> bool:
    """Whether both are the same, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.reveal().encode())
