"""The examples of the image contract are what the program does."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.unit.inside.program import Start

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "image-contract.md"
EXAMPLE: Final = re.compile(r"<!-- example: (\w+) ?(\S*) -->\n```\w+\n(.*?)```", re.DOTALL)


def _examples(kind: str) -> list[tuple[str, str]]:
    return [(argument, text) for found, argument, text in EXAMPLE.findall(PAGE.read_text()) if found == kind]


def _without_times(lines: str) -> list[Any]:
    events = [json.loads(line) for line in lines.splitlines()]
    return [{key: value for key, value in event.items() if key != "at"} for event in events]


def test_the_manifest_is_the_one_on_the_page(start: Start, tmp_path: Path) -> None:
    start(dict(_examples("file")))
    printed = json.loads((tmp_path / "manifest.json").read_text())
    shown = json.loads(_examples("manifest")[0][1])
    assert {**printed, "python": shown["python"]} == shown


def test_each_request_gives_the_events_and_the_exit_code_on_the_page(start: Start, tmp_path: Path) -> None:
    command = start(dict(_examples("file")))
    requests, events = _examples("request"), _examples("events")
    assert len(requests) == len(events) == 3
    for (exit_code, request), (_, expected) in zip(requests, events, strict=True):
        ended = subprocess.run(
            command, cwd=tmp_path / "app", input=request, capture_output=True, text=True, timeout=60, check=False
        )
        assert _without_times(ended.stdout) == _without_times(expected)
        assert ended.returncode == int(exit_code)


def test_a_served_request_gives_the_events_on_the_page(start: Start, tmp_path: Path) -> None:
    run, *rest = start(dict(_examples("file")))[-5:]
    command = [*start(dict(_examples("file")))[:-5], "serve", *rest, "--concurrency", "2"]
    (request,), (expected,) = (
        [text for kind, text in _examples("served") if kind == each] for each in ("request", "events")
    )
    ended = subprocess.run(
        command, cwd=tmp_path / "app", input=request, capture_output=True, text=True, timeout=60, check=False
    )
    assert (run, _without_times(ended.stdout)) == ("run", _without_times(expected))
    assert ended.returncode == 0
