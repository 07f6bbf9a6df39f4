"""The simulator as a process of its own: ready when it says so, gone when it is told."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

_PROGRAM = """
import sys
from pathlib import Path
from github_app.simulator.keys import keep_private_key
from github_app.simulator.server import serve_simulator
from github_app.simulator.settings import SimulatorSettings

root = Path(sys.argv[1])
settings = SimulatorSettings(
    root=root, webhook_url="http://127.0.0.1:9/", webhook_secret="s", private_key_pem=keep_private_key(root / "app.pem")
)
serve_simulator(settings, lambda github: print(github.base_url, flush=True))
"""


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    command = (sys.executable, "-c", _PROGRAM, str(tmp_path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}app", trust_env=False).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in {0, -signal.SIGTERM}
    assert (tmp_path / "app.pem").stat().st_mode & 0o777 == 0o600
