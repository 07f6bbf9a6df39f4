import base64
import json
from pathlib import Path

from syrupy.assertion import SnapshotAssertion

from builder.progress import MAX_LINE, ProgressReading
from builder.redaction import Redactor
from domain.builds import LogLine, Phase, Progress, StepFinished, StepStarted
from domain.environments import BuildSettings
from domain.secrets import Secret
from tests.unit.builder.planned import EXAMPLES, RECORDED, plan_of, write_tree

STEP = "install: echo token $TOKEN; echo no luck >&2; exit 7"


def read(reading: ProgressReading, recording: str) -> list[Progress]:
    lines = (RECORDED / recording).read_bytes().splitlines()
    return [item for line in lines for item in reading.read(line)] + reading.close()


def hello() -> ProgressReading:
    return ProgressReading(plan_of(EXAMPLES / "hello-tasks").steps, Redactor([]))


def test_a_whole_build(snapshot: SnapshotAssertion) -> None:
    assert read(hello(), "hello-index.jsonl") == snapshot


def test_a_later_phase_waits_for_the_earlier_one() -> None:
    phases = [item.phase for item in read(hello(), "hello-index.jsonl")]
    assert phases == sorted(phases, key=list(Phase).index)


def test_every_step_comes_from_the_cache() -> None:
    finished = [item for item in read(hello(), "hello-cached.jsonl") if isinstance(item, StepFinished)]
    assert len(finished) == 3
    assert all(item.cached and item.seconds == 0 for item in finished)


def test_a_failing_command_is_its_steps_failure(tmp_path: Path) -> None:
    settings = BuildSettings(install_command=STEP.removeprefix("install: "))
    reading = ProgressReading(plan_of(write_tree(tmp_path, {}), settings).steps, Redactor([Secret("recorded-secret")]))
    progress = read(reading, "install-failed.jsonl")
    assert {item.text for item in progress if isinstance(item, LogLine)} == {"token [secret]", "no luck"}
    assert StepStarted(Phase.INSTALL, STEP) in progress
    assert not any(isinstance(item, StepFinished) and item.step == STEP for item in progress)
    (failure,) = (failure for failure in reading.failures if failure.step)
    assert failure.step is not None
    assert failure.step.stage == "install"


def test_the_indexers_own_line_is_kept_and_not_shown() -> None:
    reading = hello()
    progress = read(reading, "index-failed.jsonl")
    assert not any(isinstance(item, LogLine) and "::pushwright" in item.text for item in progress)
    assert json.loads(reading.index_error or "")["error"]["code"] == "task_import_failed"


def one_step() -> tuple[ProgressReading, str]:
    reading = hello()
    vertex = {"digest": "d", "name": "[install 2/2] RUN x", "started": "2026-11-24T03:45:02.774076648Z"}
    reading.read(json.dumps({"vertexes": [vertex]}).encode())
    return reading, "d"


def feed(reading: ProgressReading, digest: str, *chunks: bytes) -> list[str]:
    texts = []
    for chunk in chunks:
        log = {"vertex": digest, "stream": 1, "data": base64.b64encode(chunk).decode()}
        texts += [item.text for item in reading.read(json.dumps({"logs": [log]}).encode()) if isinstance(item, LogLine)]
    return texts


def test_lines_are_put_together_and_cleaned() -> None:
    reading, digest = one_step()
    chunks = (b"\x1b[32mgr\xc3", b"\xbcn\x1b[0m\n10%\r50%\r100%\r\n", b"rest")
    assert feed(reading, digest, *chunks) == ["grün", "100%"]
    assert [item.text for item in reading.close() if isinstance(item, LogLine)] == ["rest"]


def test_a_line_without_end_is_cut() -> None:
    reading, digest = one_step()
    texts = feed(reading, digest, *[b"x" * 4000] * 10)
    assert texts
    assert max(map(len, texts)) <= MAX_LINE


def test_what_is_no_progress_is_kept_for_the_message() -> None:
    reading = hello()
    assert reading.read(b"ERROR: no builder found") == []
    assert reading.read(b'{"broken') == []
    assert list(reading.noise) == ["ERROR: no builder found", '{"broken']
