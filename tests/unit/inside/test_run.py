"""`run` runs one task and ends with one result."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.inside.program import Run, Start, call, command

ECHO = "@task(id='t')\ndef t(payload): return payload\n"


def test_the_payload_goes_in_and_the_output_comes_out(run: Run) -> None:
    payload = {"text": "ä\u2028", "list": [1, 2.5, None, True]}
    ended = run(ECHO, payload)
    assert ended.exit_code == 0
    assert [event["type"] for event in ended.events] == ["started", "result"]
    assert ended.result["output"] == payload


@pytest.mark.parametrize(
    "code",
    [
        "@task(id='t')\nasync def t(payload): return 'done'",
        "@task(id='t')\ndef t(): return 'done'",
        "import functools\ntask(id='t', run=functools.partial(lambda a, b: a, 'done'))",
        "class C:\n  def __call__(self, payload): return 'done'\ntask(id='t', run=C())",
    ],
)
def test_every_kind_of_function_runs(run: Run, code: str) -> None:
    assert run(code).result["output"] == "done"


def test_the_context_reaches_the_task_and_its_threads(run: Run) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
def _look():
    r = current_run()
    return [r.run_id, r.task_id, r.attempt, r.environment, dict(r.details)]
@task(id='t')
def t(payload):
    with ThreadPoolExecutor() as pool: return pool.submit(_look).result()
"""
    ended = run(code, run_id="r", attempt=2, environment="staging", region="eu")
    assert ended.result["output"] == ["r", "t", 2, "staging", {"region": "eu"}]


def test_only_the_file_of_the_task_is_imported(start: Start, tmp_path: Path) -> None:
    files = {"trigger/a.py": f"from pushwright import *\n{ECHO}", "trigger/b.py": "print('b is imported')"}
    request = b'{"task": "t", "payload": 1}'
    ended = subprocess.run(start(files), cwd=tmp_path / "app", input=request, capture_output=True, check=True)
    assert b"b is imported" not in ended.stderr


def test_logs_of_both_kinds_become_events(run: Run) -> None:
    code = """
import logging
@task(id='t')
def t(payload):
    log.debug("100%", at_all=object)
    logging.getLogger("shop").warning("low on %s", "tea", extra={"left": 2})
    logging.getLogger("shop").debug("not shown")
    try: 1 / 0
    except ZeroDivisionError: logging.exception("failed")
"""
    ours, theirs, failure = [event for event in run(code).events if event["type"] == "log"]
    assert (ours["level"], ours["message"], ours["fields"]) == ("debug", "100%", {"at_all": "<class 'object'>"})
    assert (theirs["logger"], theirs["message"], theirs["fields"]) == ("shop", "low on tea", {"left": 2})
    assert failure["traceback"].endswith("ZeroDivisionError: division by zero")


def test_a_log_call_with_wrong_arguments_does_not_break_the_task(run: Run) -> None:
    ended = run("import logging\n@task(id='t')\ndef t(payload): logging.warning('%d', 'x')")
    assert ended.exit_code == 0
    assert "Logging error" in ended.stderr


def test_fields_that_json_does_not_have_become_text(run: Run) -> None:
    code = """
@task(id='t')
def t(payload):
    log.info("odd", numbers=[1.5, float('nan'), float('-inf')], nested={"a": (float('inf'),)}, half="\\ud800")
    loop = []
    loop.append(loop)
    log.info("endless", loop=loop)
"""
    ended = run(code)
    (odd,) = [event for event in ended.events if event["type"] == "log"]
    assert odd["fields"] == {"numbers": [1.5, "nan", "-inf"], "nested": {"a": ["inf"]}, "half": "\ud800"}
    assert "Logging error" in ended.stderr
    assert ended.exit_code == 0


def test_text_that_is_half_a_character_goes_in_and_comes_out(run: Run) -> None:
    assert run(ECHO, stdin=b'{"task": "t", "payload": "\\ud800"}').result["output"] == "\ud800"


def test_prints_go_to_standard_error_at_once(run: Run) -> None:
    code = "import os\n@task(id='t')\ndef t(payload):\n  print('loud')\n  os.system('echo child')\n  os._exit(9)"
    ended = run(code)
    assert ended.exit_code == 9
    assert [event["type"] for event in ended.events] == ["started"]
    assert ended.stderr == "loud\nchild\n"


def test_an_exception_is_a_failure_with_the_policy_to_follow(run: Run) -> None:
    code = "@task(id='t', retry={'max_attempts': 2})\ndef t(payload):\n  raise ValueError('no tea')"
    ended = run(code)
    error = ended.result["error"]
    assert ended.exit_code == 1
    assert (error["code"], error["type"], error["message"], error["retryable"]) == (
        ("task_failed", "ValueError", "no tea", True)
    )
    assert error["traceback"].splitlines()[1] == '  File "trigger/tasks.py", line 4, in t'
    assert ended.result["retry"]["max_attempts"] == 2


@pytest.mark.parametrize(
    ("raising", "kind", "message", "retryable"),
    [
        ("raise AbortTaskRun('never')", "AbortTaskRun", "never", False),
        ("raise SystemExit(3)", "SystemExit", "the code called sys.exit(3)", True),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", "", True),
        ("t(payload)", "RecursionError", "maximum recursion depth exceeded", True),
    ],
)
def test_whatever_is_raised_is_a_failure(run: Run, raising: str, kind: str, message: str, retryable: bool) -> None:  # noqa: FBT001 - parametrized
    ended = run(f"@task(id='t')\ndef t(payload):\n  {raising}")
    error = ended.result["error"]
    assert ended.exit_code == 1
    assert (error["type"], error["message"], error["retryable"]) == (kind, message, retryable)


def test_an_exception_that_cannot_be_printed_is_a_failure(run: Run) -> None:
    code = "class E(Exception):\n  def __str__(self): raise ValueError\n@task(id='t')\ndef t(payload): raise E"
    assert run(code).result["error"]["type"] == "E"


@pytest.mark.parametrize("output", ["object()", "float('nan')", "{1: {2, 3}}", "'x' * (17 * 1024 ** 2)"])
def test_an_output_that_is_no_json_is_invalid(run: Run, output: str) -> None:
    ended = run(f"@task(id='t')\ndef t(payload): return {output}")
    assert (ended.exit_code, ended.result["error"]["code"]) == (6, "output_invalid")
    assert ended.result["error"]["retryable"] is False


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b"", "empty"),
        (b"hello", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "must be an object"),
        (b'{"payload": 1}', 'no "task"'),
        (b'{"task": "t"}', 'no "payload"'),
        (b'{"task": 1, "payload": 1}', '"task" must be text'),
        (b'{"task": "t", "payload": NaN}', "not JSON"),
        (b'{"task": "t", "payload": 1, "context": []}', '"context" must be an object'),
        (b'{"task": "t", "payload": 1, "context": {"attempt": true}}', '"attempt" must be a whole number'),
        (b"[" * 100_000, "nested too deeply"),
        (b'"' + b"x" * (16 * 1024**2), "larger than"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_bad_request_is_refused_with_a_sentence(run: Run, stdin: bytes, said: str) -> None:
    ended = run(ECHO, stdin=stdin)
    assert (ended.exit_code, ended.result["error"]["code"]) == (2, "bad_request")
    assert said in ended.result["error"]["message"]


def test_keys_from_the_future_are_passed_over(run: Run) -> None:
    assert run(ECHO, stdin=b'{"task": "t", "payload": 1, "priority": 3}').exit_code == 0


def test_an_unknown_task_is_refused_with_the_known_ones(run: Run) -> None:
    ended = run(ECHO, stdin=b'{"task": "other", "payload": 1}')
    assert (ended.exit_code, ended.result["error"]["code"]) == (3, "unknown_task")
    assert "it has t." in ended.result["error"]["message"]


@pytest.mark.parametrize("change", ["raise OSError('no database')", "x = 1"])
def test_a_file_that_no_longer_gives_the_task_is_an_import_failure(start: Start, tmp_path: Path, change: str) -> None:
    arguments = start({"trigger/a.py": f"from pushwright import *\n{ECHO}"})[len(command()) :]
    (tmp_path / "app/trigger/a.py").write_text(change + "\n")
    ended = call(tmp_path / "app", *arguments, stdin=b'{"task": "t", "payload": 1}')
    assert (ended.exit_code, ended.result["error"]["code"]) == (4, "task_import_failed")


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"schema_version": 2}'])
def test_an_image_without_a_manifest_it_can_read_is_broken(tmp_path: Path, content: str | None) -> None:
    manifest = tmp_path / "manifest.json"
    if content is not None:
        manifest.write_text(content)
    ended = call(tmp_path, "run", "--manifest", str(manifest), stdin=b'{"task": "t", "payload": 1}')
    assert (ended.exit_code, ended.result["error"]["code"]) == (8, "image_broken")


def test_user_code_finds_standard_input_empty(run: Run) -> None:
    assert run("import sys\n@task(id='t')\ndef t(payload): return sys.stdin.read()").result["output"] == ""


def test_a_command_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    assert call(tmp_path, "dance").exit_code == 2


def test_a_large_event_arrives_whole(run: Run) -> None:
    output = run("@task(id='t')\ndef t(payload): return 'x' * 5_000_000").result["output"]
    assert len(output) == 5_000_000


def test_events_of_many_threads_are_whole_lines(run: Run) -> None:
    code = """
from concurrent.futures import ThreadPoolExecutor
@task(id='t')
def t(payload):
    with ThreadPoolExecutor(8) as pool: list(pool.map(lambda n: log.info('x' * 9000, n=n), range(200)))
"""
    events = run(code).events
    assert sorted(event["fields"]["n"] for event in events if event["type"] == "log") == list(range(200))


def test_the_default_manifest_is_the_one_of_the_image(tmp_path: Path) -> None:
    ended = subprocess.run(command("run"), cwd=tmp_path, input=b"{}", capture_output=True, check=False)
    assert "/pushwright/manifest.json" in json.loads(ended.stdout)["error"]["message"]
