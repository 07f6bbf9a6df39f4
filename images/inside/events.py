"""Events: one JSON object per line on what was standard output."""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import json
import logging
import math
import select
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from pushwright import log

from .standard_streams import write_whole

_MESSAGE_LIMIT: Final = 65_536
_STANDARD_ATTRIBUTES: Final = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    log.FIELDS_ATTRIBUTE,
}


class EventStream:
    """Writes events until the result, which is the last one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # Reentrant: a signal may interrupt a write, and its last words are an event too.
        self._lock = threading.RLock()
        self._is_line_torn = False
        self._is_ended = False

    def emit(self, kind: str, **fields: object) -> None:
        """Write one event; after the result nothing is written any more."""
        self._write(describe_event(kind, fields), is_last=False)

    def end(self, result: Mapping[str, object]) -> None:
        """Write the result, once."""
        self._write(describe_event("result", result), is_last=True)

    def _write(self, event: Mapping[str, object], *, is_last: bool) -> None:
        line = compose_line(event)
        with self._lock:
            if self._is_ended:
                return
            self._is_ended = is_last
            # A signal may leave a long line torn (a pipe takes short ones whole or not at all); a line break keeps
            # it from spoiling this one.
            prefix = b"\n" if self._is_line_torn else b""
            self._is_line_torn = len(line) > select.PIPE_BUF
            write_whole(self._descriptor, prefix + line)
            self._is_line_torn = False


class EventHandler(logging.Handler):
    """Turns log records, the standard library's and `pushwright.log`'s, into `log` events."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__()
        self._stream = stream
        self._formatter = logging.Formatter()

    def turn_to(self, stream: EventStream) -> None:
        """Write to another stream from now on."""
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as an event; one that cannot be formatted is told on standard error instead."""
        try:
            self._stream.emit("log", **self._describe(record))
        except Exception:  # noqa: BLE001 - logging's own contract: a bad record never breaks the code that logs
            self.handleError(record)

    def _describe(self, record: logging.LogRecord) -> dict[str, object]:
        extra = {key: value for key, value in record.__dict__.items() if key not in _STANDARD_ATTRIBUTES}
        event: dict[str, object] = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_MESSAGE_LIMIT],
            "fields": {**extra, **getattr(record, log.FIELDS_ATTRIBUTE, {})},
        }
        if record.exc_info:
            event["traceback"] = self._formatter.formatException(record.exc_info)[-_MESSAGE_LIMIT:]
        return event


def log_to(stream: EventStream) -> EventHandler:
    """Send all logging there: the root logger from INFO on, the task author's own from DEBUG on."""
    handler = EventHandler(stream)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger(log.LOGGER_NAME).setLevel(logging.DEBUG)
    return handler


def describe_event(kind: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Put together an event that happens now."""
    return {"type": kind, "at": _now(), **fields}


def compose_line(event: Mapping[str, object]) -> bytes:
    """Write an event as one line; a value that JSON does not have becomes its text."""
    try:
        line = json.dumps(event, default=str, allow_nan=False)
    except ValueError:
        line = json.dumps(_spell_numbers(event), default=str)
    return line.encode() + b"\n"


def _spell_numbers(value: object) -> object:
    """Write infinities and NaN, which Python would write as they are, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _spell_numbers(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spell_numbers(each) for each in value]
    return value


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
