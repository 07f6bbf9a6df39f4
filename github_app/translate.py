"""Out of GitHub's words into ours: what a verified delivery means."""

import json

from pydantic import ValidationError

from domain.errors import InvalidInput
from domain.events import Author, Event, NotInteresting, PushReceived
from domain.source import Commit, RepositoryAddress
from github_app.payloads import PushPayload


def translate(event_name: str, body: bytes) -> Event:
    """Return what the delivery means.

    Raises:
        InvalidInput: `payload_invalid`, naming the field that is missing or wrong.
    """
    document = _parse_document(event_name, body)
    match event_name:
        case "push":
            return _translate_push(_parse_push(document))
        case "ping":
            return NotInteresting("ping")
        case _:
            return NotInteresting("unknown_event")


def _parse_document(event_name: str, body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    # A few hundred kilobytes of brackets exhaust the parser's stack before its grammar says no.
    except (ValueError, RecursionError) as error:
        raise _invalid(event_name, "the body is not a JSON document") from error
    if not isinstance(document, dict):
        raise _invalid(event_name, "the body is not a JSON object")
    return document


def _parse_push(document: dict[str, object]) -> PushPayload:
    try:
        return PushPayload.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise _invalid("push", f"field {place}: {reason}") from error


def _translate_push(payload: PushPayload) -> Event:
    if payload.installation is None:
        # A webhook of a repository or organisation, not of the App: there is nobody to ask for the code.
        return NotInteresting("no_installation")
    repository = payload.repository.to_domain()
    return PushReceived(
        address=RepositoryAddress(payload.installation.installation_id, repository.id),
        repository=repository,
        ref=payload.ref,
        before=payload.before,
        after=payload.after,
        forced=bool(payload.forced),
        head_commit=_commit(payload),
        pusher=_pusher(payload),
    )


def _commit(payload: PushPayload) -> Commit | None:
    head = payload.head_commit
    if head is None:
        return None
    return Commit(head.id, head.message, head.author.name if head.author else "")


def _pusher(payload: PushPayload) -> Author:
    if payload.sender is not None and payload.sender.login:
        return Author(payload.sender.login, payload.sender.avatar_url)
    return Author(payload.pusher.name if payload.pusher else "")


def _invalid(event_name: str, reason: str) -> InvalidInput:
    return InvalidInput(
        "payload_invalid",
        f"The payload of this {event_name} event is not what GitHub documents: {reason}. "
        "Redeliver it from the App's settings on GitHub when the cause is known.",
    )
