"""The front door: whether a webhook call really comes from GitHub.

Nothing is read out of a body before its signature is known to be right, and a `VerifiedPayload` exists only where
that was shown.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

from pydantic import ValidationError

from domain.errors import InvalidInput, OperatorError
from domain.identifiers import DeliveryId
from domain.secrets import Secret
from github_app.payloads import SubjectParts

SIGNATURE_HEADER: Final = "X-Hub-Signature-256"
DELIVERY_HEADER: Final = "X-GitHub-Delivery"
EVENT_HEADER: Final = "X-GitHub-Event"

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_EVENT = re.compile(r"[a-z][a-z_]{0,63}")
_FORM = "application/x-www-form-urlencoded"
_PROOF: Final = object()


@dataclass(frozen=True, slots=True)
class VerifiedPayload:
    """A webhook call whose signature was right; only `verify` makes one.

    Attributes:
        delivery_id: GitHub's GUID of the call, the same again when GitHub redelivers it.
        event_name: `push`, `ping`, ….
        body: the JSON document as GitHub wrote it.
    """

    delivery_id: DeliveryId
    event_name: str
    body: bytes = field(repr=False)
    proof: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise TypeError("A VerifiedPayload comes out of github_app.webhook.verify and nowhere else.")


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> VerifiedPayload:
    """Return the payload of a call signed with one of `secrets`.

    Args:
        body: the raw bytes as received: a body written anew has another signature.
        headers: the headers, names in any case.
        secrets: the current webhook secret and, while it is being rotated, the previous one.

    Raises:
        InvalidInput: `signature_missing`, `signature_mismatch`, `delivery_header_missing`, `payload_invalid`.
        OperatorError: `webhook_secret_empty`.
    """
    check_secrets(secrets)
    _check_signature(body, _find_header(headers, SIGNATURE_HEADER), secrets)
    delivery_id = DeliveryId(_read_header(headers, DELIVERY_HEADER, _GUID, "a GUID"))
    event_name = _read_header(headers, EVENT_HEADER, _EVENT, "the name of an event")
    content_type = _find_header(headers, "Content-Type").partition(";")[0].strip().lower()
    document = _read_form(body) if content_type == _FORM else body
    return VerifiedPayload(delivery_id, event_name, document, _PROOF)


def read_subject(payload: VerifiedPayload) -> str:
    """Return what the call is about: `repository:7`, `installation:3`, or `delivery:<GUID>` when it names neither.

    A document that cannot be read is about itself: that it is wrong is decided later, with a reason.
    """
    try:
        parts = SubjectParts.model_validate_json(payload.body)
    except ValidationError:
        return f"delivery:{payload.delivery_id}"
    if parts.repository is not None:
        return f"repository:{parts.repository.id}"
    if parts.installation is not None:
        return f"installation:{parts.installation.id}"
    return f"delivery:{payload.delivery_id}"


def check_secrets(secrets: Sequence[Secret]) -> None:
    """Raise `OperatorError` (`webhook_secret_empty`) unless there is a secret and none is empty.

    With an empty key anybody could sign: worth refusing at start, and again at every call.
    """
    if not secrets or not all(secret.reveal() for secret in secrets):
        raise OperatorError(
            "webhook_secret_empty",
            "A webhook secret is empty: set it to the secret in the GitHub App's webhook settings.",
        )


def sign(body: bytes, secret: Secret) -> str:
    """Return the value GitHub puts into `X-Hub-Signature-256` for `body`."""
    return f"sha256={hmac.digest(secret.reveal().encode(), body, 'sha256').hex()}"


def _check_signature(body: bytes, given: str, secrets: Sequence[Secret]) -> None:
    if not given:
        raise InvalidInput(
            "signature_missing",
            f"The request has no {SIGNATURE_HEADER} header: set a webhook secret in the GitHub App's settings.",
        )
    well_formed = _SIGNATURE.fullmatch(given) is not None
    # Each secret is compared, also after a match: the time taken says nothing about which one it was.
    matches = [hmac.compare_digest(sign(body, secret).encode(), given.encode()) for secret in secrets]
    if not (well_formed and any(matches)):
        raise InvalidInput(
            "signature_mismatch",
            f"The {SIGNATURE_HEADER} header is not the signature of this body: compare the webhook secret "
            "in the GitHub App's settings with the one of this service.",
        )


def _find_header(headers: Mapping[str, str], name: str) -> str:
    """Return the header's value, empty when it is absent or stands there twice."""
    values = [value for key, value in headers.items() if key.lower() == name.lower()]
    return values[0] if len(values) == 1 else ""


def _read_header(headers: Mapping[str, str], name: str, form: re.Pattern[str], description: str) -> str:
    value = _find_header(headers, name).lower()
    if not form.fullmatch(value):
        raise InvalidInput(
            "delivery_header_missing",
            f"The request has no {name} header that is {description}: only GitHub's own webhook calls are taken.",
        )
    return value


def _read_form(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=1, errors="strict")
        return fields["payload"][0].encode()
    except (ValueError, KeyError) as error:
        raise InvalidInput(
            "payload_invalid",
            "The form-encoded body is not a single field named payload: "
            "set the webhook's content type to application/json in the GitHub App's settings.",
        ) from error
