"""The embedded PostgreSQL: one server per directory, shared by every process that uses the directory.

A process holds a lease (a shared file lock) while it uses the server. Whoever lets go last stops it. A process that
is killed loses its lease with its life, but stops nothing: the server lives on and the next process attaches to it.
"""

import fcntl
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL

from domain.errors import TemporarilyUnavailable
from store.cluster import SUPERUSER, Cluster

DATABASE: Final = "pushwright"
_MAX_SOCKET_PATH: Final = 107
_SOCKET_NAME: Final = ".s.PGSQL.5432"


class EmbeddedPostgres:
    """A lease on the server of one directory; also a context manager that gives the URL.

    Attributes:
        socket: directory of the server's Unix socket.
        url: `postgresql+psycopg://…` of the service's database, through that socket.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self.socket = _socket_directory(self._directory)
        self._lease: IO[bytes] | None = None
        self.url = url_of(self.socket, DATABASE)

    def start(self) -> str:
        """Take a lease, start the server unless it runs, and return the URL.

        Raises:
            OperatorError: `embedded_database_failed`.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        with self._one_at_a_time():
            with ExitStack() as on_failure:
                lease = on_failure.enter_context((self._directory / "lease.lock").open("ab"))
                fcntl.flock(lease, fcntl.LOCK_SH)
                self._start_server()
                on_failure.pop_all()
            self._lease = lease
        return self.url

    def release(self) -> None:
        """Give the lease back, and stop the server when no other process has one."""
        if self._lease is None:
            return
        with self._one_at_a_time():
            # Converting the lock fails exactly when somebody else shares it.
            with suppress(BlockingIOError):
                fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Cluster(self._directory, self.socket).stop()
            self._lease.close()
            self._lease = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _start_server(self) -> None:
        if not _answers(self.socket):
            Cluster(self._directory, self.socket).start()
        try:
            _ensure_database(self.socket)
        except psycopg.Error as error:
            raise TemporarilyUnavailable(
                "database_unavailable", f"The embedded PostgreSQL in {self._directory} went away while it started."
            ) from error

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with (self._directory / "start.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def url_of(socket: Path, database: str) -> str:
    """Return the URL of a database of the server that listens in `socket`."""
    url = URL.create("postgresql+psycopg", username=SUPERUSER, database=database, query={"host": str(socket)})
    return url.render_as_string(hide_password=False)


def _socket_directory(directory: Path) -> Path:
    """Return where the socket is: in `directory`, or, since a socket's path is short, in the temporary directory."""
    inside = directory / "socket"
    if len(str(inside / _SOCKET_NAME).encode()) <= _MAX_SOCKET_PATH and not {"'", ","} & set(str(inside)):
        return inside
    name = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"pushwright-{name}"


def _connect(socket: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket), port=5432, user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True
    )


def _answers(socket: Path) -> bool:
    try:
        _connect(socket).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(socket: Path) -> None:
    with _connect(socket) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).rowcount == 0:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
