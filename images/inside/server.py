"""The server: many runs, each in a fork of this process, which has imported the tasks before.

Requests come as lines on standard input, the events of all runs go out as lines on standard output, each with the
id of its run. The runs themselves are what `run` makes of them; this module only begins, reads and ends them.
"""
# ruff: noqa: TID252 - the package has another name in an image, see its docstring

import contextlib
import json
import math
import os
import select
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from .alarm import Alarm
from .children import Child, begin_child
from .code_root import CodeRoot
from .events import EventHandler, EventStream, compose_line, describe_event
from .forked_runs import run_apart, run_here
from .interruptions import Interruption
from .manifest import Manifest, TaskEntry
from .outcomes import EXIT_CANCELED, Outcome, fail, interrupt
from .preloading import Preloaded
from .running import Work, find_entry
from .serve_requests import LINE_LIMIT, Begin, Cancel, LineReader, Refused, read_line

_READ_SIZE: Final = 65_536
# Above these, reading stops until there is room: bytes of events not yet taken, requests not yet begun.
_OUTBOX_LIMIT: Final = 1024 * 1024
_WAITING_LIMIT: Final = 64 * 1024 * 1024
_WAITING_COUNT: Final = 1000
_LONGEST_WAIT_SECONDS: Final = 3600.0
_GONE: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    Attributes:
        run_command: what starts an interpreter of its own for one run.
        grace: seconds a run has for its end, as in `run`.
        concurrency: how many runs go on at once.
    """

    code: CodeRoot
    manifest: Manifest
    run_command: tuple[str, ...]
    grace: float
    concurrency: int


class Server:
    """Begins runs, passes their events on, and ends them."""

    def __init__(
        self, settings: Settings, preloaded: Preloaded, logs: EventHandler, descriptors: tuple[int, int]
    ) -> None:
        self._settings = settings
        self._preloaded = preloaded
        self._logs = logs
        self._requests, self._events = descriptors
        self._alarm = Alarm()
        self._lines = LineReader(LINE_LIMIT)
        self._waiting: deque[Begin] = deque()
        self._children: dict[str, Child] = {}
        self._outbox = bytearray()
        self._is_closed = False
        self._is_stopping = False
        self._is_unheard = False

    def serve(self) -> int:
        """Serve until standard input has ended and all runs are over, or until a signal; return the exit code."""
        self._alarm.listen()
        self._introduce()
        while not self._is_done():
            ready = self._wait()
            self._take_alarm()
            if self._requests in ready:
                self._read_requests()
            for child_id, child in self._children.items():
                if child.pipe in ready:
                    self._pass_on(child_id, child.read())
            if self._is_unheard:
                self._outbox.clear()
            elif self._events in ready:
                self._send()
            self._end_children()
            self._begin_waiting()
        return EXIT_CANCELED if self._is_stopping else 0

    def _introduce(self) -> None:
        apart = [{"file": file, "reason": reason} for file, reason in sorted(self._preloaded.apart.items())]
        event = {"concurrency": self._settings.concurrency, "tasks": sorted(self._preloaded.tasks), "apart": apart}
        self._outbox += compose_line(describe_event("ready", event))
        for each in apart:
            print(f"{each['file']} {each['reason']}; its runs start an interpreter of their own.", file=sys.stderr)
        # From here on a line may be in the middle of being sent.
        self._logs.turn_to(EventStream(sys.stderr.fileno()))

    def _is_done(self) -> bool:
        is_idle = not (self._children or self._waiting)
        return is_idle and (self._is_closed or self._is_stopping) and (self._is_unheard or not self._outbox)

    def _wait(self) -> frozenset[int]:
        """Wait for something to do and return the descriptors that are ready."""
        poll = select.poll()
        poll.register(self._alarm.descriptor, select.POLLIN)
        # Without an event asked for, a reader that is gone is told all the same.
        if not self._is_unheard:
            poll.register(self._events, select.POLLOUT if self._outbox else 0)
        if self._has_room():
            poll.register(self._requests, select.POLLIN)
        for child in self._children.values():
            if child.pipe is not None and len(self._outbox) < _OUTBOX_LIMIT:
                poll.register(child.pipe, select.POLLIN)
        due = min((child.deadline for child in self._children.values()), default=math.inf)
        seconds = min(max(0.0, due - time.monotonic()), _LONGEST_WAIT_SECONDS)
        ready = dict(poll.poll(math.ceil(seconds * 1000)))
        if ready.get(self._events, 0) & _GONE:
            self._is_unheard = True
            self._stop()
        return frozenset(ready)

    def _has_room(self) -> bool:
        is_open = not (self._is_closed or self._is_stopping)
        size = sum(len(begin.line) for begin in self._waiting)
        return is_open and size < _WAITING_LIMIT and len(self._waiting) < _WAITING_COUNT

    def _take_alarm(self) -> None:
        self._alarm.clear()
        if self._alarm.is_raised and not self._is_stopping:
            self._stop()

    def _stop(self) -> None:
        self._is_stopping = True
        while self._waiting:
            self._refuse(self._waiting.popleft().id, interrupt(Interruption.CANCELED))
        for child in self._children.values():
            child.cancel()

    def _read_requests(self) -> None:
        piece = os.read(self._requests, _READ_SIZE)
        self._is_closed = not piece
        for line in self._lines.feed(piece) if piece else self._lines.finish():
            if line.strip():
                self._take(read_line(line))

    def _take(self, request: Begin | Cancel | Refused) -> None:
        match request:
            case Refused():
                self._refuse(request.id, fail("bad_request", request.message))
            case Cancel():
                self._cancel(request.id)
            case Begin() if self._is_known(request.id):
                self._refuse(
                    None, fail("bad_request", f'A run "{request.id}" is going on; each needs an id of its own.')
                )
            case Begin():
                self._waiting.append(request)

    def _is_known(self, run: str) -> bool:
        return run in self._children or any(begin.id == run for begin in self._waiting)

    def _cancel(self, run: str) -> None:
        if run in self._children:
            self._children[run].cancel()
        elif self._is_known(run):
            self._waiting = deque(begin for begin in self._waiting if begin.id != run)
            self._refuse(run, interrupt(Interruption.CANCELED))

    def _begin_waiting(self) -> None:
        while self._waiting and len(self._children) < self._settings.concurrency:
            begin = self._waiting.popleft()
            entry = find_entry(self._settings.manifest, begin.request.run.task_id)
            if isinstance(entry, Outcome):
                self._refuse(begin.id, entry)
                continue
            child = begin_child(self._choose_act(begin, entry), self._list_descriptors(), self._settings.grace)
            if entry.max_duration is not None:
                child.limit(entry.max_duration)
            self._children[begin.id] = child

    def _choose_act(self, begin: Begin, entry: TaskEntry) -> Callable[[int], NoReturn]:
        task = self._preloaded.tasks.get(begin.request.run.task_id)
        if task is None:
            return lambda events: run_apart(self._settings.code, self._settings.run_command, begin.line, events)
        work = Work(self._settings.code, entry, begin.request)
        return lambda events: run_here(work, task, EventStream(events), self._logs, self._settings.grace)

    def _list_descriptors(self) -> list[int]:
        pipes = [child.pipe for child in self._children.values() if child.pipe is not None]
        return [self._requests, self._events, *self._alarm.descriptors, *pipes]

    def _end_children(self) -> None:
        for run, child in tuple(self._children.items()):
            child.kill_when_due()
            exit_code = child.find_end()
            if exit_code is None:
                continue
            del self._children[run]
            self._pass_on(run, child.read_rest())
            outcome = child.speak_for()
            if outcome:
                self._refuse(run, outcome)
            else:
                self._say(run, "exit", code=exit_code)

    def _refuse(self, run: str | None, outcome: Outcome) -> None:
        """Conclude a run whose process does not do it."""
        self._say(run, "result", **outcome.result)
        self._say(run, "exit", code=outcome.exit_code)

    def _say(self, run: str | None, kind: str, **fields: object) -> None:
        self._outbox += compose_line({"id": run, **describe_event(kind, fields)})

    def _pass_on(self, run: str, events: list[bytes]) -> None:
        prefix = b'{"id": ' + json.dumps(run).encode() + b", "
        for event in events:
            self._outbox += prefix + event[1:] + b"\n"

    def _send(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # the next wait says that the reader is gone
            # So much never blocks when the kernel says that a pipe takes something.
            sent = os.write(self._events, self._outbox[: select.PIPE_BUF])
            del self._outbox[:sent]
