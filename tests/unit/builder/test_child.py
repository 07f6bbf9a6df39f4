import sys
import time
from collections.abc import Callable
from pathlib import Path

from builder.child import run_child

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def shell(
    script: str, hear: Callable[[bytes], None] = lambda _: None, find_stop: Callable[[], str | None] = lambda: None
) -> str | int:
    return run_child(["sh", "-c", script], ENVIRONMENT, hear, find_stop)


def test_lines_of_standard_error_are_heard_and_the_code_returned() -> None:
    heard: list[bytes] = []
    assert shell("printf 'a\\nb' >&2; echo ignored; exit 3", heard.append) == 3
    assert heard == [b"a", b"b"]


def test_nothing_is_on_standard_input_and_nothing_inherited() -> None:
    heard: list[bytes] = []
    shell("cat >&2; env | grep -v -E '^(PWD|SHLVL|_|PATH)=' >&2; true", heard.append)
    assert heard == []


def test_a_stop_ends_children_that_ignore_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    heard: list[bytes] = []
    script = f"trap '' TERM; (trap '' TERM; while :; do touch {mark}; sleep 0.05; done) & echo up >&2; wait"
    begun = time.monotonic()
    assert shell(script, heard.append, lambda: "stop" if heard else None) == "stop"
    assert time.monotonic() - begun < 2
    mark.unlink(missing_ok=True)
    time.sleep(0.3)
    assert not mark.exists()


def test_an_endless_line_takes_bounded_memory() -> None:
    heard: list[bytes] = []
    script = "import sys; [sys.stderr.write('x' * 1_000_000) for _ in range(40)]"
    assert run_child([sys.executable, "-c", script], ENVIRONMENT, heard.append, lambda: None) == 0
    assert sum(map(len, heard)) <= 16_000_000


def test_a_stop_is_asked_for_while_lines_pour_in() -> None:
    assert shell("while :; do echo x >&2; done", find_stop=lambda: "stop") == "stop"
