"""Ends of runs that a server brings about, and its own end."""

import time
from pathlib import Path

from tests.unit.inside.serving import Serve

SLEEPY = """
import time
@task(id='t', max_duration={})
def t(payload):
    try:
        log.info('ready')
        time.sleep(600)
    finally:
        log.info('cleaned up')
"""
DEAF = """
import signal, time
@task(id='t', max_duration={})
def t(payload):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGALRM])
    log.info('ready')
    time.sleep(600)
"""


def test_a_run_is_canceled_and_cleans_up(serve: Serve) -> None:
    server = serve({"trigger/a.py": SLEEPY.format("None")})
    server.run("1")
    server.read_until(lambda event: event.get("message") == "ready")
    server.ask(cancel="1")
    server.read_until(lambda event: event.get("message") == "cleaned up")
    result, code = server.read_end("1")
    assert result
    assert (result["status"], code, server.end()) == ("canceled", 143, 0)


def test_a_run_that_waits_is_canceled_without_having_begun(serve: Serve) -> None:
    server = serve({"trigger/a.py": SLEEPY.format("None")}, "--concurrency", "1")
    server.run("1")
    server.read_until(lambda event: event.get("message") == "ready")
    server.run("2")
    server.ask(cancel="2")
    server.ask(cancel="nobody")
    event = server.read_until(lambda event: event.get("id") == "2")
    assert (event["type"], event["status"]) == ("result", "canceled")
    server.ask(cancel="1")
    assert server.end() == 0


def test_a_run_ends_after_its_max_duration(serve: Serve) -> None:
    server = serve({"trigger/a.py": SLEEPY.format("0.5")})
    server.run("1")
    result, code = server.read_end("1")
    assert result
    assert (result["error"]["code"], code) == ("max_duration_exceeded", 5)
    server.end()


def test_a_run_that_hears_nothing_is_killed_and_the_end_is_told_for_it(serve: Serve) -> None:
    server = serve({"trigger/a.py": DEAF.format("0.1")}, "--concurrency", "2", "--grace", "0.5")
    server.run("late")
    server.run("canceled")
    for _ in range(2):
        server.read_until(lambda event: event.get("message") == "ready")
    server.ask(cancel="canceled")
    assert (server.read_end("late")[1], server.read_end("canceled")[1]) == (5, 143)
    assert server.end() == 0


def test_a_signal_cancels_every_run_and_ends_the_server(serve: Serve) -> None:
    server = serve({"trigger/a.py": SLEEPY.format("None")}, "--concurrency", "2")
    for run in ("1", "2", "3"):
        server.run(run)
    for _ in range(2):
        server.read_until(lambda event: event.get("message") == "ready")
    server.signal()
    statuses = {}
    while len(statuses) < 3:
        event = server.read_until(lambda event: event["type"] == "result")
        statuses[event["id"]] = event["status"]
    assert statuses == {"1": "canceled", "2": "canceled", "3": "canceled"}
    assert server.process.wait(timeout=30) == 143


def test_a_signal_while_tasks_are_imported_ends_the_server(serve: Serve) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nlog.info('importing')\ntime.sleep(600)"
    server = serve(
        {"trigger/a.py": "@task(id='t')\ndef t(payload): ...", "late/a.py": f"from pushwright import *\n{code}"}
    )
    server.read_until(lambda event: event.get("message") == "importing")
    server.signal()
    assert server.process.wait(timeout=30) == 143


def test_the_end_of_standard_input_lets_runs_finish(serve: Serve) -> None:
    server = serve({"trigger/a.py": "import time\n@task(id='t')\ndef t(payload): time.sleep(1)"}, "--concurrency", "1")
    server.run("1")
    server.run("2")
    assert server.end() == 0
    assert server.read_end("1")[1] == 0
    assert server.read_end("2")[1] == 0


def test_a_server_nobody_listens_to_cancels_its_runs_and_ends(serve: Serve) -> None:
    server = serve({"trigger/a.py": SLEEPY.format("None")})
    server.run("1")
    server.read_until(lambda event: event.get("message") == "ready")
    assert server.process.stdout
    server.process.stdout.close()
    assert server.process.wait(timeout=30) == 143


def test_what_a_run_leaves_behind_ends_with_it(serve: Serve) -> None:
    code = "import subprocess\n@task(id='t')\ndef t(payload): return subprocess.Popen(['sleep', '600']).pid"
    server = serve({"trigger/a.py": code})
    server.run("1")
    result, code_of_run = server.read_end("1")
    assert result
    assert code_of_run == 0
    deadline = time.monotonic() + 30
    while _is_alive(result["output"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    server.end()


def test_threads_and_exit_functions_of_a_run_have_their_time(serve: Serve) -> None:
    code = "import atexit, threading, time\n@task(id='t')\ndef t(payload):\n"
    code += "  atexit.register(print, 'left')\n"
    code += "  threading.Thread(target=lambda: (time.sleep(0.1), print('threaded'))).start()\n"
    server = serve({"trigger/a.py": code})
    server.run("1")
    assert server.read_end("1")[1] == 0
    server.end()
    assert server.process.stderr
    assert server.process.stderr.read().decode().split() == ["threaded", "left"]


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
