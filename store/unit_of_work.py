"""The store inside one transaction, and the transaction itself."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine, text

from domain.ports.jobs import Job, JobQueue
from domain.ports.store import UnitOfWork
from store.credentials import PostgresCredentials
from store.deliveries import PostgresDeliveries
from store.deployments import PostgresDeployments
from store.encryption import Cipher
from store.engine import begin
from store.installations import PostgresInstallations
from store.previews import PostgresPreviews
from store.projects import PostgresProjects
from store.pull_requests import PostgresPullRequests
from store.variables import PostgresVariables


class PostgresUnitOfWork:
    """Everything the store remembers, seen and changed inside one transaction."""

    def __init__(self, connection: Connection, queue: JobQueue, cipher: Cipher, preview_limit: int) -> None:
        def execute(sql: str, parameters: Mapping[str, object]) -> None:
            connection.exec_driver_sql(sql, dict(parameters))

        def defer(job: Job) -> None:
            queue.defer(execute, job)

        self.deliveries = PostgresDeliveries(connection, defer)
        self.projects = PostgresProjects(connection)
        self.deployments = PostgresDeployments(connection, defer)
        self.installations = PostgresInstallations(connection)
        self.previews = PostgresPreviews(connection, defer, preview_limit)
        self.pull_requests = PostgresPullRequests(connection, defer)
        self.credentials = PostgresCredentials(connection, cipher)
        self.variables = PostgresVariables(connection, cipher)


class PostgresStore:
    """The `Store` on PostgreSQL."""

    def __init__(self, engine: Engine, queue: JobQueue, cipher: Cipher, *, preview_limit: int = 20) -> None:
        """Take what the store stands on.

        Args:
            engine: the database.
            queue: takes the jobs.
            cipher: seals what must not lie in the open.
            preview_limit: how many living previews a project may have.
        """
        self._engine = engine
        self._queue = queue
        self._cipher = cipher
        self._preview_limit = preview_limit

    def transaction(self) -> AbstractContextManager[UnitOfWork]:
        """Open one transaction: committed when the block ends, rolled back when it raises.

        Raises:
            TemporarilyUnavailable: `database_unavailable`.
            OperatorError: `database_refused`.
        """
        return self._transaction()

    def ping(self) -> None:
        """Make sure that the database answers, or raise `TemporarilyUnavailable` (`database_unavailable`)."""
        with begin(self._engine) as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def _transaction(self) -> Iterator[UnitOfWork]:
        with begin(self._engine) as connection:
            yield PostgresUnitOfWork(connection, self._queue, self._cipher, self._preview_limit)
