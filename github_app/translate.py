"""Out of GitHub's words into ours: what a verified delivery means."""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from domain.errors import InvalidInput
from domain.events import (
    AccessChanged,
    CheckAction,
    CheckRequested,
    Event,
    InstallationChange,
    InstallationChanged,
    NotInteresting,
    PullRequestChanged,
    PushReceived,
    RepositoryChange,
    RepositoryChanged,
)
from domain.identifiers import RepositoryId
from domain.pull_requests import Author
from domain.source import Commit, RepositoryAddress
from github_app.payloads import (
    AccessPayload,
    CheckPart,
    CheckRunPayload,
    CheckSuitePayload,
    IdPart,
    InstallationPart,
    InstallationPayload,
    PullRequestPayload,
    PushPayload,
    RepositoryPart,
    RepositoryPayload,
    SenderPart,
    clean_text,
)

_LONGEST_NAME: Final = 60
_Payload = TypeVar("_Payload", bound=BaseModel)


def translate(event_name: str, body: bytes) -> Event:
    """Return what the delivery means.

    Raises:
        InvalidInput: `payload_invalid`, naming the field that is missing or wrong.
    """
    document = _parse_document(event_name, body)
    translation = _TRANSLATIONS.get(event_name)
    return translation(document) if translation else NotInteresting("unknown_event")


def _translate_push(document: object) -> Event:
    payload = _parse(PushPayload, "push", document)
    if payload.installation is None:
        return _NOT_OF_THE_APP
    return PushReceived(
        address=_address(payload.installation, payload.repository),
        repository=payload.repository.to_domain(),
        ref=payload.ref,
        before=payload.before,
        after=payload.after,
        forced=bool(payload.forced),
        head_commit=_commit(payload),
        pusher=_pusher(payload),
    )


def _translate_pull_request(document: object) -> Event:
    payload = _parse(PullRequestPayload, "pull_request", document)
    if payload.installation is None:
        return _NOT_OF_THE_APP
    return PullRequestChanged(
        address=_address(payload.installation, payload.repository),
        repository=payload.repository.to_domain(),
        action=clean_text(payload.action, _LONGEST_NAME),
        number=payload.pull_request.number,
        sender=_author(payload.sender),
    )


def _translate_repository(document: object) -> Event:
    payload = _parse(RepositoryPayload, "repository", document)
    if payload.action not in set(RepositoryChange):
        return _uninteresting("repository", payload.action)
    if payload.installation is None:
        return _NOT_OF_THE_APP
    former = payload.changes.default_branch if payload.changes else None
    return RepositoryChanged(
        address=_address(payload.installation, payload.repository),
        repository=payload.repository.to_domain(),
        change=RepositoryChange(payload.action),
        previous_default_branch=former.before if former and former.before else None,
    )


def _translate_installation(document: object) -> Event:
    payload = _parse(InstallationPayload, "installation", document)
    if payload.action not in set(InstallationChange):
        return _uninteresting("installation", payload.action)
    return InstallationChanged(
        installation_id=payload.installation.installation_id,
        account=payload.installation.account.to_domain(),
        change=InstallationChange(payload.action),
        repository_ids=_ids(payload.repositories),
        sender=_author(payload.sender),
    )


def _translate_access(document: object) -> Event:
    payload = _parse(AccessPayload, "installation_repositories", document)
    if payload.action not in {"added", "removed"}:
        return _uninteresting("installation_repositories", payload.action)
    return AccessChanged(
        installation_id=payload.installation.installation_id,
        account=payload.installation.account.to_domain(),
        added=_ids(payload.repositories_added),
        removed=_ids(payload.repositories_removed),
        sender=_author(payload.sender),
    )


def _translate_check_run(document: object) -> Event:
    payload = _parse(CheckRunPayload, "check_run", document)
    action = _find_check_action(payload)
    if action is None:
        pressed = f" {payload.requested_action.identifier}" if payload.requested_action else ""
        return _uninteresting("check_run", f"{payload.action}{pressed}")
    # Without an external id it is another App's; empty would mean the whole suite, so its own id stands for it.
    external_id = payload.check_run.external_id or f"check_run:{payload.check_run.id}"
    return _check(payload, payload.check_run, action, clean_text(external_id, _LONGEST_NAME))


def _find_check_action(payload: CheckRunPayload) -> CheckAction | None:
    if payload.action == "rerequested":
        return CheckAction.REDEPLOY
    pressed = payload.requested_action.identifier if payload.requested_action else ""
    if payload.action == "requested_action" and pressed in set(CheckAction):
        return CheckAction(pressed)
    return None


def _translate_check_suite(document: object) -> Event:
    payload = _parse(CheckSuitePayload, "check_suite", document)
    if payload.action != "rerequested":
        return _uninteresting("check_suite", payload.action)
    return _check(payload, payload.check_suite, CheckAction.REDEPLOY, "")


def _check(
    payload: CheckRunPayload | CheckSuitePayload, check: CheckPart, action: CheckAction, external_id: str
) -> Event:
    if payload.installation is None:
        return _NOT_OF_THE_APP
    return CheckRequested(
        address=_address(payload.installation, payload.repository),
        repository=payload.repository.to_domain(),
        action=action,
        external_id=external_id,
        sha=check.head_sha,
        sender=_author(payload.sender),
    )


_TRANSLATIONS: Final[Mapping[str, Callable[[object], Event]]] = {
    "push": _translate_push,
    "pull_request": _translate_pull_request,
    "repository": _translate_repository,
    "installation": _translate_installation,
    "installation_repositories": _translate_access,
    "check_run": _translate_check_run,
    "check_suite": _translate_check_suite,
    "ping": lambda _document: NotInteresting("ping"),
}
# A webhook of a repository or organisation, not of the App: there is nobody to ask for the code.
_NOT_OF_THE_APP: Final = NotInteresting("no_installation")


def _parse_document(event_name: str, body: bytes) -> dict[str, object]:
    try:
        document = json.loads(body)
    # A few hundred kilobytes of brackets exhaust the parser's stack before its grammar says no.
    except (ValueError, RecursionError) as error:
        raise _invalid(event_name, "the body is not a JSON document") from error
    if not isinstance(document, dict):
        raise _invalid(event_name, "the body is not a JSON object")
    return document


def _parse(model: type[_Payload], event_name: str, document: object) -> _Payload:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise _invalid(event_name, f"field {place}: {reason}") from error


def _address(installation: InstallationPart, repository: RepositoryPart) -> RepositoryAddress:
    return RepositoryAddress(installation.installation_id, RepositoryId(repository.id))


def _commit(payload: PushPayload) -> Commit | None:
    head = payload.head_commit
    if head is None:
        return None
    return Commit(head.id, head.message, head.author.name if head.author else "")


def _pusher(payload: PushPayload) -> Author:
    if payload.sender is not None and payload.sender.login:
        return _author(payload.sender)
    return Author(payload.pusher.name if payload.pusher else "")


def _author(sender: SenderPart | None) -> Author:
    return Author(sender.login, sender.avatar_url) if sender else Author()


def _ids(parts: list[IdPart] | None) -> tuple[RepositoryId, ...]:
    return tuple(RepositoryId(part.id) for part in parts or ())


def _uninteresting(event_name: str, action: str) -> NotInteresting:
    return NotInteresting(clean_text(f"{event_name} {action}".strip(), _LONGEST_NAME))


def _invalid(event_name: str, reason: str) -> InvalidInput:
    return InvalidInput(
        "payload_invalid",
        f"The payload of this {event_name} event is not what GitHub documents: {reason}. "
        "Redeliver it from the App's settings on GitHub when the cause is known.",
    )
