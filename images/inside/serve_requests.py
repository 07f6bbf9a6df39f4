"""What a run engine may write to a server: runs to begin and runs to cancel, one JSON object per line."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .run_request import PAYLOAD_LIMIT, BadRequest, RunRequest, parse_object, read_object

_ID_LIMIT: Final = 128
# A line has the run's id beside the request.
LINE_LIMIT: Final = PAYLOAD_LIMIT + 1024


@dataclass(frozen=True, slots=True)
class Begin:
    """A run to begin.

    Attributes:
        line: the request as it came.
    """

    id: str
    request: RunRequest
    line: bytes


@dataclass(frozen=True, slots=True)
class Cancel:
    """A run to cancel."""

    id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that is neither.

    Attributes:
        id: None when it cannot be told which run is meant.
    """

    id: str | None
    message: str


class LineReader:
    """Cuts what comes in pieces into lines; of a line that is too long it keeps no more than shows that it is."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give the lines that are whole now, without their ends."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._add(end)
            yield self._take()
        self._add(rest)

    def finish(self) -> Iterator[bytes]:
        """Give what stands after the last line end."""
        if self._rest:
            yield self._take()

    def _add(self, piece: bytes) -> None:
        if len(self._rest) <= self._limit:
            self._rest += piece

    def _take(self) -> bytes:
        line = bytes(self._rest)
        self._rest.clear()
        return line


def read_line(line: bytes) -> Begin | Cancel | Refused:
    """Read one line."""
    if len(line) > LINE_LIMIT:
        return Refused(None, f"The line is longer than {LINE_LIMIT} bytes; send a reference to the data instead.")
    try:
        document = parse_object(line)
    except BadRequest as error:
        return Refused(None, str(error))
    if "cancel" in document:
        return _check_id(document["cancel"], "cancel") or Cancel(document["cancel"])
    refused = _check_id(document.get("id"), "id")
    if refused:
        return refused
    try:
        return Begin(document["id"], read_object(document), line)
    except BadRequest as error:
        return Refused(document["id"], str(error))


def _check_id(value: object, key: str) -> Refused | None:
    if isinstance(value, str) and 0 < len(value) <= _ID_LIMIT:
        return None
    return Refused(None, f'"{key}" must be the text that names a run, at most {_ID_LIMIT} characters.')
