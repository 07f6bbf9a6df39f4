"""The request on standard input: what the run engine wants to have run."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pushwright import Run

PAYLOAD_LIMIT: Final = 16 * 1024 * 1024
_READ_SIZE: Final = 65_536
_STDIN: Final = 0


class BadRequest(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """What stands on standard input is no request."""


class BadPayload(Exception):  # noqa: N818 - reads as the sentence it is raised with
    """The payload is not what the task takes."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One task to run once."""

    run: Run
    payload: Any  # whatever JSON value the caller sent


def read_request() -> RunRequest:
    """Read standard input to its end and check what stands there.

    Raises:
        BadRequest: it is not one JSON object of the documented form.
    """
    content = b""
    while piece := os.read(_STDIN, _READ_SIZE):
        content += piece
        if len(content) > PAYLOAD_LIMIT:
            raise BadRequest(f"The request is larger than {PAYLOAD_LIMIT} bytes; send a reference to the data instead.")
    return parse_request(content)


def parse_request(content: bytes) -> RunRequest:
    """Check a request; keys it does not know are passed over, because run engines may be newer than images.

    Raises:
        BadRequest: it is not one JSON object of the documented form.
    """
    return read_object(parse_object(content))


def read_object(request: Mapping[str, Any]) -> RunRequest:
    """Check an object for what a request must have.

    Raises:
        BadRequest: a key is missing or of another kind.
    """
    missing = [key for key in ("task", "payload") if key not in request]
    if missing:
        raise BadRequest(f'The request has no "{missing[0]}"; it is {{"task": …, "payload": …, "context": …}}.')
    task_id = _take(request, "task", str, "")
    context = dict(_take(request, "context", dict, {}))
    run = Run(
        task_id=task_id,
        run_id=_take(context, "run_id", str, ""),
        attempt=_take(context, "attempt", int, 1),
        environment=_take(context, "environment", str, ""),
        details={key: context[key] for key in context if key not in {"run_id", "attempt", "environment"}},
    )
    return RunRequest(run, request["payload"])


def parse_object(content: bytes) -> Mapping[str, Any]:
    """Read one JSON object, without the numbers that JSON does not have.

    Raises:
        BadRequest: it is none.
    """
    if not content.strip():
        raise BadRequest("Standard input is empty; write the request there and close it.")
    try:
        request = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise BadRequest("The request is nested too deeply.") from error
    except ValueError as error:
        raise BadRequest(f"The request is not JSON: {error}.") from error
    if not isinstance(request, dict):
        raise BadRequest(f"The request is a JSON {type(request).__name__}; it must be an object.")
    return request


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _take(mapping: Mapping[str, Any], key: str, kind: type[Any], default: object) -> Any:  # noqa: ANN401 - of `kind`
    value = mapping.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadRequest(f'"{key}" must be {_KINDS[kind]}, not {json.dumps(value):.60}.')
    return value


_KINDS: Final = {str: "text", int: "a whole number", dict: "an object"}
