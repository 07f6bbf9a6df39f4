"""BuildKit's progress (`--progress rawjson`) as ours: steps by their titles, lines without secrets."""

import base64
import codecs
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from builder.plan import Step
from builder.redaction import RedactedStream, Redactor
from builder.titles import TitleProgress
from domain.builds import LogLine, Phase, Progress

MAX_LINE: Final = 8_000
MAX_LOG: Final = 200_000_000
INDEX_ERROR: Final = "::pushwright-index-error::"
_TAIL: Final = 40
_STAGE: Final = re.compile(r"\[(?:[^\] ]+/[^\] ]+ )?(?P<stage>[\w-]+) +\d+/\d+\] RUN ")
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class VertexFailure:
    """A piece of the build BuildKit could not finish.

    Attributes:
        step: the step of the plan it is, None for BuildKit's own pieces, such as the push.
        error: BuildKit's words.
    """

    name: str
    step: Step | None
    error: str


@dataclass
class _Output:
    """What one stream of one vertex printed: decoded, redacted, cut into lines."""

    redacted: RedactedStream
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )
    pending: str = ""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Return the lines that are complete by now."""
        self.pending += self.redacted.feed(self.decoder.decode(chunk))
        *lines, self.pending = self.pending.split("\n")
        if len(self.pending) > MAX_LINE:
            lines, self.pending = [*lines, self.pending], ""
        yield from map(_clean, lines)

    def close(self) -> Iterator[str]:
        """Return the last line, if it did not end."""
        rest = self.pending + self.redacted.feed(self.decoder.decode(b"", final=True)) + self.redacted.close()
        self.pending = ""
        yield from (_clean(line) for line in rest.splitlines())


class ProgressReading:
    """Follows one call of buildx.

    Attributes:
        failures: what failed, in order.
        tails: the last lines of each step, by stage.
        index_error: what the indexer said in its machine-readable line, None while it said nothing.
    """

    def __init__(self, steps: Sequence[Step], redactor: Redactor) -> None:
        self._steps = {step.stage: step for step in steps}
        self._redactor = redactor
        self._by_digest: dict[str, Step] = {}
        self._outputs: dict[tuple[str, int], _Output] = {}
        self._titles = TitleProgress(steps)
        self._held: list[Progress] = []
        self._holds = any(step.phase is Phase.INSTALL for step in steps)
        self._size = 0
        self.failures: list[VertexFailure] = []
        self.tails: dict[str, deque[str]] = {step.stage: deque(maxlen=_TAIL) for step in steps}
        self.index_error: str | None = None
        self.noise: deque[str] = deque(maxlen=_TAIL)

    def read(self, line: bytes) -> list[Progress]:
        """Take one line of buildx's standard error and return what is to be told."""
        status = _parse(line)
        if status is None:
            self.noise.append(self._redactor.redact(line.decode(errors="replace").strip()))
            return []
        progress = [
            *(item for vertex in status.get("vertexes") or () for item in self._read_vertex(vertex)),
            *(item for log in status.get("logs") or () for item in self._read_log(log)),
        ]
        return self._in_order(progress)

    def close(self) -> list[Progress]:
        """Return what was still held back, when the call has ended."""
        rest = [item for digest in self._by_digest for item in self._close_outputs(digest)]
        held, self._held, self._holds = self._held, [], False
        return [*held, *rest]

    def _in_order(self, progress: list[Progress]) -> list[Progress]:
        """Hold back the later phase while the install runs: BuildKit does both at once, a deployment has one status."""
        if not self._holds:
            return progress
        now = [item for item in progress if item.phase is Phase.INSTALL]
        self._held += [item for item in progress if item.phase is not Phase.INSTALL]
        if self._titles.is_complete(Phase.INSTALL):
            held, self._held, self._holds = self._held, [], False
            return [*now, *held]
        return now

    def _read_vertex(self, vertex: dict[str, Any]) -> Iterator[Progress]:
        digest, name = str(vertex.get("digest", "")), str(vertex.get("name", ""))
        step = self._find_step(digest, name)
        if vertex.get("error"):
            self.failures.append(VertexFailure(name, step, self._redactor.redact(str(vertex["error"]))))
        if step is None:
            return
        if vertex.get("started"):
            yield from self._titles.start(step)
        if vertex.get("completed"):
            yield from self._close_outputs(digest)
            yield from self._titles.complete(step, vertex)

    def _find_step(self, digest: str, name: str) -> Step | None:
        if digest not in self._by_digest:
            match = _STAGE.match(name)
            step = self._steps.get(match["stage"]) if match is not None else None
            if step is not None:
                self._by_digest[digest] = step
        return self._by_digest.get(digest)

    def _read_log(self, log: dict[str, Any]) -> Iterator[Progress]:
        digest = str(log.get("vertex", ""))
        step = self._by_digest.get(digest)
        if step is None:
            return
        key = digest, int(log.get("stream", 1))
        output = self._outputs.setdefault(key, _Output(self._redactor.open()))
        yield from self._tell(step, output.feed(base64.b64decode(log.get("data") or "")))

    def _close_outputs(self, digest: str) -> Iterator[Progress]:
        for key in [key for key in self._outputs if key[0] == digest]:
            yield from self._tell(self._by_digest[digest], self._outputs.pop(key).close())

    def _tell(self, step: Step, lines: Iterator[str]) -> Iterator[Progress]:
        for line in lines:
            if line.startswith(INDEX_ERROR):
                self.index_error = line.removeprefix(INDEX_ERROR)
                continue
            self.tails[step.stage].append(line)
            yield from self._limit(LogLine(step.phase, step.title, line[:MAX_LINE]))

    def _limit(self, line: LogLine) -> Iterator[Progress]:
        before = self._size
        self._size += len(line.text) + 1
        if self._size <= MAX_LOG:
            yield line
        elif before <= MAX_LOG:
            yield LogLine(line.phase, "", f"The log is cut here: it is longer than {MAX_LOG // 1_000_000} MB.")


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"{"):
        return None
    try:
        status = json.loads(line)
    except ValueError:
        return None
    return status if isinstance(status, dict) else None


def _clean(line: str) -> str:
    return _CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2])
